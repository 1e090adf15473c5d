import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { glasspilot, temporaryFolder, writeTable } from '../helpers/cli.ts'
import { isFull, note } from './soak.ts'

/** What must not matter. */
interface Circumstances {
  readonly workers: 1 | 2 | 4
  readonly zone: string
  readonly locale: string
  readonly resumed: boolean
}

const ZONES = ['UTC', 'Asia/Tokyo', 'America/St_Johns']
const LOCALES = ['C', 'tr_TR.UTF-8', 'de_DE.UTF-8']
const WORKERS = [1, 2, 4] as const

/** All combinations for the full size; otherwise a few in which each value occurs. */
const circumstances: readonly Circumstances[] = isFull
  ? WORKERS.flatMap(workers =>
      ZONES.flatMap(zone =>
        LOCALES.flatMap(locale => [false, true].map(resumed => ({ workers, zone, locale, resumed }))),
      ),
    )
  : [
      { workers: 1, zone: 'Asia/Tokyo', locale: 'tr_TR.UTF-8', resumed: false },
      { workers: 4, zone: 'America/St_Johns', locale: 'de_DE.UTF-8', resumed: true },
    ]
const tasks = isFull ? (['binary', 'multiclass', 'regression'] as const) : (['binary'] as const)

const begun = performance.now()
let same = 0
afterAll(() =>
  note({
    id: 'R21',
    what: 'workers 1, 2, 4 × 3 zones × 3 locales × cold, killed and resumed; other names of file and folder',
    cases: circumstances.length * tasks.length,
    result: `${same} with the same leaderboard, plan, model and notebooks`,
    seconds: (performance.now() - begun) / 1000,
  }),
)

describe.each(tasks)('a %s experiment without a budget', task => {
  const folder = temporaryFolder()
  const options = ['--target', 'y', '--name', 'same', '--max-candidates', '9', '--seed', '5']
  let expected: Record<string, string>

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
    const { code } = await glasspilot(['run', 'train.csv', ...options, '--output', 'first', '--workers', '2', '--quiet'], { cwd: folder }) // prettier-ignore
    expect(code).toBe(0)
    expected = hashes('first')
    expect(Object.keys(expected).length).toBeGreaterThanOrEqual(5)
  })

  it.each(circumstances)(
    'writes the same bytes with $workers workers in $zone under $locale, resumed: $resumed',
    async ({ workers, zone, locale, resumed }) => {
      const output = `out ${workers} ${zone.replace('/', '-')} ${locale} ${resumed}`
      const table = `table of ${zone.replace('/', '-')}.csv`
      copyFileSync(join(folder, 'train.csv'), join(folder, table))
      const env = { TZ: zone, LANG: locale, LC_ALL: locale }
      let killed = false
      const run = await glasspilot(
        ['run', table, ...options, '--output', output, '--workers', String(workers)],
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
      expect([run.code, killed]).toEqual(resumed ? [null, true] : [0, false])
      if (resumed)
        expect((await glasspilot(['resume', output, '--quiet'], { cwd: folder, env })).code).toBe(0)
      expect(hashes(output)).toEqual(expected)
      same++
    },
  )
})
