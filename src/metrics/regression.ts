import { argsort } from './argsort.ts'
import type { Work } from './metric.ts'

/** Smallest size a true value counts as in a percentage error (the spacing of doubles at 1). */
const SMALLEST_SHARE = 2 ** -52

/** Weighted mean over rows of `loss(truth, prediction)`. */
function mean(
  { scored: { target, outputs, weights }, total }: Work,
  loss: (y: number, p: number) => number,
): number {
  let sum = 0
  for (let row = 0; row < target.length; row++) {
    sum += loss(target[row], outputs[row]) * (weights ? weights[row] : 1)
  }
  return sum / total
}

export const mse = (work: Work) => mean(work, (y, p) => (y - p) ** 2)
export const rmse = (work: Work) => Math.sqrt(mse(work))
export const mae = (work: Work) => mean(work, (y, p) => Math.abs(y - p))
/** Pinball loss: what is below the prediction of the quantile costs 1 − level a unit, what is above costs level. */
export const pinball = (level: number) => (work: Work) =>
  mean(work, (y, p) => (y >= p ? level * (y - p) : (1 - level) * (p - y)))
export const mape = (work: Work) =>
  mean(work, (y, p) => Math.abs(y - p) / Math.max(Math.abs(y), SMALLEST_SHARE))

/** Share of the variance explained. A constant target has none: 1 when met exactly, else 0. */
export function r2(work: Work): number {
  const centre = mean(work, y => y)
  const variance = mean(work, y => (y - centre) ** 2)
  const error = mse(work)
  if (variance > 0) return 1 - error / variance
  return error === 0 ? 1 : 0
}

/** Root mean squared difference of ln(1 + value); predictions below 0 count as 0. Not defined for targets below 0. */
export function rmsle(work: Work): number {
  if (work.scored.target.some(y => y < 0)) return NaN
  return Math.sqrt(mean(work, (y, p) => (Math.log1p(y) - Math.log1p(Math.max(0, p))) ** 2))
}

/** Weighted median of the absolute errors; halfway between the two middle ones when the weights split evenly. */
export function medianAe({ scored: { target, outputs, weights }, total }: Work): number {
  const errors = target.map((y, row) => Math.abs(y - outputs[row]))
  let below = 0
  let lower = NaN
  for (const row of argsort(errors)) {
    below += weights ? weights[row] : 1
    if (Number.isNaN(lower) && below >= total / 2) lower = errors[row]
    if (below > total / 2) return (lower + errors[row]) / 2
  }
  return lower
}
