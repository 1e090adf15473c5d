import type { TransformContext } from './transform.ts'

/** The rows on which features are judged, and their targets: centred, Σ over all outputs of squares = 1. */
export interface Judged {
  readonly rows: Int32Array
  readonly outputs: readonly Float64Array[]
}

/** Rows sorted into places 0 … count − 1. */
export interface Places {
  readonly of: Int32Array
  readonly count: number
}

/** Rows of the overall mean that every place is drawn towards: small places explain little. */
const SMOOTHING = 10
/** Classes judged, the most frequent. */
const MOST_CLASSES = 8
/** Values from which the bounds of bins are taken. */
const BOUND_VALUES = 512

/** At most `most` rows, evenly spaced. Regression is judged by ranks, so that no extreme value decides. */
export function judgedRows({ task, classes, target }: TransformContext, most: number): Judged {
  const count = Math.max(0, Math.min(most, target.length))
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * target.length) / count))
  const values = Float64Array.from(rows, row => target[row]!)
  if (task !== 'multiclass')
    return { rows, outputs: normalised([task === 'regression' ? ranks(values) : values]) }
  const size = (k: number) => values.reduce((sum, value) => sum + Number(value === k), 0)
  const kept = Array.from({ length: classes }, (_, k) => [k, size(k)] as const)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, MOST_CLASSES)
  return { rows, outputs: normalised(kept.map(([k]) => values.map(value => Number(value === k)))) }
}

/** Mean rank of equal values. */
function ranks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const result = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let i = start; i < end; i++) result[order[i]!] = (start + end - 1) / 2
    start = end
  }
  return result
}

function normalised(outputs: readonly Float64Array[]): Float64Array[] {
  const centred = outputs.map(values => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return values.map(value => value - mean)
  })
  const total = centred.reduce((sum, values) => sum + values.reduce((s, value) => s + value * value, 0), 0)
  const scale = total > 0 ? 1 / Math.sqrt(total) : 0
  return centred.map(values => values.map(value => value * scale))
}

/**
 * Share of the target's squares that the places explain, each row predicted from the others of its place: with n rows, sum S
 * and sum of squares Q in a place, and α = SMOOTHING,
 *
 *     Σ (y − (S − y) / (n − 1 + α))² = ((n + α)² Q − 2 (n + α) S² + n S²) / (n − 1 + α)²
 *
 * Places that say nothing explain less than nothing.
 */
export function explained({ of, count }: Places, outputs: readonly Float64Array[]): number {
  let gain = 0
  const n = new Float64Array(count)
  for (let i = 0; i < of.length; i++) n[of[i]!]!++
  const sums = new Float64Array(count)
  const squares = new Float64Array(count)
  for (const values of outputs) {
    sums.fill(0)
    squares.fill(0)
    for (let i = 0; i < of.length; i++) {
      const value = values[i]!
      sums[of[i]!]! += value
      squares[of[i]!]! += value * value
    }
    for (let place = 0; place < count; place++) {
      if (n[place] === 0) continue
      const [rows, sum, square] = [n[place]!, sums[place]!, squares[place]!]
      const left = rows - 1 + SMOOTHING
      const error = (rows + SMOOTHING) ** 2 * square - 2 * (rows + SMOOTHING) * sum * sum + rows * sum * sum
      gain += square - error / (left * left)
    }
  }
  // Rounded, so that the order of rows cannot decide between equals.
  return Math.round(gain * 1e9) / 1e9
}

/** What is left of the targets after the effects of two sortings, one after the other, twice. */
export function without(first: Places, second: Places, outputs: readonly Float64Array[]): Float64Array[] {
  const left = outputs.map(values => values.slice())
  for (const places of [first, second, first, second]) for (const values of left) removeMeans(places, values)
  return left
}

function removeMeans({ of, count }: Places, values: Float64Array): void {
  const sums = new Float64Array(count)
  const n = new Float64Array(count).fill(SMOOTHING)
  for (let i = 0; i < of.length; i++) {
    sums[of[i]!]! += values[i]!
    n[of[i]!]!++
  }
  for (let i = 0; i < of.length; i++) values[i]! -= sums[of[i]!]! / n[of[i]!]!
}

/** Numbers in at most `bins` bins of about equal size; what is not finite has a bin of its own. */
export function binned(values: Float32Array, bins: number): Places {
  const step = Math.max(1, values.length / BOUND_VALUES)
  const some = new Float32Array(Math.min(values.length, BOUND_VALUES))
  let count = 0
  for (let i = 0; i < some.length; i++) {
    const value = values[Math.floor(i * step)]!
    if (Number.isFinite(value)) some[count++] = value
  }
  const sorted = some.subarray(0, count).sort()
  const bounds: number[] = []
  for (let b = 1; b < bins; b++) {
    const bound = sorted[Math.floor((b * count) / bins)]!
    if (count > 0 && bound > (bounds.at(-1) ?? sorted[0]!)) bounds.push(bound)
  }
  const of = new Int32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue
    let [low, high] = [0, bounds.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (values[i]! >= bounds[middle]!) low = middle + 1
      else high = middle
    }
    of[i] = low + 1
  }
  return { of, count: bounds.length + 2 }
}

/** Both sortings at once; only pairs that occur have a place. */
export function crossed(first: Places, second: Places): Places {
  const known = new Map<number, number>()
  const of = new Int32Array(first.of.length)
  for (let i = 0; i < of.length; i++) {
    const key = first.of[i]! * second.count + second.of[i]!
    let place = known.get(key)
    if (place === undefined) known.set(key, (place = known.size))
    of[i] = place
  }
  return { of, count: known.size }
}

/** Numbers of a column as a graph receives them, in some rows. */
export const float32At = (values: Float32Array | Float64Array, rows: Int32Array): Float32Array =>
  Float32Array.from(rows, row => values[row]!)
