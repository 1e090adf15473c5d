import { describe, expect, it } from 'vitest'
import type { Algorithm, AlgorithmRole } from '../../src/algorithms/algorithm.ts'
import { formatCandidates, parseCandidates, proposeCandidates } from '../../src/candidates/index.ts'
import type { ColumnKind, Dataset, Task } from '../../src/data/dataset.ts'
import { int, logFloat, logInt, type Params } from '../../src/params/space.ts'
import { applyTransforms, fitTransforms } from '../../src/pipeline/features.ts'
import type { ColumnProfile, DatasetProfile, FeatureType } from '../../src/profile/profile.ts'
import { createRng } from '../../src/util/rng.ts'
import { allRows, categorical, datetime, numeric, table, text } from '../transforms/columns.ts'

const algorithm = (
  name: string,
  role: AlgorithmRole | undefined,
  requires: Algorithm['requires'] = [],
  more: Partial<Algorithm> = {},
): Algorithm => ({
  name,
  ...(role ? { role } : {}),
  summary: `Stands for ${name}.`,
  tasks: ['binary', 'multiclass', 'regression'],
  requires,
  space: { rounds: logInt(10, 1000, 100), rate: logFloat(0.001, 1, 0.1) },
  expectedSeconds: () => 1,
  fit: () => Promise.reject(new Error('never fitted here')),
  ...more,
})

const SCALED = ['no-missing', 'standardized'] as const
const algorithms = [
  algorithm('guess', undefined, [], { space: {} }),
  algorithm('boost', 'boosting'),
  algorithm('boost-b', 'boosting'),
  algorithm('wood', 'forest', ['no-missing']),
  algorithm('line', 'linear', SCALED),
  algorithm('net', 'neural', [...SCALED, 'category-codes']),
  algorithm('lens', 'image', SCALED),
  algorithm('near', 'neighbors', SCALED, {
    unfit: ({ rows }) => (rows > 5000 ? 'too many rows' : undefined),
  }),
]

const profileColumn = (
  name: string,
  kind: ColumnKind,
  types: readonly FeatureType[],
  distinct: number,
  more: Partial<ColumnProfile> = {},
): ColumnProfile => ({
  name,
  kind,
  use: 'feature',
  reason: 'for a test',
  types,
  missing: 0,
  missingFraction: 0,
  distinct,
  distinctExact: true,
  numericFraction: kind === 'numeric' ? 1 : 0,
  top: [],
  ...more,
})

const profile = (
  rows: number,
  columns: readonly ColumnProfile[],
  more: Partial<DatasetProfile> = {},
): DatasetProfile => ({
  formatVersion: 1,
  dataset: 'toy',
  rows,
  columnCount: columns.length + 1,
  columns,
  duplicateRows: 0,
  duplicateFraction: 0,
  insights: [],
  sample: { columns: [], rows: [] },
  ...more,
})

const MIXED = [
  profileColumn('age', 'numeric', ['numeric'], 60, { missing: 20 }),
  profileColumn('rooms', 'numeric', ['numeric', 'categorical'], 6),
  profileColumn('city', 'categorical', ['categorical'], 5, { missing: 3 }),
  profileColumn('street', 'categorical', ['categorical', 'text'], 150, { distinctWords: 80 }),
  profileColumn('ticket', 'categorical', ['text'], 400),
  profileColumn('review', 'text', ['text'], 390, { distinctWords: 300 }),
  profileColumn('when', 'datetime', ['datetime'], 400),
  profileColumn('fixed', 'numeric', ['numeric'], 1),
  profileColumn('id', 'numeric', ['numeric'], 400, { use: 'ignored' }),
]

function mixedDataset(rows: number): Dataset {
  const rng = createRng(2)
  const make = <T>(value: (row: number) => T) => Array.from({ length: rows }, (_, row) => value(row))
  return table(rows, [
    numeric(
      'age',
      make(row => (row % 20 === 0 ? NaN : rng.int(60))),
    ),
    numeric(
      'rooms',
      make(() => rng.int(6)),
    ),
    categorical(
      'city',
      make(row => (row % 133 === 0 ? undefined : `city ${rng.int(5)}`)),
    ),
    categorical(
      'street',
      make(() => `street ${rng.int(150)}`),
    ),
    categorical(
      'ticket',
      make(row => `t${row}`),
    ),
    text(
      'review',
      make(() => `word${rng.int(200)} other${rng.int(100)} good`),
    ),
    datetime(
      'when',
      make(() => rng.int(2 ** 31) * 500),
    ),
    numeric(
      'fixed',
      make(() => 1),
    ),
    numeric(
      'id',
      make(row => row),
    ),
  ])
}

const options = (task: Task, rows = 400) => ({
  task,
  rows,
  classes: task === 'regression' ? 0 : 2,
  algorithms,
})
const roles = (task: Task, from = profile(400, MIXED)) =>
  proposeCandidates(from, options(task)).map(({ role }) => role)

describe('proposeCandidates', () => {
  const candidates = proposeCandidates(profile(400, MIXED), options('binary'))

  it("plans Autopilot's roles first, at most ten pipelines", () => {
    const few = MIXED.filter(({ name }) => name !== 'street')
    const found = roles('binary', profile(400, few))
    expect(found).toHaveLength(10)
    expect(found.slice(0, 3)).toEqual(['plain', 'pca', 'robust-linear'])
    expect(found).toEqual(expect.arrayContaining(['variant', 'plain-linear', 'boosting', 'forest', 'neural']))
    expect(found.slice(-2)).toEqual(['neural', 'reference'])
  })

  it('names candidates by place and algorithm, and says why with figures', () => {
    for (const [i, { name, algorithm, reason, groups }] of candidates.entries()) {
      expect(name).toBe(`dpp${i}-${algorithm}`)
      expect(reason).toMatch(/^[A-Z].*\.$/)
      expect(`${reason} ${groups.map(group => group.reason).join(' ')}`).toMatch(/\d/)
    }
  })

  it('treats columns by their kind, leaving constants, identifiers and ignored ones out', () => {
    const [plain] = candidates
    const groups = Object.fromEntries(plain!.groups.map(({ name, columns }) => [name, columns]))
    expect(groups).toEqual({
      numeric: ['age', 'rooms'],
      categorical: ['city'],
      'many-values': ['street'],
      text: ['review', 'street'],
      datetime: ['when'],
    })
    expect(plain!.merged).toEqual([])
  })

  it('fixes the settings that serve the objective, and says so', () => {
    const serving = algorithm('boost', 'boosting', [], {
      settingsFor: (objective): Params => (objective === 'MAE' ? { loss: 'absolute' } : {}),
    })
    const planned = (objective: string) =>
      proposeCandidates(profile(400, MIXED), {
        ...options('regression'),
        algorithms: [serving, ...algorithms.filter(({ name }) => name !== 'boost')],
        objective,
      })
    for (const candidate of planned('MAE')) {
      const serves = candidate.algorithm === 'boost'
      expect(candidate.static).toEqual(serves ? { loss: 'absolute' } : {})
      expect(candidate.reason.includes('loss is "absolute", as MAE asks for.')).toBe(serves)
    }
    expect(planned('RMSE').every(candidate => Object.keys(candidate.static).length === 0)).toBe(true)
  })

  /** The steps that read the columns of a group, in the candidate of a role. */
  const readers = (role: string, name: string, list = candidates) =>
    list
      .find(one => one.role === role)!
      .groups.find(group => group.name === name)!
      .encode.map(({ transform, params }) => [transform, params])

  it('makes of strings with many values a mean target and shared runs of characters, rather than components', () => {
    const found = candidates.filter(({ role }) => role === 'variant')
    const transforms = found.map(({ groups }) =>
      groups.flatMap(({ encode }) => encode.map(({ transform }) => transform)),
    )
    expect(transforms.some(list => list.includes('target-encoder'))).toBe(true)
    expect(transforms.some(list => list.includes('similarity-encoder'))).toBe(true)
    expect(candidates.map(({ role }) => role)).not.toContain('pca')
  })

  it('reads moments as parts and as what people plan by', () => {
    expect(readers('plain', 'datetime')).toEqual([
      ['datetime-vectorizer', { mode: 'ordinal' }],
      ['calendar-features', {}],
    ])
    expect(readers('neural', 'datetime')[0]).toEqual(['datetime-vectorizer', { mode: 'cyclic' }])
  })

  it('gives a boosting learner that encodes categories every code, and the others the frequent ones', () => {
    const own = algorithm('own', 'boosting', ['category-codes'])
    const list = proposeCandidates(profile(400, MIXED), {
      ...options('binary'),
      algorithms: [...algorithms, own],
    })
    const of = (name: string) => list.filter(candidate => candidate.algorithm === name)
    const [all, some] = ['own', 'boost-b'].map(name => readers('boosting', 'categorical', of(name)))
    expect(all).toEqual([['ordinal-encoder', { max_categories: 10_000, threshold: 1 }]])
    expect(some).toEqual([['ordinal-encoder', { max_categories: 100 }]])
  })

  it('lets a robust linear model bend and a net see waves, unless numbers are too many', () => {
    const thenOf = (from: DatasetProfile, role = 'robust-linear') =>
      proposeCandidates(from, options('binary'))
        .find(candidate => candidate.role === role)!
        .groups.find(({ name }) => name === 'numeric')!
        .then.map(({ transform }) => transform)
    const wide = Array.from({ length: 100 }, (_, j) => profileColumn(`x${j}`, 'numeric', ['numeric'], 300))
    expect(thenOf(profile(400, MIXED))).toEqual(['piecewise-linear-encoder'])
    expect(thenOf(profile(400, wide))).toEqual(['quantile-extreme'])
    expect(thenOf(profile(400, MIXED), 'neural')).toEqual(['periodic-encoder'])
    expect(thenOf(profile(400, wide), 'neural')).toEqual([])
  })

  it('reads series of numbers as series, not as words', () => {
    const series = profileColumn('waves', 'text', ['text'], 390, { distinctWords: 300, sequence: true })
    const list = proposeCandidates(profile(400, [...MIXED, series]), options('binary'))
    for (const { groups } of list.filter(({ role }) => role !== 'reference')) {
      const holding = groups.filter(({ columns }) => columns.includes('waves'))
      expect(holding.map(({ name }) => name)).toEqual(['series'])
    }
    expect(readers('plain', 'series', list)).toEqual([['sequence-features', {}]])
  })

  it('gives learners what they require', () => {
    const dataset = mixedDataset(400)
    const target = Float64Array.from({ length: 400 }, (_, row) => row % 2)
    for (const candidate of candidates) {
      const { requires } = algorithms.find(({ name }) => name === candidate.algorithm)!
      const context = { seed: 1, task: 'binary' as const, classes: 2, target }
      const { fitted, features } = fitTransforms(candidate, dataset, allRows(400), context)
      const later = applyTransforms(fitted, mixedDataset(50))
      for (const { columns } of [features, later]) {
        const missing = columns.filter(({ values }) => values.some(value => Number.isNaN(value)))
        if (requires.includes('no-missing')) expect(missing.map(({ name }) => name)).toEqual([])
        for (const column of columns) {
          if (column.kind !== 'dense' || !column.categories) continue
          expect(column.values.every(value => Number.isNaN(value) || value < column.categories!)).toBe(true)
        }
      }
      const coded = features.columns.some(column => column.kind === 'dense' && column.categories)
      if (requires.includes('category-codes')) expect(coded).toBe(true)
    }
  })

  it('plans pairs of columns beside the columns themselves, where there are two to put together', () => {
    const paired = candidates.filter(({ groups }) =>
      groups.some(({ name }) => name === 'numeric-by-category'),
    )
    expect(paired).toHaveLength(1)
    const groups = Object.fromEntries(paired[0]!.groups.map(({ name, columns }) => [name, columns]))
    expect(groups).toMatchObject({
      'numeric-pairs': ['age', 'rooms'],
      'categorical-pairs': ['city', 'street'],
      'numeric-by-category': ['city', 'street', 'age', 'rooms'],
    })
  })

  it('drops what a table gives no reason for', () => {
    const numbers = profile(400, [
      profileColumn('x', 'numeric', ['numeric'], 400),
      profileColumn('y', 'numeric', ['numeric'], 300),
    ])
    const alone = profile(400, [profileColumn('x', 'numeric', ['numeric'], 400)])
    expect(roles('regression', alone)).not.toContain('variant')
    expect(roles('regression', numbers)).not.toContain('image')
    expect(roles('regression', numbers)).not.toContain('pca')
    expect(
      proposeCandidates(profile(9000, MIXED), options('binary', 9000)).map(({ role }) => role),
    ).not.toContain('neighbors')
  })

  it('sees a picture in columns of pixels: all of them in place for a picture learner, on one scale for a net', () => {
    const pixels = Array.from({ length: 64 }, (_, j) => profileColumn(`p${j}`, 'numeric', ['numeric'], 17))
    const image = {
      height: 8,
      width: 8,
      channels: 1 as const,
      columns: pixels.map(({ name }) => name),
      reason: 'named so',
    }
    const found = proposeCandidates(profile(1000, pixels, { image }), options('multiclass', 1000))
    const neural = found.filter(({ role }) => role === 'image' || role === 'neural')
    expect(neural.map(({ role }) => role)).toEqual(['image', 'neural'])
    const [picture, net] = neural
    expect(net!.merged.map(({ transform }) => transform)).toEqual(['common-scaler'])
    expect(picture!.groups.map(({ columns }) => columns)).toEqual([image.columns])
    expect(picture!.static).toEqual({ height: 8, width: 8, channels: 1 })
    expect(Object.keys(picture!.space)).not.toContain('height')
    const variants = found.filter(({ role }) => role === 'variant')
    expect(variants).toHaveLength(1)
    expect(variants[0]!.groups.map(({ columns, then }) => [columns, then])).toEqual([
      [
        image.columns,
        [{ transform: 'gradient-histograms', params: { height: 8, width: 8, channels: 1, cell: 2 } }],
      ],
    ])
    expect(variants[0]!.static).toEqual({})
    expect(variants[0]!.reason).toMatch(/edges in cells of 2 × 2/)
  })

  it('gives a net that can be told of pictures all pixels in place', () => {
    const pixels = Array.from({ length: 192 }, (_, j) => profileColumn(`p${j}`, 'numeric', ['numeric'], 17))
    const columns = pixels.map(({ name }) => name)
    const image = { height: 8, width: 8, channels: 3 as const, columns, reason: 'named so' }
    const seeing = algorithm('net', 'neural', [...SCALED, 'category-codes'], {
      settings: { height: int(0, 64, 0), width: int(0, 64, 0), channels: int(1, 4, 1) },
    })
    const known = algorithms.map(one => (one.name === 'net' ? seeing : one))
    const found = proposeCandidates(profile(1000, pixels, { image }), {
      ...options('multiclass', 1000),
      algorithms: known,
    })
    const net = found.find(({ role }) => role === 'neural')!
    expect(net.static).toEqual({ height: 8, width: 8, channels: 3 })
    // The table has the colours of a pixel together, nets want them apart.
    const planes = [0, 1, 2].flatMap(colour => columns.filter((_, i) => i % 3 === colour))
    expect(net.groups.map(group => group.columns)).toEqual([planes])
    expect(net.merged).toEqual([])
    expect(net.reason).toMatch(/8 × 8/)
    expect(found.length).toBeGreaterThan(5)
    const large = proposeCandidates(profile(100_000, pixels, { image }), {
      ...options('multiclass', 100_000),
      algorithms: known,
    })
    expect(large).toHaveLength(5)
    expect(large.map(({ role }) => role)).toEqual(expect.arrayContaining(['plain', 'variant', 'image', 'neural', 'reference'])) // prettier-ignore
  })

  it("takes the algorithm's ranges, narrowed by its own rule for the size of the table", () => {
    const space = { rounds: logInt(10, 50, 20) }
    const narrow = algorithm('small', 'boosting', [], {
      spaceFor: ({ rows, features }) => (rows === 400 && features > 4 ? space : {}),
    })
    const [first] = proposeCandidates(profile(400, MIXED), { ...options('binary'), algorithms: [narrow] })
    expect(first!.space).toEqual(space)
    expect(candidates[0]!.space).toEqual(algorithms[1]!.space)
  })

  it('plans for a table without a usable column', () => {
    const empty = profile(10, [profileColumn('fixed', 'numeric', ['numeric'], 1)])
    for (const { groups } of proposeCandidates(empty, options('binary', 10))) expect(groups).toEqual([])
  })
})

describe('parseCandidates', () => {
  const candidates = proposeCandidates(profile(400, MIXED), options('binary'))
  const names = MIXED.map(({ name }) => name)
  const known = { algorithms, columns: names }

  it('reads back what was written', () => {
    expect(parseCandidates(formatCandidates(candidates), known)).toEqual(candidates)
  })

  it('fills in what an editor may leave out', () => {
    const short = {
      formatVersion: 1,
      candidates: [
        {
          name: 'mine',
          groups: [{ name: 'n', columns: ['age'], encode: [{ transform: 'robust-imputer' }] }],
          algorithm: 'boost',
          space: {},
        },
      ],
    }
    const [mine] = parseCandidates(short, known)
    expect(mine).toMatchObject({ role: 'edited', merged: [], static: {} })
    expect(mine!.groups[0]).toMatchObject({ then: [], encode: [{ params: {} }] })
  })

  type Editable = {
    name: string
    algorithm: string
    static: object
    space: Record<string, object>
    merged: object[]
    groups: { columns: string[]; encode: { transform: string; params: object }[] }[]
  }
  it.each<[string, (candidate: Editable) => void, string]>([
    ['a wrong type', c => void (c.merged = 'none' as never), 'candidates[1].merged'],
    ['an unknown field', c => void Object.assign(c, { colour: 1 }), 'candidates[1]'],
    ['an unsafe name', c => void (c.name = '../x'), 'candidates[1].name'],
    ['a name that stands twice', c => void (c.name = 'dpp0-boost'), 'candidates[1].name'],
    ['an unknown algorithm', c => void (c.algorithm = 'boots'), 'candidates[1].algorithm'],
    ['an unknown column', c => void (c.groups[0]!.columns[0] = 'aeg'), 'candidates[1].groups[0].columns[0]'],
    [
      'an unknown transform',
      c => void (c.groups[0]!.encode[0]!.transform = 'imputer'),
      'candidates[1].groups[0].encode[0].transform',
    ],
    [
      'a wrong setting',
      c => void (c.groups[0]!.encode[0]!.params = { strategy: 'guess' }),
      'candidates[1].groups[0].encode[0].params',
    ],
    ['an unknown parameter', c => void (c.static = { round: 1 }), 'candidates[1].static.round'],
    [
      'a range upside down',
      c => void Object.assign(c.space.rounds!, { low: 5000 }),
      'candidates[1].space.rounds',
    ],
  ])('says where %s stands', (_, edit, path) => {
    const copy = JSON.parse(formatCandidates(candidates)) as { candidates: Editable[] }
    edit(copy.candidates[1]!)
    expect(() => parseCandidates(copy, known)).toThrow(
      expect.objectContaining({
        code: 'E_BAD_CANDIDATES',
        message: expect.stringContaining(`at ${path}:`) as string,
      }),
    )
  })

  it('refuses what is not for the task, where the task is known', () => {
    const woe = [{ ...candidates[0]!, groups: [{ ...candidates[0]!.groups[1]!, encode: [{ transform: 'woe-encoder', params: {} }] }] }] // prettier-ignore
    const text = formatCandidates(woe)
    expect(parseCandidates(text, { ...known, task: 'binary' })).toEqual(woe)
    expect(parseCandidates(text, known)).toEqual(woe)
    expect(() => parseCandidates(text, { ...known, task: 'regression' })).toThrow(
      /candidates\[0\]\.groups\[0\]\.encode\[0\]\.transform: "woe-encoder" is for binary or multiclass, and this is regression; expected one of robust-imputer, .*target-encoder/,
    )
    const classifier = algorithm('boost', 'boosting', [], { tasks: ['binary'] })
    expect(() =>
      parseCandidates(formatCandidates(candidates.slice(0, 1)), {
        algorithms: [classifier, ...algorithms.filter(({ name }) => name !== 'boost')],
        task: 'multiclass',
      }),
    ).toThrow(
      /candidates\[0\]\.algorithm: "boost" is for binary, and this is multiclass; expected one of guess,/,
    )
  })

  it('suggests the nearest column, and says when the file is not JSON', () => {
    const text = formatCandidates(candidates).replace('"age"', '"agee"')
    expect(() => parseCandidates(text, known)).toThrow(/did you mean "age"\?/)
    expect(() => parseCandidates('{', known)).toThrow(/is not JSON/)
  })
})
