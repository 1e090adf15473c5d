import type { CategoricalColumn, Column, NumericColumn, TextColumn } from '../data/dataset.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { ML_DOMAIN } from '../onnx/graph.ts'
import type { Params } from '../params/space.ts'
import { float, int } from '../params/space.ts'
import { graphCategories, textAt } from './strings.ts'

/** The known values of a column: strings, or numbers as float32 holds them. Ascending, without missing. */
export type Levels =
  | { readonly kind: 'strings'; readonly keys: readonly string[] }
  | { readonly kind: 'numbers'; readonly keys: Float32Array }

export type LevelColumn = CategoricalColumn | TextColumn | NumericColumn

/** Row codes beside 0 … levels − 1. */
export const UNSEEN = -1
export const MISSING = -2

/** Kinds of column that have levels. */
export const LEVEL_KINDS = ['categorical', 'text', 'numeric'] as const

/** How many levels are kept; shared by the encoders of levels. */
export const levelSpace = {
  /** Fewest rows a level needs: a count, a fraction below 1, or 0 for max(10, rows / 1000). */
  threshold: float(0, 1e9, 0),
  /** Most levels kept, the most frequent. */
  max_categories: int(1, 1_000_000, 100),
}

export function asLevelColumn(column: Column): LevelColumn {
  if (column.kind === 'datetime') throw new Error(`column "${column.name}" is a datetime: it has no levels`)
  return column
}

/** Every value of a column with its number of rows, ascending by value. */
export function countLevels(column: LevelColumn): { levels: Levels; counts: Float64Array } {
  if (column.kind === 'numeric') {
    const counts = new Map<number, number>()
    for (let row = 0; row < column.values.length; row++) {
      const value = Math.fround(column.values[row]!) + 0 // −0 and 0 are one level
      if (Number.isFinite(value)) counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    const keys = Float32Array.from(counts.keys()).sort()
    return { levels: { kind: 'numbers', keys }, counts: Float64Array.from(keys, key => counts.get(key)!) }
  }
  const counts = countStrings(column)
  const keys = [...counts.keys()].sort(byCodeUnit)
  return { levels: { kind: 'strings', keys }, counts: Float64Array.from(keys, key => counts.get(key)!) }
}

export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function countStrings(column: CategoricalColumn | TextColumn): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (value: string, rows: number) => {
    if (value !== '' && rows > 0) counts.set(value, (counts.get(value) ?? 0) + rows)
  }
  if (column.kind === 'text') {
    for (let row = 0; row < column.missing.length; row++) add(textAt(column, row), 1)
    return counts
  }
  const perCode = new Float64Array(column.categories.length)
  for (let row = 0; row < column.codes.length; row++)
    if (column.codes[row]! >= 0) perCode[column.codes[row]!]!++
  for (const [code, category] of graphCategories(column).entries()) add(category, perCode[code]!)
  return counts
}

/** The levels frequent enough for `levelSpace` params, and their row counts. */
export function keepLevels(column: LevelColumn, params: Params): { levels: Levels; counts: Float64Array } {
  const { levels, counts } = countLevels(column)
  const rows = rowCount(column)
  const threshold = Number(params.threshold)
  const fewest =
    threshold === 0 ? Math.max(10, rows / 1000) : threshold < 1 ? Math.ceil(threshold * rows) : threshold
  const kept = [...counts.keys()]
    .filter(index => counts[index]! >= fewest)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, Number(params.max_categories))
    .sort((a, b) => a - b)
  return {
    levels:
      levels.kind === 'numbers'
        ? { kind: 'numbers', keys: Float32Array.from(kept, index => levels.keys[index]!) }
        : { kind: 'strings', keys: kept.map(index => levels.keys[index]!) },
    counts: Float64Array.from(kept, index => counts[index]!),
  }
}

export const rowCount = (column: Column): number => {
  if (column.kind === 'categorical') return column.codes.length
  return column.kind === 'text' ? column.missing.length : column.values.length
}

/** The level of every row: 0 … levels − 1, `UNSEEN` or `MISSING`. */
export function levelRows(column: LevelColumn, levels: Levels): Int32Array {
  if (column.kind === 'numeric') {
    const index = new Map<number, number>()
    if (levels.kind === 'numbers') for (let i = 0; i < levels.keys.length; i++) index.set(levels.keys[i]!, i)
    return Int32Array.from(column.values as Float64Array, value => {
      const rounded = Math.fround(value)
      return Number.isFinite(rounded) ? (index.get(rounded) ?? UNSEEN) : MISSING
    })
  }
  const index = new Map<string, number>([['', MISSING]])
  if (levels.kind === 'strings') for (const [i, key] of levels.keys.entries()) index.set(key, i)
  if (column.kind === 'text') {
    const rows = new Int32Array(column.missing.length)
    for (let row = 0; row < rows.length; row++) rows[row] = index.get(textAt(column, row)) ?? UNSEEN
    return rows
  }
  const perCode = graphCategories(column).map(category => index.get(category) ?? UNSEEN)
  return column.codes.map(code => (code < 0 ? MISSING : perCode[code]!))
}

/** Names of levels, for feature names. */
export const levelNames = (levels: Levels): string[] =>
  Array.from<string | number, string>(levels.keys, String)

/** `[N, 1]` raw column → `[N, 1]` int64 with the codes of `levelRows`. */
export function emitLevels(levels: Levels, graph: Graph, input: Tensor): Tensor {
  const codes = Array.from({ length: levels.keys.length }, (_, i) => i)
  if (levels.kind === 'strings') {
    return graph.op(
      'LabelEncoder',
      [input],
      {
        keys_strings: { strings: ['', ...levels.keys] },
        values_int64s: { ints: [MISSING, ...codes] },
        default_int64: UNSEEN,
      },
      { domain: ML_DOMAIN, type: 'int64' },
    )
  }
  const known =
    codes.length === 0
      ? graph.op('Mul', [graph.cast(notFinite(graph, input), 'int64'), graph.i64(0)])
      : graph.op(
          'LabelEncoder',
          [input],
          { keys_floats: { floats: levels.keys }, values_int64s: { ints: codes }, default_int64: UNSEEN },
          { domain: ML_DOMAIN, type: 'int64' },
        )
  const coded = codes.length === 0 ? graph.op('Add', [known, graph.i64(UNSEEN)]) : known
  return graph.op('Where', [notFinite(graph, input), graph.i64(MISSING), coded], {}, { type: 'int64' })
}

/** Bool of the same shape: NaN or ±Infinity. */
export const notFinite = (graph: Graph, input: Tensor): Tensor =>
  graph.op('Or', [
    graph.op('IsNaN', [input], {}, { type: 'bool' }),
    graph.op('IsInf', [input], {}, { type: 'bool' }),
  ])
