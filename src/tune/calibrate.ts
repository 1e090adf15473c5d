import { metrics, type MetricName } from '../metrics/index.ts'
import type { Scored, Truth } from '../metrics/metric.ts'
import { shareWork } from '../metrics/work.ts'
import { applyTemperature } from '../pipeline/temperature.ts'

const COLDEST = Math.log(0.05)
const HOTTEST = Math.log(20)
const GOLDEN = (Math.sqrt(5) - 1) / 2
const PRECISION = 1e-4 // of ln temperature

/**
 * The temperature of least log loss (Guo et al. 2017), by golden-section search over its logarithm: the loss is
 * convex in 1/temperature, so it has one valley. 1 when no other is better by more than rounding.
 */
export function calibrateTemperature({ outputs, ...truth }: Scored): number {
  const loss = (logTemperature: number) =>
    logLossOf(truth, applyTemperature(outputs, truth.width, Math.exp(logTemperature)))
  let low = COLDEST
  let high = HOTTEST
  let left = high - GOLDEN * (high - low)
  let right = low + GOLDEN * (high - low)
  let lossLeft = loss(left)
  let lossRight = loss(right)
  while (high - low > PRECISION) {
    if (lossLeft <= lossRight) {
      ;[high, right, lossRight] = [right, left, lossLeft]
      left = high - GOLDEN * (high - low)
      lossLeft = loss(left)
    } else {
      ;[low, left, lossLeft] = [left, right, lossRight]
      right = low + GOLDEN * (high - low)
      lossRight = loss(right)
    }
  }
  const found = (low + high) / 2
  return loss(found) < loss(0) - 1e-9 ? Math.exp(found) : 1
}

const logLossOf = (truth: Truth, outputs: Float64Array) =>
  metrics.LogLoss.from(shareWork({ ...truth, outputs }))

export interface Threshold {
  /** A row is called positive when its probability is above this. */
  readonly threshold: number
  readonly score: number
}

const COARSE = 50 // steps from 0 to 1
const FINE = 10 // steps between two coarse ones

/**
 * The decision threshold of a binary model that scores best: a coarse grid, then a fine one around the best,
 * ties to the value nearest 0.5. A grid and not every cut point: the finest cut fits noise. Metrics that do
 * not look at labels keep 0.5.
 */
export function tuneThreshold(scored: Scored, objective: MetricName): Threshold {
  const metric = metrics[objective]
  const sign = metric.direction === 'maximize' ? 1 : -1
  const scoreAt = thresholdScorer(scored, objective)
  if (metric.smooth) return { threshold: 0.5, score: metric.score(scored) }
  let best = { threshold: 0.5, score: scoreAt(0.5) }
  const consider = (threshold: number) => {
    const score = scoreAt(threshold)
    const ahead = sign * (score - best.score)
    const nearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5)
    if (ahead > 0 || (ahead === 0 && nearer)) best = { threshold, score }
  }
  for (let i = 1; i < COARSE; i++) consider(i / COARSE)
  const centre = Math.round(best.threshold * COARSE)
  for (let i = 1 - FINE; i < FINE; i++) consider((centre * FINE + i) / (COARSE * FINE))
  return best
}

/** Score as a function of the threshold, in O(log rows) each: the rows are sorted and summed once. */
function thresholdScorer(scored: Scored, objective: MetricName): (threshold: number) => number {
  const { total, ranking } = shareWork(scored)
  const { scores } = ranking
  const hits = cumulative(ranking.positives)
  const misses = cumulative(ranking.negatives)
  const positives = hits[scores.length]
  const negatives = misses[scores.length]
  return threshold => {
    let low = 0 // groups above the threshold come first
    for (let high = scores.length; low < high;) {
      const middle = (low + high) >> 1
      if (scores[middle] > threshold) low = middle + 1
      else high = middle
    }
    const confusion = Float64Array.of(negatives - misses[low], misses[low], positives - hits[low], hits[low])
    return metrics[objective].from({ scored, total, ranking, confusion })
  }
}

/** Sums of the first 0, 1, 2 … values. */
function cumulative(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1)
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i]
  return sums
}
