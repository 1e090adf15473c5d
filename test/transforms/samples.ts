import type { Column, ColumnKind } from '../../src/data/dataset.ts'
import type { Feature, Features } from '../../src/data/features.ts'
import type { Params, Space } from '../../src/params/space.ts'
import { defaults, parseParams } from '../../src/params/space.ts'
import type { TransformContext } from '../../src/transforms/transform.ts'
import { createRng } from '../../src/util/rng.ts'
import { allRows, categorical, datetime, matrixOf, numeric, text } from './columns.ts'

// Columns, settings and tasks that every transform is tried with.

export const ROWS = 240
export const rng = createRng(11)
const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!
export const rows = <T>(make: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => make(row))

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

export const columns: Record<ColumnKind, readonly Column[]> = {
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
export const later: Record<ColumnKind, readonly Column[]> = {
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
export const CONTEXTS = {
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
export const settings = (space: Space): Params[] =>
  withDefaults(space, [
    {},
    ...Object.entries(space).flatMap(([name, distribution]) =>
      distribution.type === 'choice' ? distribution.choices.slice(1).map(choice => ({ [name]: choice })) : [],
    ),
    ...BESIDE,
  ])

/** Every number at its least; the choice that calls for it made. */
export const leastSettings = (space: Space): Params[] =>
  withDefaults(
    space,
    Object.entries(space).flatMap(([name, { when, ...distribution }]) =>
      distribution.type === 'choice' || distribution.low === distribution.default
        ? []
        : [{ ...(when ? { [when.param]: when.in[0]! } : {}), [name]: distribution.low }],
    ),
  )

export const permutation = createRng(8).shuffle(allRows(ROWS))
export const subset = Int32Array.from([17, 3, 200, 201, 44, 0])
export const names = (features: readonly Feature[]) => features.map(({ name }) => name)
export const matrix = (columns: Feature[], count: number) => matrixOf({ rows: count, columns })
export const wrap = (features: readonly Feature[], count: number): Features => ({
  rows: count,
  columns: features,
})
