import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Task } from '../../src/data/dataset.ts'
import { readDataset } from '../../src/data/read.ts'
import { makeTarget } from '../../src/data/target.ts'
import { countValues } from '../../src/profile/counts.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { findInsights, type Facts } from '../../src/profile/insights.ts'
import { summarizeNumbers } from '../../src/profile/numeric.ts'
import type { Drift, Insight, QuickModel, Severity } from '../../src/profile/profile.ts'
import { conforms } from './conform.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-thresholds-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

type Cells = ReadonlyArray<string | number>
const range = (n: number) => Array.from({ length: n }, (_, i) => i)
/** Numbers without a pattern that a rule would see: every value once. */
const noise = (n: number): number[] => range(n).map(i => ((i * 7919) % n) + 0.5)
const repeat = <T>(value: T, n: number): T[] => Array.from({ length: n }, () => value)
const label = (i: number) => ((i * i + 3 * i) % 7 < 3 ? 'yes' : 'no')

/** The findings of a table of two plain columns and the one given; as target or not. */
async function findingsOf(cells: Cells, task?: Task | 'feature'): Promise<readonly Insight[]> {
  const n = cells.length
  const header = task === 'feature' ? 'p,q,x,y' : 'p,q,x'
  const p = noise(n)
  const lines = cells.map((cell, i) =>
    [p[i], (i * 31) % 97, cell, ...(task === 'feature' ? [label(i)] : [])].join(','),
  )
  const path = join(folder, `${++files}.csv`)
  writeFileSync(path, `${header}\n${lines.join('\n')}\n`)
  const target = task === 'feature' ? 'y' : task === undefined ? undefined : 'x'
  const { dataset, schema, report } = await readDataset(path, target === undefined ? {} : { target })
  const made =
    target === undefined ? undefined : makeTarget(dataset, target, task === 'feature' ? undefined : task)
  return conforms(
    (await profileDataset(dataset, schema, { ...(made && { made }), report, seed: 0 })).insights,
  )
}

/** Two arguments next to each other between which a rising function passes a value: under and over it. */
function around(f: (m: number) => number, value: number, low: number, high: number): [number, number] {
  expect(f(low)).toBeLessThan(value)
  expect(f(high)).toBeGreaterThan(value)
  while (high - low > 1e-4) {
    const middle = (low + high) / 2
    if (f(middle) > value) high = middle
    else low = middle
  }
  return [low, high]
}

const even = range(990).map(i => (i - 494.5) / 495)
const oneSided = (m: number) => [...even, ...repeat(m, 10)]
const twoSided = (m: number) => [...even, ...repeat(m, 5), ...repeat(-m, 5)]
const aFew = (m: number) => [...even, m, -m]
const summary = (values: readonly number[]) => summarizeNumbers(countValues(Float64Array.from(values)))!
const [skewUnder, skewOver] = around(m => summary(oneSided(m)).skew, 3, 3, 20)
const [heavyUnder, heavyOver] = around(m => summary(twoSided(m)).kurtosis, 10, 2.8, 20)
const [fewUnder, fewOver] = around(m => summary(aFew(m)).kurtosis, 3, 2.8, 20)
const classes = (...counts: number[]) => counts.flatMap((n, i) => repeat(`class ${i}`, n))
const words = (different: number, n: number) => range(n).map(i => `w${i % different}x`)
/** `n` rows of a number that comes `top` times, its next `second` times, and `different` in all. */
const spiked = (n: number, top: number, second: number, different: number) => {
  const rest = n - top - second
  return [...repeat(0, top), ...repeat(1, second), ...range(rest).map(i => 2 + (i % (different - 2)) * 1.25)]
}

describe('each finding about data comes right above its threshold and not below', () => {
  it.each<[string, Severity | undefined, Cells, Task | 'feature' | undefined, Cells?]>([
    ['W_SKEWED_TARGET', 'high', oneSided(skewOver), 'regression', oneSided(skewUnder)],
    ['W_HEAVY_TAILED_TARGET', 'high', twoSided(heavyOver), 'regression', twoSided(heavyUnder)],
    ['W_TARGET_OUTLIERS', 'medium', aFew(fewOver), 'regression', aFew(fewUnder)],
    ['W_FREQUENT_TARGET_VALUE', 'medium', spiked(1000, 101, 1, 900), 'regression', spiked(1000, 100, 1, 900)],
    // Of 25 different values, five times an even share is a fifth.
    ['W_FREQUENT_TARGET_VALUE', 'medium', spiked(1000, 201, 20, 25), 'regression', spiked(1000, 200, 20, 25)],
    ['W_INVALID_TARGET', 'medium', [...repeat('?!', 1), ...noise(999)], 'regression', noise(1000)],
    ['W_SMALL_MINORITY', 'high', classes(400, 19), 'binary', classes(400, 20)],
    ['W_MANY_CLASSES', 'medium', classes(...repeat(11, 101)), 'multiclass', classes(...repeat(11, 100))],
    ['W_RARE_CLASS', 'high', classes(200, 200, 10), 'multiclass', classes(200, 200, 11)],
    ['W_IMBALANCE', 'medium', classes(2000, 19), 'binary', classes(2000, 20)],
    ['W_CONSTANT', 'low', repeat(5, 200), undefined, [...repeat(5, 199), 6]],
    ['W_DISGUISED_MISSING', 'medium', spiked(1000, 101, 10, 200), undefined, spiked(1000, 100, 10, 200)],
    ['W_DISGUISED_MISSING', 'medium', spiked(1000, 301, 30, 40), undefined, spiked(1000, 300, 30, 40)],
    ['W_DISGUISED_MISSING', 'medium', spiked(1000, 401, 40, 20), undefined, spiked(4000, 1601, 40, 19)],
    ['W_RARE_CATEGORIES', 'medium', ['a', 'b', 'c'].flatMap(w => repeat(w, 49)).concat(repeat('z', 1000)), undefined, ['a', 'b', 'c'].flatMap(w => repeat(w, 50)).concat(repeat('z', 1000))],
    ['W_RARE_CATEGORIES', 'medium', ['a', 'b', 'c'].flatMap(w => repeat(w, 49)).concat(repeat('z', 1000)), undefined, ['a', 'b'].flatMap(w => repeat(w, 49)).concat(repeat('z', 1000))],
    ['W_RARE_CATEGORIES', 'medium', [...repeat('z', 1000), ...words(3000, 6000)], undefined, words(3000, 9000)],
    ['W_HIGH_MISSING', 'medium', [...repeat('', 501), ...noise(499)], undefined, [...repeat('', 500), ...noise(500)]],
    ['W_HIGH_CARDINALITY', 'low', words(901, 1000), undefined, words(900, 1000)],
    ['W_SENTINEL', 'medium', [...repeat(-999, 2), ...noise(298)], undefined, [-999, ...noise(299)]],
    ['W_SEQUENCE', 'low', range(200).map(i => `${i % 9} ${i % 7} ${i % 5}`), undefined, words(20, 200)],
    ['W_DUPLICATE_COLUMN', 'low', range(200).map(i => (i * 31) % 97), undefined, range(200).map(i => (i * 37) % 97)],
    ['W_LABEL_VARIANTS', 'medium', range(300).map(i => ['yes', 'Yes ', 'no'][i % 3]!), 'multiclass', classes(100, 100, 100)],
    ['W_MISSING_TARGET', 'low', [...repeat('', 150), ...noise(150)], 'regression', noise(300)],
    ['W_MISSING_TARGET', 'high', [...repeat('', 151), ...noise(149)], 'regression', noise(300)],
    ['W_SMALL_DATA', 'medium', noise(499), undefined, noise(500)],
  ])('%s', async (id, severity, over, task, under) => {
    const found = (await findingsOf(over, task)).filter(insight => insight.id === id)
    expect(found.map(insight => insight.severity)).toEqual([severity])
    expect((await findingsOf(under!, task)).filter(insight => insight.id === id)).toEqual([])
  }) // prettier-ignore

  it('W_INVALID_TARGET is severe above 5 % and names at most ten values', async () => {
    const words = (n: number) => [...range(n).map(i => `word ${i % 12}`), ...noise(1000 - n)]
    for (const [n, severity] of [
      [50, 'medium'],
      [51, 'high'],
    ] as const) // prettier-ignore
    {
      const [found] = (await findingsOf(words(n), 'regression')).filter(({ id }) => id === 'W_INVALID_TARGET')
      expect(found).toMatchObject({ severity, numbers: { invalid: n, share: n / 1000 } })
      expect(String(found!.numbers['values']).split(', ')).toHaveLength(10)
    }
  })

  it('W_DUPLICATES is severe above 5 % of rows, every member counted', async () => {
    const table = (members: readonly number[]) =>
      members.flatMap((n, i) => repeat(i, n)).map(i => `${i * 1.5},w${(i * 7) % 50}`)
    const told = async (rows: string[]) => {
      const path = join(folder, `${++files}.csv`)
      writeFileSync(path, `a,b\n${rows.join('\n')}\n`)
      const { dataset, schema, report } = await readDataset(path, {})
      const { insights } = await profileDataset(dataset, schema, { report, seed: 0 })
      return insights.filter(({ id }) => id === 'W_DUPLICATES')
    }
    expect(await told(table(repeat(1, 1000)))).toEqual([])
    expect(await told(table([...repeat(2, 25), ...repeat(1, 950)]))).toMatchObject([
      { severity: 'medium', numbers: { duplicates: 50 } },
    ])
    expect(await told(table([3, ...repeat(2, 24), ...repeat(1, 949)]))).toMatchObject([
      { severity: 'high', numbers: { duplicates: 51 } },
    ])
  })

  it('W_CONFLICTING_LABELS is told above 5 % of rows with more weight', async () => {
    const told = async (pairs: number) => {
      const path = join(folder, `${++files}.csv`)
      const row = (i: number) => (i < 2 * pairs ? i >> 1 : i)
      writeFileSync(
        path,
        `a,b,y\n${range(1000)
          .map(i => `${row(i) * 1.5},${row(i) % 7},${i % 2 ? 'u' : 'v'}`)
          .join('\n')}\n`,
      )
      const { dataset, schema, report } = await readDataset(path, { target: 'y' })
      const { insights } = await profileDataset(dataset, schema, {
        made: makeTarget(dataset, 'y'),
        report,
        seed: 0,
      })
      return conforms(insights).filter(({ id }) => id === 'W_CONFLICTING_LABELS')
    }
    expect(await told(0)).toEqual([])
    expect(await told(25)).toMatchObject([{ severity: 'low', numbers: { conflicts: 50, settled: 25 } }])
    expect(await told(26)).toMatchObject([{ severity: 'medium', numbers: { conflicts: 52 } }])
  })

  it.each(['UNKNOWN', 'UNK', 'NA', 'N/A', 'NULL', 'MISSING', '?', '??', '???', '-', 'NAN', 'TBD'])(
    'a cell %s among words is missing, or told as what may be',
    async token => {
      const cells = range(300).map(i => (i % 50 === 7 ? token : ['red', 'green', 'blue'][i % 3]!))
      const insights = await findingsOf(cells)
      const told = insights.filter(({ id, column }) => id === 'W_DISGUISED_MISSING' && column === 'x')
      const path = join(folder, `${files}.csv`)
      const { dataset } = await readDataset(path, {})
      const x = dataset.columns.find(({ name }) => name === 'x')!
      const holes = x.kind === 'categorical' ? x.codes.filter(code => code < 0).length : 0
      expect([told.length, holes]).toEqual(holes > 0 ? [0, 6] : [1, 0])
    },
  )
})

const nothing: Facts = {
  rows: 1000,
  features: [],
  repeated: { duplicates: 0, conflicts: 0, settled: 0, largest: [] },
  equalColumns: [],
  targetCorrelation: new Map(),
  pixels: new Set(),
  dropped: new Set(),
  joined: [],
  linearCopies: [],
  timeHints: [],
  groupHints: [],
}
const feature = (name: string, power: number, lossReduction = 0.1): Facts['features'][number] => ({
  profile: {
    name,
    kind: 'numeric',
    use: 'feature',
    reason: '',
    types: ['numeric'],
    missing: 0,
    missingFraction: 0,
    distinct: 100,
    distinctExact: true,
    numericFraction: 1,
    top: [],
    prediction: { metric: 'AUC', score: 0.5 + power / 2, baseline: 0.5, error: 0.01, power, lossReduction },
  },
})
const model = (score: number, baseline: number): QuickModel => ({
  metric: 'Accuracy',
  score,
  baseline,
  error: 0.01,
  power: 0,
  trainRows: 800,
  scoredRows: 200,
  columns: 3,
  folds: 1,
})
const drift = (auc: number): Drift => ({
  file: 'test.csv',
  trainRows: 9e5,
  testRows: 9e5,
  auc,
  error: 0.001,
  columns: [],
})
const idsOf = (facts: Partial<Facts>, id: string) =>
  conforms(findInsights({ ...nothing, ...facts })).filter(insight => insight.id === id)

describe('each finding of a model comes right above its threshold and not below', () => {
  it('W_LEAKAGE above 0.95, two alone, three in one', () => {
    const told = (...powers: number[]) =>
      idsOf({ features: [...powers, 0.5, 0.5].map((power, i) => feature(`c${i}`, power)) }, 'W_LEAKAGE')
    expect(told(0.95)).toEqual([])
    expect(told(0.9501)).toMatchObject([{ column: 'c0', severity: 'high', numbers: { power: 0.9501 } }])
    expect(told(0.96, 0.97)).toHaveLength(2)
    expect(told(0.96, 0.97, 0.98)).toMatchObject([{ numbers: { columns: 3, names: 'c0\nc1\nc2' } }])
  })

  it('W_UNINFORMATIVE at no power at all, and no gain of probability either', () => {
    const told = (power: number, loss: number) =>
      idsOf({ features: [feature('c', power, loss)] }, 'W_UNINFORMATIVE')
    expect(told(0, 0)).toMatchObject([{ column: 'c', severity: 'low' }])
    expect(told(0, 0.0019)).toHaveLength(1)
    expect(told(0, 0.002)).toEqual([])
    expect(told(0.0001, 0)).toEqual([])
  })

  it('W_TARGET_CORRELATION above 0.95', () => {
    const told = (r: number) => idsOf({ targetCorrelation: new Map([['c', r]]) }, 'W_TARGET_CORRELATION')
    expect(told(0.95)).toEqual([])
    expect(told(0.9501)).toMatchObject([{ column: 'c', severity: 'high', numbers: { correlation: 0.9501 } }])
  })

  it('W_QUICK_MODEL_VERY_LOW below a constant answer, W_QUICK_MODEL_LOW within a twentieth of the way', () => {
    const told = (score: number) =>
      findInsights({ ...nothing, quickModel: model(score, 0.6) }).map(({ id, severity }) => [id, severity])
    expect(told(0.5999)).toEqual([['W_QUICK_MODEL_VERY_LOW', 'high']])
    expect(told(0.6)).toEqual([['W_QUICK_MODEL_LOW', 'medium']])
    expect(told(0.6199)).toEqual([['W_QUICK_MODEL_LOW', 'medium']])
    expect(told(0.05 + 0.95 * 0.6)).toEqual([])
  })

  it('W_DRIFT from an AUC of 0.55 that chance does not give, severe from 0.7', () => {
    const told = (auc: number, error = 0.001) => idsOf({ drift: { ...drift(auc), error } }, 'W_DRIFT')
    expect(told(0.5499)).toEqual([])
    expect(told(0.55)).toMatchObject([{ severity: 'medium' }])
    expect(told(0.6999)).toMatchObject([{ severity: 'medium' }])
    expect(told(0.7)).toMatchObject([{ severity: 'high' }])
    expect(told(0.7, 0.1)).toEqual([])
  })

  it('W_ROW_ORDER above a power of 0.1, unless a time tells the order', () => {
    const told = (power: number, hinted = false) =>
      idsOf(
        {
          rowOrder: { power, score: 0.5 + power / 2 },
          timeHints: hinted ? [{ column: 't', from: 0, to: 1, ascending: 1, dated: true }] : [],
        },
        'W_ROW_ORDER',
      )
    expect(told(0.1)).toEqual([])
    expect(told(0.1001)).toHaveLength(1)
    expect(told(0.1001, true)).toEqual([])
  })
})
