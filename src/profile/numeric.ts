import type { Counts } from './counts.ts'
import { countBetween, quantile } from './counts.ts'
import type { HistogramBin, NumericSummary } from './profile.ts'

/** Beyond this many robust standard deviations from the median a value is an outlier. */
const OUTLIER_DEVIATIONS = 5
/** A robust deviation below this says that nearly all values are equal; the plain one is used then. */
const LEAST_DEVIATION = 1e-10
const BINS = 20

/** Statistics of the finite numbers of a column; undefined when it has none. */
export function summarizeNumbers(counts: Counts): NumericSummary | undefined {
  const { values, present } = counts
  if (present === 0) return undefined
  const unit = unitOf(counts)
  const centre = weighted(counts, value => value / unit) / present
  const moment = (power: number) => weighted(counts, value => (value / unit - centre) ** power) / present
  const mean = centre * unit
  const [m2, m3, m4] = [moment(2), moment(3), moment(4)] as const
  const [low, high] = outlierLimits(counts)
  const inside = countBetween(counts, low, high, true)
  return {
    count: present,
    mean,
    // Of a sample: one row less than there are.
    std: present > 1 ? unit * Math.sqrt((m2 * present) / (present - 1)) : 0,
    min: values[0]!,
    max: values.at(-1)!,
    ...takeQuantiles(counts),
    skew: m2 > 0 ? m3 / m2 ** 1.5 : 0,
    kurtosis: m2 > 0 ? m4 / m2 ** 2 : 0,
    outlierFraction: 1 - inside / present,
    integerFraction: weighted(counts, value => (Number.isInteger(value) ? 1 : 0)) / present,
    zeroFraction: weighted(counts, value => (value === 0 ? 1 : 0)) / present,
    histogram: robustHistogram(counts, low, high),
  }
}

export const takeQuantiles = (counts: Counts): Pick<NumericSummary, 'median' | 'quantiles'> => ({
  median: quantile(counts, 0.5),
  quantiles: [0.01, 0.05, 0.25, 0.75, 0.95, 0.99].map(share =>
    quantile(counts, share),
  ) as unknown as NumericSummary['quantiles'],
})

function weighted({ values, counts }: Counts, of: (value: number) => number): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += counts[i]! * of(values[i]!)
  return sum
}

/** Fourth powers overflow or vanish where values are measured in 1 but lie beyond 1e±60. */
export function unitOf({ values }: Counts): number {
  const size = Math.max(Math.abs(values[0]!), Math.abs(values.at(-1)!))
  return size > 1e60 || (size > 0 && size < 1e-60) ? size : 1
}

/** median ± 5 · (standard deviation of the values clipped to their 5 % and 95 % quantiles). */
export function outlierLimits(counts: Counts): [low: number, high: number] {
  const from = quantile(counts, 0.05)
  const to = quantile(counts, 0.95)
  const unit = unitOf(counts)
  const deviation = (clip: (value: number) => number): number => {
    const mean = weighted(counts, value => clip(value) / unit) / counts.present
    return unit * Math.sqrt(weighted(counts, value => (clip(value) / unit - mean) ** 2) / counts.present)
  }
  const robust = deviation(value => Math.min(to, Math.max(from, value)))
  const spread = robust > LEAST_DEVIATION * Math.min(1, unit) ? robust : deviation(value => value)
  const median = quantile(counts, 0.5)
  return [median - OUTLIER_DEVIATIONS * spread, median + OUTLIER_DEVIATIONS * spread]
}

/**
 * Twenty equal bins over the values that are no outliers, and a bin at either end that gathers the outliers, if any.
 * Few different whole numbers get a bin each.
 */
export function robustHistogram(counts: Counts, low: number, high: number): HistogramBin[] {
  const { values } = counts
  const inner = values.filter(value => value >= low && value <= high)
  const from = inner[0]!
  const to = inner.at(-1)!
  const whole = inner.every(Number.isInteger) && to - from < BINS
  const edges = binEdges(from, to, whole)
  const bins = edges.length - 1
  const histogram: HistogramBin[] = Array.from({ length: bins }, (_, i) => ({
    from: edges[i]!,
    to: edges[i + 1]!,
    count: countBetween(counts, edges[i]!, edges[i + 1]!, i === bins - 1 && !whole),
    outlier: false,
  }))
  const below = countBetween(counts, -Infinity, from)
  const above = counts.present - countBetween(counts, -Infinity, to, true)
  if (below > 0) histogram.unshift({ from: values[0]!, to: from, count: below, outlier: true })
  if (above > 0) histogram.push({ from: to, to: values.at(-1)!, count: above, outlier: true })
  return histogram
}

function binEdges(from: number, to: number, whole: boolean): number[] {
  const bins = whole ? to - from + 1 : from === to ? 1 : BINS
  const width = whole ? 1 : to / bins - from / bins
  return Array.from({ length: bins + 1 }, (_, i) =>
    i === bins && !whole ? to : 2 * (from / 2 + i * (width / 2)),
  )
}

/** What a pass over all values says of those that are no outliers, and of all. */
export interface Range {
  readonly from: number
  readonly to: number
  readonly min: number
  readonly max: number
  /** All from `from` to `to` are whole. */
  readonly whole: boolean
}

/** The same histogram of values that are not sorted. */
export function histogramOf(
  values: Float64Array | Float32Array,
  { from, to, min, max, whole }: Range,
): HistogramBin[] {
  const single = whole && to - from < BINS
  const edges = binEdges(from, to, single)
  const bins = edges.length - 1
  const counts = new Float64Array(bins)
  const perUnit = bins / (edges[bins]! - from || 1)
  let below = 0
  let above = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value < from) below++
    else if (value > to) above++
    else if (value === value) {
      let bin = Math.min(bins - 1, Math.floor((value - from) * perUnit))
      // The quotient may round across an edge.
      if (value < edges[bin]!) bin--
      else if (bin < bins - 1 && value >= edges[bin + 1]!) bin++
      counts[bin]!++
    }
  }
  const histogram = Array.from(counts, (count, i) => ({
    from: edges[i]!,
    to: edges[i + 1]!,
    count,
    outlier: false,
  }))
  if (below > 0) histogram.unshift({ from: min, to: from, count: below, outlier: true })
  if (above > 0) histogram.push({ from: to, to: max, count: above, outlier: true })
  return histogram
}
