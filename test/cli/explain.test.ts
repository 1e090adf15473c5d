import { beforeAll, describe, expect, it } from 'vitest'
import { csv, workplace } from './nasty.ts'

const { file, checked } = workplace()

/** `size` and `colour` decide, `idle` does not. */
const table = (rows: number) =>
  csv(
    [
      ['size', i => ((i * 7919) % 101) / 10],
      ['colour', i => ['red', 'green', '<b>blue</b>'][(i * 31) % 3]!],
      ['idle', i => (i * 613) % 17],
      ['bought', i => (((i * 7919) % 101) / 10 + ((i * 31) % 3) * 4 + ((i * 37) % 5) > 9 ? 'yes' : 'no')],
    ],
    rows,
  )

interface Row {
  readonly row: number
  readonly of: string
  readonly predicted: string
  readonly prediction: number
  readonly base: number
  readonly score: number
  readonly contributions: readonly { readonly name: string; readonly cell?: string; readonly value: number }[]
}
interface Told {
  readonly method: string
  readonly unit: string
  readonly importance: readonly { readonly name: string; readonly value: number }[]
  readonly rows: readonly Row[]
}

const total = ({ base, contributions }: Row) => contributions.reduce((sum, { value }) => sum + value, base)
const logit = (p: number) => Math.log(p / (1 - p))

describe('glasspilot explain', () => {
  const told = async (...args: string[]): Promise<Told> => {
    const { code, stdout, stderr } = await checked(['explain', 'experiment', ...args, '--json', '--quiet'])
    expect(`${code} ${stderr}`).toBe('0 ')
    return JSON.parse(stdout) as Told
  }
  beforeAll(async () => {
    const run = await checked(['run', file(table(400), 'train.csv'), '--target', 'bought', '--max-candidates', '6', '--output', 'experiment', '--quiet']) // prettier-ignore
    expect(run.code).toBe(0)
    file(
      table(30)
        .replace(/,(yes|no)\n/g, '\n')
        .replace(',bought\n', '\n'),
      'new.csv',
    )
  })

  it('sums to the probability of the positive class, for held-out rows and rows of a file', async () => {
    for (const more of [[], ['new.csv']]) {
      const { unit, rows } = await told(...more, '--row', '3,17')
      expect(rows.map(({ row }) => row)).toEqual([3, 17])
      for (const row of rows) {
        expect(total(row)).toBeCloseTo(row.score, 9)
        if (unit === 'probability') expect(row.score).toBeCloseTo(row.prediction, 9)
        expect(row.contributions.map(({ name }) => name).sort()).toEqual(['colour', 'idle', 'size'])
        expect(row.contributions.at(-1)!.name).toBe('idle')
      }
      expect(rows[0]!.contributions.find(({ name }) => name === 'colour')!.cell).toBe('<b>blue</b>')
    }
  })

  it('is the same prediction that predict prints', async () => {
    const { stdout } = await checked(['predict', 'experiment', 'new.csv'])
    const [head, ...lines] = stdout
      .trim()
      .split('\n')
      .map(line => line.split(','))
    const [row] = (await told('new.csv', '--row', '5')).rows
    expect(Number(lines[4]![head!.indexOf(`probability_${row!.of}`)])).toBeCloseTo(row!.prediction, 5)
  })

  it('is exact for a trial of trees, and mirrored for the other class', async () => {
    const board = JSON.parse((await checked(['leaderboard', 'experiment', '--json'])).stdout) as { trial: number; algorithm: string; state: string }[] // prettier-ignore
    const trees = board.find(({ algorithm, state }) => algorithm.startsWith('gbt-') && state === 'COMPLETE')!
    const one = await told('--row', '7', '--candidate', String(trees.trial))
    expect(one.method).toBe('exact TreeSHAP')
    const [row] = one.rows
    expect(total(row!)).toBeCloseTo(logit(row!.prediction), 6)
    const other = await told('--row', '7', '--candidate', String(trees.trial), '--class', row!.of === 'yes' ? 'no' : 'yes') // prettier-ignore
    expect(other.rows[0]!.score).toBeCloseTo(-row!.score, 9)
    expect(other.rows[0]!.prediction).toBeCloseTo(1 - row!.prediction, 9)
  })

  it('ranks the columns over many rows without --row', async () => {
    const { importance, rows } = await told()
    expect(importance.map(({ name }) => name).at(-1)).toBe('idle')
    expect(rows.length).toBeGreaterThanOrEqual(25)
    const { stdout } = await checked(['explain', 'experiment', '--quiet'])
    expect(stdout).toMatch(/^Mean size of SHAP values \(.*held-out rows/)
    expect(stdout).toMatch(/^(size|colour) +█+/m)
  })

  it('draws bars to both sides of a line, in the width of the terminal', async () => {
    const { stdout } = await checked(['explain', 'experiment', 'new.csv', '--row', '2'])
    expect(stdout).toMatch(/^row 2: (yes|no); probability of/)
    expect(stdout).toMatch(/│/)
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .slice(3, 6)
          .map(line => line.length),
      ),
    ).toBeLessThanOrEqual(80)
    expect(stdout).toMatch(/^base 0\.\d+ [+−] /m)
  })

  it('refuses rows, classes and methods that are not there', async () => {
    for (const [args, code] of [
      [['new.csv', '--row', '31'], 'E_NO_SUCH_ROW'],
      [['--row', '1', '--class', 'maybe'], 'E_NO_SUCH_CLASS'],
      [['--row', '1', '--candidate', 'nobody'], 'E_NO_SUCH_TRIAL'],
      [['nowhere.csv', '--row', '1'], 'E_NO_SUCH_FILE'],
    ] as const) {
      const { code: status, stderr } = await checked(['explain', 'experiment', ...args])
      expect(status).not.toBe(0)
      expect(stderr).toContain(code)
    }
  })
})
