/**
 * Moves the value of rank `k` (from 0, ascending) to place k, nothing greater before it and nothing smaller after it, and returns
 * it: Hoare's quickselect with the median of three, O(n) on average where sorting is O(n log n). No NaN.
 */
export function selectRank(values: Float32Array, k: number, from = 0, to = values.length - 1): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    const [a, b, c] = [values[low]!, values[middle]!, values[high]!]
    const pivot = a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i > j) break
      const held = values[i]!
      values[i++] = values[j]!
      values[j--] = held
    }
    // low … j ≤ pivot ≤ i … high, and what lies between is the pivot.
    if (k <= j) high = j
    else if (k >= i) low = i
    else break
  }
  return values[k]!
}

/** The median: the middle value, or halfway between the two middle ones. Reorders `values`; NaN when empty. */
export function takeMedian(values: Float32Array): number {
  const count = values.length
  if (count === 0) return NaN
  const upper = selectRank(values, count >> 1)
  if (count % 2 === 1) return upper
  let lower = -Infinity
  for (let i = 0; i < count >> 1; i++) if (values[i]! > lower) lower = values[i]!
  return (lower + upper) / 2
}

/** The values that are numbers, as a copy. */
export const withoutNaN = (values: Float32Array): Float32Array<ArrayBuffer> => {
  const kept = new Float32Array(values.length)
  let count = 0
  for (const value of values) if (!Number.isNaN(value)) kept[count++] = value
  return kept.subarray(0, count)
}

/** The quantile of a level in [0, 1] by straight lines between neighbours. Reorders `values`; NaN when empty, no NaN inside. */
export function takeQuantile(values: Float32Array, level: number): number {
  if (values.length === 0) return NaN
  const place = level * (values.length - 1)
  const low = selectRank(values, Math.floor(place))
  const high = selectRank(values, Math.ceil(place))
  return low + (high - low) * (place - Math.floor(place))
}
