import { InputError } from '../../util/errors.ts'
import type { Examples } from '../algorithm.ts'

/** Gradient and hessian of one row, filled anew for each. */
export interface Slope {
  g: number
  h: number
}

/**
 * A loss of one score and one target, for regression by boosting. Scores and targets are in the unit that `unit` asks for:
 * `deviations`, target centred and divided by its standard deviation; `mean`, target divided by its mean, score = log of that.
 */
export interface PointLoss {
  readonly name: string
  readonly unit: 'deviations' | 'mean'
  /** The constant score to start from: the target's mean, its quantile at this level, or 0. */
  readonly start: 'mean' | number
  /** d loss / d score and d² loss / d score² (or what stands in for it, > 0). */
  slope(score: number, target: number, into: Slope): void
  loss(score: number, target: number): number
  /** Leaves get the quantile of the rest (target − score) at this level instead of a Newton step, as their hessian is 0. */
  readonly leafQuantile?: number
  /** Targets it can learn, in words; checked against the training rows. */
  readonly domain?: { readonly words: string; readonly has: (target: number) => boolean }
}

const POSITIVE = { words: 'values above 0', has: (target: number) => target > 0 }
const NOT_NEGATIVE = { words: 'values of 0 and above', has: (target: number) => target >= 0 }
const MAX_LOG = 50 // of a predicted mean over the overall mean

const mean = (score: number): number => Math.exp(Math.min(MAX_LOG, score))

/** Σ |target − score|: predicts the median. */
export const absoluteLoss: PointLoss = {
  name: 'absolute',
  unit: 'deviations',
  start: 0.5,
  leafQuantile: 0.5,
  slope(score, target, into) {
    into.g = Math.sign(score - target)
    into.h = 1
  },
  loss: (score, target) => Math.abs(score - target),
}

/** Quantile (pinball) loss at level α (Koenker & Bassett 1978). */
export const quantileLoss = (level: number): PointLoss => ({
  name: 'quantile',
  unit: 'deviations',
  start: level,
  leafQuantile: level,
  slope(score, target, into) {
    into.g = score > target ? 1 - level : score < target ? -level : 0
    into.h = 1
  },
  loss: (score, target) => (target - score) * (target > score ? level : level - 1),
})

/** Squared near 0, straight beyond `slope` standard deviations of the target (Huber 1964). */
export const huberLoss = (slope: number): PointLoss => ({
  name: 'huber',
  unit: 'deviations',
  start: 0.5,
  slope(score, target, into) {
    into.g = Math.min(slope, Math.max(-slope, score - target))
    into.h = 1
  },
  loss(score, target) {
    const rest = Math.abs(score - target)
    return rest <= slope ? (rest * rest) / 2 : slope * (rest - slope / 2)
  },
})

/** Counts and rates: negative log likelihood of Poisson, score = log of the mean. */
export const poissonLoss: PointLoss = {
  name: 'poisson',
  unit: 'mean',
  start: 0,
  domain: NOT_NEGATIVE,
  slope(score, target, into) {
    const m = mean(score)
    into.g = m - target
    into.h = m
  },
  loss: (score, target) => mean(score) - target * score,
}

/** Positive, skewed amounts: negative log likelihood of Gamma, score = log of the mean. */
export const gammaLoss: PointLoss = {
  name: 'gamma',
  unit: 'mean',
  start: 0,
  domain: POSITIVE,
  slope(score, target, into) {
    const ratio = target / mean(score)
    into.g = 1 - ratio
    into.h = ratio
  },
  loss: (score, target) => score + target / mean(score),
}

/** Amounts with many zeros: Tweedie deviance of variance power 1 < ρ < 2 (Jørgensen 1987), score = log of the mean. */
export const tweedieLoss = (power: number): PointLoss => ({
  name: 'tweedie',
  unit: 'mean',
  start: 0,
  domain: NOT_NEGATIVE,
  slope(score, target, into) {
    const s = Math.min(MAX_LOG, score)
    const a = target * Math.exp((1 - power) * s)
    const b = Math.exp((2 - power) * s)
    into.g = b - a
    into.h = (2 - power) * b - (1 - power) * a
  },
  loss(score, target) {
    const s = Math.min(MAX_LOG, score)
    return Math.exp((2 - power) * s) / (2 - power) - (target * Math.exp((1 - power) * s)) / (1 - power)
  },
})

/** Refuses targets the loss is not defined for. */
export function checkDomain({ name, domain }: PointLoss, { target }: Examples): void {
  if (!domain) return
  const bad = target.findIndex(value => !domain.has(value))
  if (bad < 0) return
  throw new InputError(
    'E_TARGET_DOMAIN',
    `loss "${name}" was given the target value ${target[bad]}: expected ${domain.words}; choose loss "squared", "huber" or "absolute"`,
  )
}

/** The value below which a share `level` of the weight lies; between two values when the weight splits there. Sorts `rows`. */
export function weightedQuantile(
  rows: Int32Array,
  level: number,
  valueAt: (row: number) => number,
  weightAt: (row: number) => number,
): number {
  if (rows.length === 0) return 0
  rows.sort((a, b) => valueAt(a) - valueAt(b))
  let wanted = 0
  for (const row of rows) wanted += level * weightAt(row)
  let below = 0
  for (let i = 0; i < rows.length - 1; i++) {
    below += weightAt(rows[i]!)
    if (below > wanted) return valueAt(rows[i]!)
    if (below === wanted) return (valueAt(rows[i]!) + valueAt(rows[i + 1]!)) / 2
  }
  return valueAt(rows[rows.length - 1]!)
}
