import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'
import { cases, isFull, note } from './soak.ts'

/** What must not matter, and whether every learner takes part, or three quick ones. */
interface Circumstances {
  readonly plan: 'whole' | 'quick'
  readonly workers: 1 | 2 | 4
  readonly zone: string
  readonly locale: string
  readonly resumed: boolean
}

const ZONES = ['UTC', 'Asia/Tokyo', 'America/St_Johns']
const LOCALES = ['C', 'tr_TR.UTF-8', 'de_DE.UTF-8']
const WORKERS = [1, 2, 4] as const
const QUICK = new Set(['baseline', 'linear-learner', 'gbt-depthwise'])

/** Every number of workers, cold and resumed, in zones and locales of which all pairs occur; the first half has every value. */
const all = [0, 1].flatMap(half =>
  WORKERS.flatMap((workers, w) =>
    ZONES.map((zone, z) => {
      const locale = LOCALES[(w + z + half) % LOCALES.length]!
      return { plan: 'quick' as const, workers, zone, locale, resumed: (w + z + half) % 2 === 1 }
    }),
  ),
)
const circumstances: readonly Circumstances[] = [
  { plan: 'whole', workers: 1, zone: 'Asia/Tokyo', locale: 'tr_TR.UTF-8', resumed: false },
  { plan: 'whole', workers: 4, zone: 'America/St_Johns', locale: 'de_DE.UTF-8', resumed: true },
  ...all.slice(0, cases(0, all.length)),
]
const tasks = isFull ? (['binary', 'multiclass', 'regression'] as const) : (['binary'] as const)
/** Tasks on which every learner takes part. */
const WHOLE: readonly string[] = tasks.slice(0, cases(1, 3))
const circumstancesOf = (task: string) =>
  circumstances.filter(({ plan }) => plan === 'quick' || WHOLE.includes(task))

const begun = performance.now()
let same = 0
afterAll(() =>
  note({
    id: 'R21',
    what: 'workers 1, 2, 4; 3 zones; 3 locales; cold, killed and resumed; other names of file and folder; 3 tasks',
    cases: tasks.flatMap(circumstancesOf).length,
    result: `${same} with the same leaderboard, plan, model and notebooks`,
    seconds: (performance.now() - begun) / 1000,
  }),
)

/** Candidates of quick learners, a file each in `candidates`. */
async function planQuick(folder: string): Promise<void> {
  const all = join(folder, 'all')
  const { code } = await glasspilot(['plan', 'train.csv', '--target', 'y', '--candidates', all], { cwd: folder }) // prettier-ignore
  expect(code).toBe(0)
  mkdirSync(join(folder, 'candidates'))
  for (const name of readdirSync(all)) {
    const { algorithm } = JSON.parse(readFileSync(join(all, name), 'utf8')) as { algorithm: string }
    if (QUICK.has(algorithm)) copyFileSync(join(all, name), join(folder, 'candidates', name))
  }
}

describe.each(tasks)('a %s experiment without a budget', task => {
  const folder = temporaryFolder()
  const options = ['--target', 'y', '--name', 'same', '--seed', '5']
  const optionsOf = {
    whole: [...options, '--max-candidates', '9'],
    quick: [...options, '--max-candidates', '7', '--candidates', 'candidates'],
  }
  const plans = [WHOLE.includes(task) ? (['whole'] as const) : [], isFull ? (['quick'] as const) : []].flat()
  const expected = new Map<string, Record<string, string>>()

  /** SHA-256 of everything that must be the same. */
  const hashes = (output: string): Record<string, string> =>
    Object.fromEntries(
      [
        'leaderboard.csv',
        'candidates.json',
        'model/model.onnx',
        ...readdirSync(join(folder, output, 'notebooks')).map(name => `notebooks/${name}`),
      ].map(file => [
        file,
        createHash('sha256').update(readFileSync(join(folder, output, file))).digest('hex'), // prettier-ignore
      ]),
    )

  beforeAll(async () => {
    writeTable(join(folder, 'train.csv'), task, 220)
    if (isFull) await planQuick(folder)
    for (const plan of plans) {
      const args = ['run', 'train.csv', ...optionsOf[plan], '--output', plan, '--workers', '2', '--quiet']
      expect(await glasspilot(args, { cwd: folder })).toMatchObject({ code: 0 })
      expected.set(plan, hashes(plan))
      expect(Object.keys(expected.get(plan)!).length).toBeGreaterThanOrEqual(5)
    }
  })

  it.each(circumstancesOf(task))(
    'writes the same bytes with $workers workers in $zone under $locale, resumed: $resumed, $plan plan',
    async ({ plan, workers, zone, locale, resumed }) => {
      const output = `out ${plan} ${workers} ${zone.replace('/', '-')} ${locale} ${resumed}`
      const table = `table of ${zone.replace('/', '-')}.csv`
      copyFileSync(join(folder, 'train.csv'), join(folder, table))
      const env = { TZ: zone, LANG: locale, LC_ALL: locale }
      let killed = false
      const run = await glasspilot(
        ['run', table, ...optionsOf[plan], '--output', output, '--workers', String(workers)],
        {
          cwd: folder,
          env,
          onStderr: (text, kill) => {
            if (!resumed || killed || (text.match(/trial \d/g) ?? []).length < 3) return
            killed = true
            kill('SIGKILL')
          },
        },
      )
      // The signal may come when everything has just been done.
      expect(resumed ? [null, 0] : [0]).toContain(run.code)
      expect(killed).toBe(resumed)
      if (resumed)
        expect((await glasspilot(['resume', output, '--quiet'], { cwd: folder, env })).code).toBe(0)
      expect(hashes(output)).toEqual(expected.get(plan))
      same++
    },
  )
})
