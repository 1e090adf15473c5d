import { describe, expect, it } from 'vitest'
import type { Column, ColumnKind } from '../../src/data/dataset.ts'
import { takeColumn } from '../../src/data/dataset.ts'
import type { Feature, Features } from '../../src/data/features.ts'
import { takeFeatures } from '../../src/data/features.ts'
import type { Params, Space } from '../../src/params/space.ts'
import { defaults, parseParams } from '../../src/params/space.ts'
import { transforms } from '../../src/transforms/index.ts'
import { rowCount } from '../../src/transforms/levels.ts'
import type { Encoder, FeatureTransform, TransformContext } from '../../src/transforms/transform.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { InputError } from '../../src/util/errors.ts'
import { createRng } from '../../src/util/rng.ts'
import { correlation, expectEqual, expectNear, expectSame } from './compare.ts'
import { categorical, datetime, matrixOf, numeric, text } from './columns.ts'
import { runEncoder, runFeatureTransform } from './graphs.ts'
import { probes } from './probes.ts'

// What every transform promises. A new one is tested by being in the table; combiners.test.ts goes on for those of several columns.
const ROWS = 240
const rng = createRng(11)
const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
const rows = <T>(make: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => make(row))

const CITIES = [
  'a\u0000b',
  'a',
  'Rome',
  'Oslo',
  'Ürümqi',
  'naïve “quotes”',
  ' spaced ',
  'x',
  '日本',
  "O'Brien, Jr.",
]
const WORDS = [
  'Great',
  'bad',
  'coffee',
  'coffee,',
  'OK!',
  'it’s',
  'a',
  '(never)',
  'say—never',
  'ÉCOLE',
  'e.g.',
  '日本',
  'x_1',
  '10%',
]

const walk = (length: number) => {
  let place = 0
  return Array.from({ length }, () => (place += rng.normal()))
}
/** Cells that hold a series of numbers, well written and not. */
const SERIES: readonly ((row: number) => string)[] = [
  row => walk(1 + (row % 40)).join(', '),
  row => JSON.stringify(walk(row % 9)),
  () => walk(4).join(';'),
  () => '[1, null, 2.5e3, "x", NaN, -.5, 7., +3, 1e-99, 1e99, 1e100, 0x10]',
  () => '0.1,0.1,0.1',
  () => '1e20 -1e20 1 1e-20',
  () => '9'.repeat(40) + 'e99, -' + '9'.repeat(40) + 'e99, 3, ' + '9'.repeat(41),
  () => '\t5\r\n-0\n',
  () => '3,1,2,1,3,3,1',
]

const columns: Record<ColumnKind, readonly Column[]> = {
  numeric: [
    numeric(
      'plain',
      rows(() => rng.normal() * 7 + 3),
    ),
    numeric(
      'gaps',
      rows(row => (row % 7 === 0 ? NaN : row % 31 === 0 ? Infinity : rng.int(5) - 2)),
    ),
    numeric(
      'extreme',
      rows(row => (row % 12 === 0 ? 1e6 * rng.next() : rng.next()) * (row % 24 === 0 ? -1 : 1)),
    ),
    numeric(
      'tenths',
      rows(() => rng.int(6) / 10),
    ),
    numeric(
      'signed zero',
      rows(row => (row % 2 ? -0 : 0)),
    ),
    numeric(
      'huge',
      rows(row => [1e38, -1e38, 1e39, 1e-40, 16777217][row % 5]!),
    ),
    numeric(
      'constant',
      rows(() => 4.2),
    ),
    numeric(
      'empty',
      rows(() => NaN),
    ),
  ],
  categorical: [
    categorical(
      'city',
      rows(row => (row % 9 === 0 ? undefined : pick(CITIES))),
    ),
    categorical(
      'many',
      rows(() => `id ${rng.int(90)}`),
    ),
    categorical(
      'one',
      rows(() => 'same'),
    ),
    categorical(
      'none',
      rows(() => undefined),
    ),
  ],
  text: [
    text(
      'review',
      rows(row =>
        row % 11 === 0
          ? undefined
          : Array.from({ length: rng.int(14) }, () => pick(WORDS)).join(pick([' ', '  ', '\n', '\t', ' '])),
      ),
    ),
    text(
      'series',
      rows(row => (row % 10 === 0 ? undefined : pick(SERIES)(row))),
    ),
    text(
      'same',
      rows(() => 'the same words every time'),
    ),
    text(
      'signs',
      rows(() => '?! … --'),
    ),
    text(
      'void',
      rows(() => undefined),
    ),
  ],
  datetime: [
    datetime(
      'when',
      rows(row => (row % 13 === 0 ? NaN : Date.UTC(1890, 0, 1) + rng.int(2 ** 31) * 3000)),
    ),
    datetime(
      'days',
      rows(row => Date.UTC(2020, 1, 20 + row)),
    ),
    datetime(
      'moment',
      rows(() => 1_600_000_000_123),
    ),
    datetime(
      'never',
      rows(() => NaN),
    ),
  ],
}
/** The same columns as they may come later: new values, new categories, nothing but missing. */
const later: Record<ColumnKind, readonly Column[]> = {
  numeric: [numeric('new', [-99, 0, -0, NaN, 1e39, -1e39, 0.1, 0.30000001192, 4.2, Infinity])],
  categorical: [categorical('new', ['Bergen', 'Oslo', undefined, 'oslo', 'Rome ', 'x', '日本'])],
  text: [
    text('new', [
      'Coffee coffee, COFFEE! never',
      '',
      undefined,
      'unknown terms only',
      'bad',
      'école ÉCOLE',
      '\n',
      'x'.repeat(700),
      '[1, 2, 3, 4]',
      '7',
    ]),
  ],
  datetime: [
    datetime('new', [
      '1969-12-31T23:59:59.999Z',
      '2024-02-29',
      NaN,
      '0001-01-01',
      '2100-12-31T12:34:56Z',
      '2021-01-03',
      '2026-12-28',
    ]),
  ],
}

const context = (task: TransformContext['task'], classes: number): TransformContext => {
  const draw = createRng(5)
  return {
    seed: 3,
    task,
    classes,
    target: Float64Array.from({ length: ROWS }, () => (classes ? draw.int(classes) : draw.normal())),
  }
}
const CONTEXTS = {
  binary: context('binary', 2),
  multiclass: context('multiclass', 3),
  regression: context('regression', 0),
}

/** Settings that make toys keep something to look at. */
const SMALL = { threshold: 3, n_components: 4 }
const BESIDE: readonly Params[] = [
  { ngram_max: 2 },
  { analyzer: 'char_wb', ngram_min: 2, ngram_max: 3, max_features: 50 },
]

/** Small defaults with `changes` over them. */
function withDefaults(space: Space, changes: readonly Params[]): Params[] {
  const small = Object.fromEntries(Object.entries(SMALL).filter(([name]) => Object.hasOwn(space, name)))
  return changes
    .filter(params => Object.keys(params).every(name => Object.hasOwn(space, name)))
    .map(params => parseParams(space, { ...defaults(space), ...small, ...params }, 'test'))
}

/** Every choice once, the rest at their defaults. */
const settings = (space: Space): Params[] =>
  withDefaults(space, [
    {},
    ...Object.entries(space).flatMap(([name, distribution]) =>
      distribution.type === 'choice' ? distribution.choices.slice(1).map(choice => ({ [name]: choice })) : [],
    ),
    ...BESIDE,
  ])

/** Every number at its least; the choice that calls for it made. */
const leastSettings = (space: Space): Params[] =>
  withDefaults(
    space,
    Object.entries(space).flatMap(([name, { when, ...distribution }]) =>
      distribution.type === 'choice' || distribution.low === distribution.default
        ? []
        : [{ ...(when ? { [when.param]: when.in[0]! } : {}), [name]: distribution.low }],
    ),
  )

const permutation = createRng(8).shuffle(Int32Array.from({ length: ROWS }, (_, row) => row))
const subset = Int32Array.from([17, 3, 200, 201, 44, 0])
const names = (features: readonly Feature[]) => features.map(({ name }) => name)
const matrix = (columns: Feature[], count: number) => matrixOf({ rows: count, columns })
const wrap = (features: readonly Feature[], count: number): Features => ({ rows: count, columns: features })

/** The same bytes; `toEqual` walks them one by one. */
const expectBytes = (found: Uint8Array, wanted: Uint8Array) =>
  expect(Buffer.from(found).equals(wanted)).toBe(true)

function checkEncoder(encoder: Encoder): void {
  const kinds = encoder.accepts
  const cases = kinds.flatMap(kind =>
    columns[kind].flatMap((column, i) =>
      [...settings(encoder.space), ...(i === 0 ? leastSettings(encoder.space) : [])].map(params => ({
        column,
        params,
      })),
    ),
  )
  const label = ({ column, params }: (typeof cases)[number]) => `${column.name} ${JSON.stringify(params)}`
  const able = Object.values(CONTEXTS).filter(({ task }) => encoder.tasks?.includes(task) ?? true)
  const tasks = encoder.usesTarget ? able : able.slice(0, 1)

  const inGraph = new Set<string>()
  describe.each(cases.map(item => [label(item), item] as const))('%s', (_, { column, params }) => {
    const states = tasks.map(task => encoder.fit(column, params, task))

    it('leaves its input and its state as they were', () => {
      const before = pack(column)
      for (const [i, task] of tasks.entries()) {
        const packed = pack(states[i])
        const target = task.target.slice()
        encoder.apply(column, states[i])
        encoder.fitApply?.(column, params, task)
        expectBytes(pack(states[i]), packed)
        expectBytes(pack(task.target), pack(target))
      }
      expectBytes(pack(column), before)
    })

    it('fits the same with and without the features of the rows fitted on', () => {
      for (const [i, task] of tasks.entries()) {
        const both = encoder.fitApply?.(column, params, task)
        if (!both) continue
        expectBytes(pack(both.state), pack(states[i]))
        expect(names(both.features)).toEqual(names(encoder.apply(column, states[i])))
        expect(matrix(both.features, ROWS)).toHaveLength(ROWS)
      }
    })

    it('looks at the target only when it says so', () => {
      if (encoder.usesTarget) return expect(encoder.fitApply).toBeDefined()
      const other = { ...CONTEXTS.binary, target: CONTEXTS.binary.target.map(value => 1 - value) }
      expectBytes(pack(encoder.fit(column, params, other)), pack(states[0]))
    })

    it('can be fitted on no rows', () => {
      for (const task of tasks) {
        const state = encoder.fit(takeColumn(column, new Int32Array(0)), params, {
          ...task,
          target: new Float64Array(0),
        })
        const features = encoder.apply(column, state)
        for (const { values } of features)
          expect(values.every(value => Math.abs(value) !== Infinity)).toBe(true)
      }
    })

    it('gives the same bytes for the same seed, and the same features after a round trip through disk', () => {
      for (const [i, state] of states.entries()) {
        expectBytes(pack(encoder.fit(column, params, tasks[i]!)), pack(state))
        expectEqual(
          matrix(encoder.apply(column, unpack(pack(state))), ROWS),
          matrix(encoder.apply(column, state), ROWS),
        )
      }
    })

    it('does not depend on the other rows, nor on their order', () => {
      for (const state of states) {
        const all = matrix(encoder.apply(column, state), ROWS)
        for (const chosen of [subset, permutation]) {
          const found = matrix(encoder.apply(takeColumn(column, chosen), state), chosen.length)
          expectEqual(
            found,
            Array.from(chosen, row => all[row]!),
          )
        }
      }
    })

    it('learns the same from rows in another order', () => {
      const task = tasks[0]!
      const moved = {
        ...task,
        target: permutation.reduce(
          (target, row, i) => ((target[i] = task.target[row]!), target),
          new Float64Array(ROWS),
        ),
      }
      const again = encoder.apply(column, encoder.fit(takeColumn(column, permutation), params, moved))
      expect(names(again)).toEqual(names(encoder.apply(column, states[0])))
      expectSame(matrix(again, ROWS), matrix(encoder.apply(column, states[0]), ROWS))
    })

    it('keeps width, names and kinds whatever comes later', () => {
      for (const state of states) {
        const shape = (features: Feature[]) =>
          features.map(({ name, kind }) => ({ name: name.replace(/^new|^$/, ''), kind }))
        const here = shape(encoder.apply({ ...takeColumn(column, subset), name: 'new' }, state))
        expect(shape(encoder.apply({ ...column, name: 'new' }, state))).toEqual(here)
        for (const other of later[column.kind]) expect(shape(encoder.apply(other, state))).toEqual(here)
        expect(
          shape(encoder.apply({ ...takeColumn(column, new Int32Array(0)), name: 'new' }, state)),
        ).toEqual(here)
      }
    })

    it('gives the same in the graph, for known, new, single and no rows', async () => {
      const known = [
        column,
        ...later[column.kind],
        takeColumn(column, Int32Array.of(0)),
        takeColumn(column, new Int32Array(0)),
      ]
      for (const state of states) {
        // Parameters that only matter to the rows fitted on leave the same state, and so the same graph.
        const key = `${column.kind} ${column.name} ${Buffer.from(pack(state)).toString('latin1')}`
        if (inGraph.has(key)) continue
        inGraph.add(key)
        const seen = column.kind === 'numeric' ? [...known, numeric('probes', probes(state))] : known
        const wanted = seen.map(one => matrix(encoder.apply(one, state), rowCount(one)))
        const found = await runEncoder((graph, input) => encoder.emit(state, graph, input), seen)
        if (!found) expect(wanted[0]![0]).toEqual([])
        for (const [i, rows] of found?.entries() ?? []) expectSame(rows, wanted[i]!)
        if (!encoder.emitColumns || column.kind !== 'numeric') continue
        const emitAll = encoder.emitColumns.bind(encoder, [state])
        const together = await runEncoder(emitAll, seen)
        expect(together?.length).toBe(found?.length)
        for (const [i, rows] of together?.entries() ?? []) expectEqual(rows, found![i]!)
      }
    })
  })

  const unable = Object.values(CONTEXTS).filter(context => !able.includes(context))
  it.each(unable)('says that $task is not for it', context => {
    const fit = () => encoder.fit(columns[kinds[0]!][0]!, defaults(encoder.space), context)
    expect(fit).toThrow(encoder.name)
    expect(fit).toThrow(InputError)
  })

  if (!encoder.usesTarget) return
  const manyValues = settings(encoder.space).flatMap(params =>
    kinds.flatMap(kind => tasks.map(({ task, classes }) => ({ params, kind, task, classes }))),
  )
  describe.each(manyValues)('$task $kind $params', ({ params, kind, task, classes }) => {
    const { column, target } = randomTarget(kind, classes)
    const context = { seed: 1, task, classes, target }

    it('learns nothing from a random target on the rows fitted on', () => {
      // Five rows a value: an in-fold mean would correlate by about 0.4; chance alone stays below 4 / √rows.
      const { features } = encoder.fitApply!(column, params, context)
      for (const feature of features) {
        expect(Math.abs(correlation(feature.values, target))).toBeLessThan(4 / Math.sqrt(target.length))
      }
    })

    it('gives a row features that do not change with its own target', () => {
      const { features } = encoder.fitApply!(column, params, context)
      for (const row of [0, 7, 555]) {
        const other = target.slice()
        other[row] = classes ? (target[row]! + 1) % classes : target[row]! + 100
        const changed = encoder.fitApply!(column, params, { ...context, target: other })
        for (const [k, { values }] of features.entries())
          expect(changed.features[k]!.values[row]).toBe(values[row])
      }
    })
  })
}

/** A column of 400 values in 2000 rows, and a target that has nothing to do with it. */
function randomTarget(kind: ColumnKind, classes: number): { column: Column; target: Float64Array } {
  const draw = createRng(77)
  const value = Array.from({ length: 2000 }, () => draw.int(400))
  const names = value.map(number => `v${number}`)
  const column =
    kind === 'numeric' ? numeric('many', value) : (kind === 'text' ? text : categorical)('many', names)
  const target = Float64Array.from(value, () => (classes ? draw.int(classes) : draw.normal()))
  return { column, target }
}

function featureSets(): Record<string, Features> {
  const dense = (name: string, values: readonly number[], categories?: number): Feature => ({
    kind: 'dense',
    name,
    values: Float32Array.from(values),
    ...(categories ? { categories } : {}),
  })
  const sparse = (name: string, every: number, value: (row: number) => number): Feature => {
    const index = Int32Array.from(rows(row => row).filter(row => row % every === 0))
    return { kind: 'sparse', name, index, values: Float32Array.from(index, value) }
  }
  const mixed = [
    dense(
      'plain',
      rows(() => rng.normal() * 3 + 10),
    ),
    dense(
      'gaps',
      rows(row => (row % 5 === 0 ? NaN : rng.normal())),
    ),
    dense(
      'extreme',
      rows(row => (row % 25 === 0 ? 1e5 * rng.next() : rng.next())),
    ),
    dense(
      'negative extreme',
      rows(row => (row % 25 === 0 ? -1e5 * rng.next() : rng.normal())),
    ),
    dense(
      'ties',
      rows(row => (row % 15 === 0 ? 1000 * rng.int(9) : 0)),
    ),
    dense(
      'constant',
      rows(() => 0.1),
    ),
    dense(
      'empty',
      rows(() => NaN),
    ),
    dense(
      'large',
      rows(() => 1e9 + rng.int(1000) * 64),
    ),
    dense(
      'codes',
      rows(row => (row % 10 === 0 ? NaN : rng.int(4))),
      4,
    ),
    sparse('one-hot', 6, () => 1),
    sparse('weights', 4, row => Math.fround(row / 7)),
    sparse('never', 1000, () => 0),
  ]
  return {
    'mixed features': wrap(mixed, ROWS),
    'dense features': wrap(
      rows(() => 0)
        .slice(0, 6)
        .map((_, j) =>
          dense(
            `d${j}`,
            rows(() => rng.normal() * (j + 1) + 50),
          ),
        ),
      ROWS,
    ),
    'one constant feature': wrap(
      [
        dense(
          'constant',
          rows(() => 7),
        ),
      ],
      ROWS,
    ),
    'one sparse feature': wrap([sparse('one-hot', 3, () => 1)], ROWS),
  }
}

function checkFeatureTransform(transform: FeatureTransform): void {
  const cases = Object.entries(featureSets()).flatMap(([name, features], i) =>
    [...settings(transform.space), ...(i === 0 ? leastSettings(transform.space) : [])].map(
      params => [`${name} ${JSON.stringify(params)}`, features, params] as const,
    ),
  )
  describe.each(cases)('%s', (_, features, params) => {
    const state = transform.fit(features, params, CONTEXTS.binary)

    it('leaves its input and its state as they were', () => {
      const before = structuredClone(features)
      const packed = pack(state)
      transform.apply(features, transform.fit(features, params, CONTEXTS.binary))
      transform.apply(features, state)
      expect(features).toEqual(before)
      expectBytes(pack(state), packed)
    })

    it('looks at the target only when it says so', () => {
      if (transform.usesTarget) return
      const other = { ...CONTEXTS.binary, target: CONTEXTS.binary.target.map(value => 1 - value) }
      expectBytes(pack(transform.fit(features, params, other)), pack(state))
    })

    it('learns the same from rows in another order', () => {
      const again = transform.fit(takeFeatures(features, permutation), params, CONTEXTS.binary)
      const [found, wanted] = [again, state].map(one => transform.apply(features, one))
      expect(names(found!.columns)).toEqual(names(wanted!.columns))
      expectNear(matrixOf(found!), matrixOf(wanted!), 1e-5)
    })

    it('can be fitted on no rows', () => {
      const nothing = transform.fit(takeFeatures(features, new Int32Array(0)), params, CONTEXTS.binary)
      const { rows: count, columns: found } = transform.apply(features, nothing)
      expect(count).toBe(ROWS)
      for (const { values } of found) expect(values.every(value => Math.abs(value) !== Infinity)).toBe(true)
    })

    it('gives the same bytes for the same seed, and the same features after a round trip through disk', () => {
      expectBytes(pack(transform.fit(features, params, CONTEXTS.binary)), pack(state))
      expectEqual(
        matrixOf(transform.apply(features, unpack(pack(state)))),
        matrixOf(transform.apply(features, state)),
      )
    })

    it('does not depend on the other rows, nor on their order', () => {
      const all = matrixOf(transform.apply(features, state))
      for (const chosen of [subset, permutation]) {
        const found = matrixOf(transform.apply(takeFeatures(features, chosen), state))
        expectEqual(
          found,
          Array.from(chosen, row => all[row]!),
        )
      }
    })

    it('keeps width, names and kinds for every number of rows', () => {
      const shape = ({ columns }: Features) => columns.map(({ name, kind }) => ({ name, kind }))
      const wanted = shape(transform.apply(features, state))
      for (const chosen of [subset, Int32Array.of(1), new Int32Array(0)]) {
        const result = transform.apply(takeFeatures(features, chosen), state)
        expect(shape(result)).toEqual(wanted)
        expect(result.rows).toBe(chosen.length)
      }
    })

    it('gives the same in the graph', async () => {
      const wild = features.columns.map(
        (column, j): Feature =>
          ({
            ...column,
            values: column.values.map((value, i) => (i % 3 === 0 ? [3e38, -3e38, -0][j % 3]! : value)),
          }) as Feature,
      )
      const near = probes(state)
      const edges = features.columns.map(({ name }): Feature => ({
        kind: 'dense',
        name,
        values: Float32Array.from(near),
      }))
      const sets = [
        features,
        takeFeatures(features, Int32Array.of(30)),
        takeFeatures(features, new Int32Array(0)),
        wrap(wild, ROWS),
        wrap(edges, near.length),
      ]
      const found = await runFeatureTransform((graph, input) => transform.emit(state, graph, input), sets)
      for (const [i, set] of sets.entries()) expectSame(found[i]!, matrixOf(transform.apply(set, state)))
    })
  })
}

describe.each(transforms.map(transform => [transform.name, transform] as const))('%s', (name, transform) => {
  it('says what it is', () => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(transform.summary).toMatch(/^[A-Z].*\.$/)
    expect(transforms.filter(other => other.name === name)).toHaveLength(1)
  })
  if (transform.stage === 'encode') checkEncoder(transform)
  if (transform.stage === 'features') checkFeatureTransform(transform)
})
