import type { Target } from '../data/dataset.ts'

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
