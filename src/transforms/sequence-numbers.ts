/**
 * How a string holds a sequence of numbers: `1.0, 2.5, 3`, `[1, 2, 3]`, `1;2;3`, `1|2|3`, `1 2 3`. What stands between these delimiters is
 * an item; rare ones first, so that a graph cuts few strings before the comma and the blank make many.
 */
export const ITEM_DELIMITERS = ['[', ']', '|', ';', '\t', '\n', '\r', ',', ' '] as const

/**
 * Items that are numbers. Digits and exponent are bounded so that every number is finite and reads the same on every platform;
 * what is longer, `null`, `NaN` and words are no numbers and are left out.
 */
export const ITEM_PATTERN = '[+-]?([0-9]{1,40}([.][0-9]{0,40})?|[.][0-9]{1,40})([eE][+-]?[0-9]{1,2})?'

const BREAK = /[[\]|;\t\n\r, ]+/
const ITEM = new RegExp(`^${ITEM_PATTERN}$`)

/** Numbers of a sequence, the last `most` of them, and how many items were no numbers. */
export interface Sequence {
  readonly numbers: Float64Array
  readonly unreadable: number
}

export function readSequence(text: string, most: number): Sequence {
  const items = text.split(BREAK).filter(item => item !== '')
  const readable = items.filter(item => ITEM.test(item))
  return {
    numbers: Float64Array.from(readable.slice(-most), Number),
    unreadable: items.length - readable.length,
  }
}

export const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9] as const
export const LAGS = [1, 2, 3, 4, 5] as const

/** A series that spreads less than this share of its largest value (squared) is a constant with rounding errors. */
export const STANDS_STILL = 1e-24

/** Farthest from 0 a feature may be: what float32 holds. */
export const FARTHEST = 3.4028234663852886e38

/** Features of a sequence, in order. n numbers x₀ … xₙ₋₁, mean m, dᵢ = xᵢ − m, spread s² = Σdᵢ² / n. */
export const SEQUENCE_FEATURES = [
  'length',
  'unreadable items',
  'mean',
  'deviation', // s
  'minimum',
  'maximum',
  ...QUANTILES.map(level => `quantile ${level}`),
  'first',
  'last',
  'slope', // Σ (i − (n−1)/2) dᵢ / Σ (i − (n−1)/2)²
  'energy', // Σ xᵢ²
  'mean absolute change', // Σ |xᵢ₊₁ − xᵢ| / (n − 1)
  'mean change', // (xₙ₋₁ − x₀) / (n − 1)
  'complexity', // √ Σ (xᵢ₊₁ − xᵢ)² (Batista et al. 2014)
  'skewness', // Σ dᵢ³ / (n s³)
  'kurtosis', // Σ dᵢ⁴ / (n s⁴) − 3
  ...LAGS.map(lag => `autocorrelation ${lag}`), // Σ dᵢ dᵢ₊ₗ / ((n − l) s²)
  'mean crossings', // number of i for which xᵢ > m and xᵢ₊₁ > m differ
  'zero crossings',
  'peaks', // number of i with xᵢ₋₁ < xᵢ > xᵢ₊₁
  'share above mean',
  'share beyond two deviations',
  'place of maximum', // of the first one, i / n
  'place of minimum',
  'share of distinct values',
] as const

export const SERIES_FEATURES = SEQUENCE_FEATURES.length

/** Sums go from left to right, as `CumSum` does, so that a graph gives the same bits. */
function sumOf(count: number, at: (i: number) => number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += at(i)
  return sum
}

const countOf = (count: number, holds: (i: number) => boolean) => sumOf(count, i => Number(holds(i)))

/** The features; those that a sequence is too short or too constant for are NaN. */
export function describeSequence({ numbers: x, unreadable }: Sequence): number[] {
  const n = x.length
  if (n === 0) return SEQUENCE_FEATURES.map((_, k) => (k === 0 ? 0 : k === 1 ? unreadable : NaN))
  const sorted = x.slice().sort()
  const mean = sumOf(n, i => x[i]!) / n
  const d = x.map(value => value - mean)
  const square = sumOf(n, i => d[i]! * d[i]!) / n
  const largest = Math.max(-sorted[0]!, sorted[n - 1]!)
  const spread = square > STANDS_STILL * (largest * largest) ? square : NaN // NaN makes what is divided by it NaN
  const deviation = Number.isNaN(spread) ? 0 : Math.sqrt(square)
  const middle = (n - 1) / 2
  const change = (i: number) => x[i + 1]! - x[i]!
  const moment = (power: (value: number) => number) => sumOf(n, i => power(d[i]!)) / n
  const features = [
    n,
    unreadable,
    mean,
    deviation,
    sorted[0]!,
    sorted[n - 1]!,
    ...QUANTILES.map(level => quantileOf(sorted, level)),
    x[0]!,
    x[n - 1]!,
    sumOf(n, i => (i - middle) * d[i]!) / ((n * (n * n - 1)) / 12),
    sumOf(n, i => x[i]! * x[i]!),
    sumOf(n - 1, i => Math.abs(change(i))) / (n - 1),
    (x[n - 1]! - x[0]!) / (n - 1),
    Math.sqrt(sumOf(n - 1, i => change(i) * change(i))),
    moment(value => value * value * value) / (spread * Math.sqrt(spread)),
    moment(value => value * value * (value * value)) / (spread * spread) - 3,
    ...LAGS.map(lag => (n > lag ? sumOf(n - lag, i => d[i]! * d[i + lag]!) / ((n - lag) * spread) : NaN)),
    countOf(n - 1, i => x[i]! > mean !== x[i + 1]! > mean),
    countOf(n - 1, i => x[i]! > 0 !== x[i + 1]! > 0),
    countOf(n - 2, i => x[i + 1]! > x[i]! && x[i + 1]! > x[i + 2]!),
    countOf(n, i => x[i]! > mean) / n,
    countOf(n, i => Math.abs(d[i]!) > 2 * deviation) / n,
    x.indexOf(sorted[n - 1]!) / n,
    x.indexOf(sorted[0]!) / n,
    (1 + countOf(n - 1, i => sorted[i + 1]! !== sorted[i]!)) / n,
  ]
  return features.map(value => (value > FARTHEST ? FARTHEST : value < -FARTHEST ? -FARTHEST : value))
}

function quantileOf(sorted: Float64Array, level: number): number {
  const place = level * (sorted.length - 1)
  const low = Math.floor(place)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (place - low)
}
