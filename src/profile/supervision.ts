import type { CategoricalColumn, Target } from '../data/dataset.ts'
import { assignStratified } from '../split/stratified.ts'
import { createRng, hashSeed } from '../util/rng.ts'

/** Fewer rows than this say nothing about a column. */
export const LEAST_ROWS = 100
/** Up to here five folds of a fifth each, above a single fifth: Autopilot's rule. */
const FIVE_FOLDS_UP_TO = 50_000
const PARTS = 5
/** With more columns than this, coarser bins, and a single fifth unless rows are few. */
export const MANY_COLUMNS = 200
/** A fifth of fewer rows is so small that of thousands of columns some are right on all of it by chance. */
const SINGLE_FOLD_FROM = 5000
/** More classes than this: the others are taken together. */
const MAX_CLASSES = 32

/** Rows with a target, dealt into parts, that columns are judged on. */
export interface Supervision {
  readonly target: Target
  /** Row numbers of the table; `target.values` runs along them. */
  readonly rows: Int32Array
  /** Part of each row, −1 for rows that are always trained on. */
  readonly partOf: Int32Array
  readonly parts: number
  readonly folds: number
}

/** Deals the rows; undefined when they are too few. */
export function supervise(
  target: Target,
  rows: Int32Array,
  seed: number,
  columns = 1,
): Supervision | undefined {
  if (rows.length < LEAST_ROWS) return undefined
  const few = joinRareClasses(target)
  const partOf = assignStratified(few, PARTS, createRng(hashSeed(seed, 'power')))
  return {
    target: few,
    rows,
    partOf,
    parts: PARTS,
    folds: rows.length <= (columns <= MANY_COLUMNS ? FIVE_FOLDS_UP_TO : SINGLE_FOLD_FROM) ? PARTS : 1,
  }
}

function joinRareClasses(target: Target): Target {
  if (target.classes.length <= MAX_CLASSES) return target
  const counts = new Float64Array(target.classes.length)
  for (const label of target.values) counts[label]!++
  const order = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b)
  const rank = new Int32Array(order.length)
  order.forEach((label, i) => (rank[label] = Math.min(i, MAX_CLASSES - 1)))
  const kept = order.slice(0, MAX_CLASSES - 1).map(label => target.classes[label]!)
  return { ...target, classes: [...kept, 'other'], values: target.values.map(label => rank[label]!) }
}

/** Categories numbered from the most frequent down, so that rare ones share a bin when there are more than bins. */
export function frequencyCodes(column: CategoricalColumn, rows: Int32Array): Float32Array {
  const counts = new Float64Array(column.categories.length)
  for (const row of rows) if (column.codes[row]! >= 0) counts[column.codes[row]!]!++
  const order = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b)
  const rank = new Float32Array(order.length)
  order.forEach((code, i) => (rank[code] = i))
  return Float32Array.from(rows, row => (column.codes[row]! < 0 ? NaN : rank[column.codes[row]!]!))
}
