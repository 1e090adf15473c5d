import { NumberTally } from './sketch.ts'

/** The different values of a column, ascending, and how often each stands there: all statistics of numbers come from this. */
export interface Counts {
  readonly values: Float64Array
  readonly counts: Float64Array
  /** `before[i]`: how many rows hold a smaller value than `values[i]`; one longer than `values`. */
  readonly before: Float64Array
  /** Rows with a value. */
  readonly present: number
}

/** Whole numbers up to here are counted in a table, others sorted. */
const MAX_TABLE = 1 << 16

/** More different numbers than this are not told apart one by one in a long column. */
const MAX_TALLIED = 1 << 16

/** The counts of a column of few different numbers, without sorting its rows; undefined when they are many. */
export function countFew(column: Float64Array | Float32Array): Counts | undefined {
  if (isSmallWhole(column)) return countInTable(column)
  const tally = new NumberTally(MAX_TALLIED)
  if (!tally.addAll(column)) return undefined
  const { values, counts } = tally.sorted()
  return accumulate(values, counts)
}

/** The counts of a sample as estimates for the whole column. */
export const scaleCounts = ({ values, counts }: Counts, factor: number): Counts =>
  accumulate(
    values,
    counts.map(count => Math.round(count * factor)),
  )

/** NaN is missing. */
export function countValues(column: Float64Array | Float32Array): Counts {
  return isSmallWhole(column) ? countInTable(column) : countBySorting(column)
}

function isSmallWhole(column: Float64Array | Float32Array): boolean {
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!
    if (value === value && (value < 0 || value >= MAX_TABLE || value !== Math.trunc(value))) return false
  }
  return true
}

function countInTable(column: Float64Array | Float32Array): Counts {
  let top = -1
  for (let row = 0; row < column.length; row++) if (column[row]! > top) top = column[row]!
  const table = new Float64Array(top + 1)
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!
    if (value === value) table[value]!++
  }
  const values: number[] = []
  const counts: number[] = []
  table.forEach((count, value) => {
    if (count === 0) return
    values.push(value)
    counts.push(count)
  })
  return accumulate(Float64Array.from(values), Float64Array.from(counts))
}

function countBySorting(column: Float64Array | Float32Array): Counts {
  // Typed arrays sort NaN behind all numbers.
  const sorted = column.slice().sort()
  let end = sorted.length
  while (end > 0 && sorted[end - 1] !== sorted[end - 1]) end--
  const values = new Float64Array(end)
  const counts = new Float64Array(end)
  let distinct = 0
  for (let i = 0; i < end; i++) {
    if (distinct === 0 || sorted[i] !== values[distinct - 1]) values[distinct++] = sorted[i]!
    counts[distinct - 1]!++
  }
  return accumulate(values.slice(0, distinct), counts.slice(0, distinct))
}

function accumulate(values: Float64Array, counts: Float64Array): Counts {
  const before = new Float64Array(values.length + 1)
  for (let i = 0; i < counts.length; i++) before[i + 1] = before[i]! + counts[i]!
  return { values, counts, before, present: before[counts.length]! }
}

/** The value at a position of the sorted column, 0 … present − 1. */
function valueAt({ values, before }: Counts, position: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (before[middle]! <= position) low = middle
    else high = middle - 1
  }
  return values[low]!
}

/** By linear interpolation between neighbours, as NumPy does; NaN of nothing. */
export function quantile(counts: Counts, share: number): number {
  if (counts.present === 0) return NaN
  const position = (counts.present - 1) * share
  const low = Math.floor(position)
  const from = valueAt(counts, low)
  if (position === low) return from
  const step = valueAt(counts, low + 1) - from
  return Number.isFinite(step) ? from + (position - low) * step : from / 2 + valueAt(counts, low + 1) / 2
}

/** Rows with a value in [from, to), or [from, to] when `closed`. */
export function countBetween({ values, before }: Counts, from: number, to: number, closed = false): number {
  return before[firstAtLeast(values, to, closed)]! - before[firstAtLeast(values, from, false)]!
}

/** Index of the first value ≥ `limit`, or > `limit` when `above`. */
function firstAtLeast(values: Float64Array, limit: number, above: boolean): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (above ? values[middle]! <= limit : values[middle]! < limit) low = middle + 1
    else high = middle
  }
  return low
}
