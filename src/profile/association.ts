import type { Target } from '../data/dataset.ts'
import { argsort } from '../metrics/argsort.ts'

/** Pearson's correlation of two columns over the rows where both have a value; NaN when either is constant there. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let n = 0
  let meanA = 0
  let meanB = 0
  for (let row = 0; row < a.length; row++) {
    const x = a[row]!
    const y = b[row]!
    if (x !== x || y !== y) continue
    n++
    meanA += (x - meanA) / n
    meanB += (y - meanB) / n
  }
  let aa = 0
  let bb = 0
  let ab = 0
  for (let row = 0; row < a.length; row++) {
    const x = a[row]! - meanA
    const y = b[row]! - meanB
    if (x !== x || y !== y) continue
    aa += x * x
    bb += y * y
    ab += x * y
  }
  return aa > 0 && bb > 0 ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : NaN
}

/**
 * How much of a numeric column the target explains, 0 … 1: |Pearson| for a quantity or two classes, the correlation ratio η
 * for more. `values` runs along the target.
 */
export function strength(values: Float64Array | Float32Array, target: Target): number {
  if (target.task !== 'multiclass') return Math.abs(pearson(values, target.values)) || 0
  const sums = new Float64Array(target.classes.length)
  const sizes = new Float64Array(target.classes.length)
  let total = 0
  let n = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value !== value) continue
    const label = target.values[row]!
    sums[label]! += value
    sizes[label]!++
    total += value
    n++
  }
  if (n === 0) return 0
  const mean = total / n
  let within = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value === value) within += (value - mean) ** 2
  }
  let between = 0
  sums.forEach((sum, label) => {
    if (sizes[label]! > 0) between += sizes[label]! * (sum / sizes[label]! - mean) ** 2
  })
  return within > 0 ? Math.sqrt(Math.min(1, between / within)) : 0
}

/** A column with the order of its values, from which ranks follow without sorting again. */
export interface Ordered {
  readonly values: Float64Array | Float32Array
  /** Row numbers with a value, by ascending value. */
  readonly order: Uint32Array
  /** Ranks of all rows with a value; NaN elsewhere. */
  readonly ranks: Float64Array
}

export function orderValues(values: Float64Array | Float32Array): Ordered {
  const present = new Uint32Array(values.length)
  let n = 0
  for (let row = 0; row < values.length; row++) if (values[row] === values[row]) present[n++] = row
  const sorted = argsort(Float64Array.from({ length: n }, (_, i) => values[present[i]!]!))
  const order = sorted.map(at => present[at]!)
  return { values, order, ranks: rankRows(values, order) }
}

/** Ranks from 1 of the rows in `order`, equal values sharing their mean rank; NaN elsewhere. */
function rankRows(values: ArrayLike<number>, order: Uint32Array): Float64Array {
  const ranks = new Float64Array(values.length).fill(NaN)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2
    start = end
  }
  return ranks
}

/** Spearman's rank correlation over the rows where both have a value: ranks are counted among these rows alone. */
export function spearman(a: Ordered, b: Ordered): number {
  const whole = a.order.length === a.values.length && b.order.length === b.values.length
  if (whole) return pearson(a.ranks, b.ranks)
  const shared = (one: Ordered, other: Ordered) =>
    rankRows(
      one.values,
      one.order.filter(row => other.values[row] === other.values[row]),
    )
  return pearson(shared(a, b), shared(b, a))
}

/** Codes of a category per row, −1 missing. */
export interface Coded {
  readonly codes: ArrayLike<number>
  readonly levels: number
}

/**
 * Cramér's V of two categories, 0 … 1. `corrected` takes away what chance alone gives to tables of many cells
 * (Bergsma 2013), which the plain formula does not.
 */
export function cramersV(a: Coded, b: Coded, corrected = true): number {
  const table = new Float64Array(a.levels * b.levels)
  const sumsA = new Float64Array(a.levels)
  const sumsB = new Float64Array(b.levels)
  let n = 0
  for (let row = 0; row < a.codes.length; row++) {
    const i = a.codes[row]!
    const j = b.codes[row]!
    if (i < 0 || j < 0) continue
    table[i * b.levels + j]!++
    sumsA[i]!++
    sumsB[j]!++
    n++
  }
  const r = sumsA.filter(sum => sum > 0).length
  const k = sumsB.filter(sum => sum > 0).length
  if (n < 2 || r < 2 || k < 2) return NaN
  let phi2 = -1 // Σ observed² / (row sum · column sum) − 1
  for (let i = 0; i < a.levels; i++)
    for (let j = 0; j < b.levels; j++) {
      const observed = table[i * b.levels + j]!
      if (observed > 0) phi2 += (observed / sumsA[i]!) * (observed / sumsB[j]!)
    }
  if (!corrected) return Math.sqrt(Math.max(0, phi2) / (Math.min(r, k) - 1))
  const excess = Math.max(0, phi2 - ((r - 1) * (k - 1)) / (n - 1))
  const least = Math.min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
  return least > 0 ? Math.min(1, Math.sqrt(excess / least)) : NaN
}

/**
 * Correlation ratio η: root of the share of a number's variance that lies between the categories. `corrected` takes away what
 * chance alone gives to many categories (Kelley 1935).
 */
export function correlationRatio(
  { codes, levels }: Coded,
  values: ArrayLike<number>,
  corrected = true,
): number {
  const sums = new Float64Array(levels)
  const sizes = new Float64Array(levels)
  let n = 0
  let mean = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    const code = codes[row]!
    if (code < 0 || value !== value) continue
    n++
    mean += (value - mean) / n
    sums[code]! += value
    sizes[code]!++
  }
  let total = 0
  for (let row = 0; row < values.length; row++)
    if (codes[row]! >= 0 && values[row] === values[row]) total += (values[row]! - mean) ** 2
  let between = 0
  for (let code = 0; code < levels; code++)
    if (sizes[code]! > 0) between += sizes[code]! * (sums[code]! / sizes[code]! - mean) ** 2
  if (!(total > 0)) return NaN
  const share = Math.min(1, between / total)
  if (!corrected) return Math.sqrt(share)
  const used = sizes.filter(size => size > 0).length
  return n > used ? Math.sqrt(Math.max(0, 1 - ((1 - share) * (n - 1)) / (n - used))) : NaN
}
