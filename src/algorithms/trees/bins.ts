import { type Feature, type Features } from '../../data/features.ts'
import { createRng, type Rng } from '../../util/rng.ts'

/** Value bins of a feature; one more byte value is left for missing. */
export const MAX_VALUE_BINS = 255
const SAMPLE = 50_000 // rows whose values decide the thresholds
const FEW = 1024 // distinct values counted by hashing rather than sorting
const SHORT = 512 // values sorted sooner than a table is cleared
const SPARSE_SHARE = 0.5 // share of rows in one bin from which a feature is stored by its other rows only

/**
 * Value bins worth their cost. Every node scans the bins of every feature, so wide tables get fewer (MNIST, 20k rows × 784:
 * 63 bins halve the time of 255 at equal loss); and a bin should hold at least three rows.
 */
export function binsFor(rows: number, columns: number): number {
  const byWidth = columns <= 128 ? MAX_VALUE_BINS : columns <= 4096 ? 63 : 31
  return Math.min(byWidth, Math.max(15, Math.floor(rows / 3)))
}

const MAX_FLOAT = 3.4028234663852886e38

/** How one column becomes bins: bin b holds `thresholds[b − 1] < x ≤ thresholds[b]`, bin `valueBins` holds missing. */
export interface FeatureBins {
  /** Position among the columns the learner was given. */
  readonly column: number
  readonly valueBins: number
  /** `valueBins − 1` float32 values between neighbouring data values, ascending. */
  readonly thresholds: Float32Array
  /** Mean of the values in each value bin, infinite ones as the largest float32. */
  readonly centres: Float32Array
  /** The bin most rows are in, for a feature stored sparsely; −1 for a dense one. */
  readonly defaultBin: number
}

/** Thresholds of every column that has more than one value. */
export function findBins(features: Features, seed: number, maxBins = MAX_VALUE_BINS): FeatureBins[] {
  const rng = createRng(seed)
  const positions = samplePositions(features.rows, rng)
  const bins: FeatureBins[] = []
  for (const [column, feature] of features.columns.entries()) {
    const found = columnBins(feature, features.rows, positions, maxBins)
    if (found) bins.push({ column, ...found })
  }
  return bins
}

/** Jittered strides: an even sample that no period of the rows can fool. */
function samplePositions(rows: number, rng: Rng): Int32Array | undefined {
  if (rows <= SAMPLE) return undefined
  const step = rows / SAMPLE
  return Int32Array.from({ length: SAMPLE }, (_, i) =>
    Math.min(rows - 1, Math.floor((i + rng.next()) * step)),
  )
}

function columnBins(feature: Feature, rows: number, positions: Int32Array | undefined, maxBins: number) {
  let counts = countValues(feature, rows, positions)
  if (counts.values.length <= 1 && positions) counts = countValues(feature, rows, undefined)
  if (counts.values.length === 0 || (counts.values.length === 1 && counts.missing === 0)) return undefined
  const { thresholds, sizes, centres } = quantiles(counts, maxBins)
  let largest = 0
  for (let bin = 1; bin < sizes.length; bin++) if (sizes[bin]! > sizes[largest]!) largest = bin
  const seen = sizes.reduce((sum, size) => sum + size, counts.missing)
  const sparse = sizes[largest]! >= SPARSE_SHARE * seen
  return { valueBins: sizes.length, thresholds, centres, defaultBin: sparse ? largest : -1 }
}

interface ValueCounts {
  /** Distinct values, ascending. */
  readonly values: Float32Array
  readonly counts: Float64Array
  readonly missing: number
}

function countValues(feature: Feature, rows: number, positions: Int32Array | undefined): ValueCounts {
  if (feature.kind === 'sparse') return withZeros(tally(feature.values), rows - feature.values.length)
  if (!positions) return tally(feature.values)
  const values = new Float32Array(positions.length)
  for (let i = 0; i < positions.length; i++) values[i] = feature.values[positions[i]!]!
  return tally(values)
}

/** Distinct values and how often each occurs: by a small hash table, by sorting where there are few values or many distinct ones. */
function tally(values: Float32Array): ValueCounts {
  if (values.length <= SHORT) return tallySorted(values)
  const mask = 4 * FEW - 1
  const keys = new Float32Array(mask + 1).fill(NaN)
  const counts = new Float64Array(mask + 1)
  const words = new Uint32Array(1)
  const asFloat = new Float32Array(words.buffer)
  let distinct = 0
  let missing = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! + 0 // −0 becomes 0
    if (value !== value) {
      missing++
      continue
    }
    asFloat[0] = value
    let slot = (Math.imul(words[0]!, 0x9e3779b1) >>> 20) & mask
    while (counts[slot]! > 0 && keys[slot] !== value) slot = (slot + 1) & mask
    if (counts[slot] === 0) {
      keys[slot] = value
      if (++distinct > FEW) return tallySorted(values)
    }
    counts[slot]!++
  }
  const slots = Array.from(counts.keys()).filter(slot => counts[slot]! > 0)
  slots.sort((a, b) => keys[a]! - keys[b]!)
  return {
    values: Float32Array.from(slots, slot => keys[slot]!),
    counts: Float64Array.from(slots, slot => counts[slot]!),
    missing,
  }
}

function tallySorted(given: Float32Array): ValueCounts {
  const sorted = sortFloats(given)
  const values = new Float32Array(sorted.length)
  const counts = new Float64Array(sorted.length)
  let last = -1
  for (let i = 0; i < sorted.length; i++) {
    if (last < 0 || sorted[i] !== values[last]) values[++last] = sorted[i]!
    counts[last]!++
  }
  return {
    values: values.slice(0, last + 1),
    counts: counts.slice(0, last + 1),
    missing: given.length - sorted.length,
  }
}

/**
 * The values that are not NaN, ascending: beyond a few a radix sort of their bits in three passes, four times as fast as the built-in one.
 * Bits of negative floats are turned over, those of positive ones get the top bit, so that they order as integers.
 */
function sortFloats(given: Float32Array): Float32Array {
  if (given.length <= SHORT) {
    return given
      .filter(value => value === value)
      .map(value => value + 0)
      .sort()
  }
  let from = new Uint32Array(given.length)
  const bits = new Uint32Array(given.buffer, given.byteOffset, given.length)
  let n = 0
  for (let i = 0; i < given.length; i++) {
    if (given[i] !== given[i]) continue
    const word = given[i] === 0 ? 0 : bits[i]!
    from[n++] = word & 0x80000000 ? ~word : word | 0x80000000
  }
  let to = new Uint32Array(n)
  for (const [shift, width] of [
    [0, 11],
    [11, 11],
    [22, 10],
  ] as const) {
    const mask = (1 << width) - 1
    const starts = new Uint32Array(mask + 2)
    for (let i = 0; i < n; i++) starts[((from[i]! >>> shift) & mask) + 1]!++
    for (let digit = 0; digit < mask; digit++) starts[digit + 1]! += starts[digit]!
    for (let i = 0; i < n; i++) to[starts[(from[i]! >>> shift) & mask]!++] = from[i]!
    ;[from, to] = [to, from]
  }
  for (let i = 0; i < n; i++) from[i] = from[i]! & 0x80000000 ? from[i]! & 0x7fffffff : ~from[i]!
  return new Float32Array(from.buffer, 0, n)
}

function withZeros({ values, counts, missing }: ValueCounts, zeros: number): ValueCounts {
  if (zeros === 0) return { values, counts, missing }
  let at = 0
  while (at < values.length && values[at]! < 0) at++
  const known = values[at] === 0
  const spliced = (list: ArrayLike<number>, item: number) => [
    ...Array.prototype.slice.call(list, 0, at),
    item,
    ...Array.prototype.slice.call(list, known ? at + 1 : at),
  ]
  return {
    values: Float32Array.from(spliced(values, 0)),
    counts: Float64Array.from(spliced(counts, zeros + (known ? counts[at]! : 0))),
    missing,
  }
}

/** Bins of about equal size; a value more frequent than that keeps a bin of its own. */
function quantiles({ values, counts }: ValueCounts, maxBins: number) {
  let rest = counts.reduce((sum, count) => sum + count, 0)
  const thresholds: number[] = []
  const sizes: number[] = []
  const centres: number[] = []
  let size = 0
  let sum = 0
  const close = () => {
    sizes.push(size)
    centres.push(sum / size)
    rest -= size
    size = sum = 0
  }
  for (let i = 0; i < values.length; i++) {
    size += counts[i]!
    sum += counts[i]! * Math.min(MAX_FLOAT, Math.max(-MAX_FLOAT, values[i]!))
    if (i === values.length - 1) break
    const room = maxBins - sizes.length
    const even = values.length - i <= room ? 0 : rest / room
    const crowded = counts[i + 1]! >= even && size >= even / 2
    if (room > 1 && (size >= even || crowded)) {
      thresholds.push(between(values[i]!, values[i + 1]!))
      close()
    }
  }
  close()
  return { thresholds: Float32Array.from(thresholds), sizes, centres: Float32Array.from(centres) }
}

/** A float32 t with low ≤ t < high, in the middle where there is one. */
function between(low: number, high: number): number {
  const middle = Math.fround(low + (high - low) / 2)
  return middle >= low && middle < high ? middle : low
}
