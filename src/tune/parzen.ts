import {
  fromUnit,
  toUnit,
  type Distribution,
  type Params,
  type ParamValue,
  type Space,
} from '../params/space.ts'
import type { Rng } from '../util/rng.ts'

const SCOTT = 0.2 // bandwidth of one observation, as a share of the range
const PRIOR_WEIGHT = 1
const FINEST = 100 // no kernel is narrower than 1/100 of the range
const FULL_WEIGHT = 25 // the newest 25 observations count in full, older ones less

/** A point of a group: unit coordinates for numbers, slot numbers for choices. */
export type Point = Float64Array

/**
 * A mixture of one kernel per observation and one flat prior, all parameters of a group jointly
 * (Bergstra 2011; Falkner 2018 for the multivariate form; constants as in Optuna's sampler).
 * A kernel is a product: truncated normal in the unit interval, or a smoothed one-hot over choices.
 */
export interface Parzen {
  sample(rng: Rng): Point
  logDensity(point: Point): number
}

export const pointOf = (space: Space, names: readonly string[], params: Params): Point =>
  Float64Array.from(names, name => {
    const distribution = space[name]!
    const value = params[name]!
    return distribution.type === 'choice' ? distribution.choices.indexOf(value) : toUnit(distribution, value)
  })

export const paramsOf = (space: Space, names: readonly string[], point: Point): Record<string, ParamValue> =>
  Object.fromEntries(
    names.map((name, d) => {
      const distribution = space[name]!
      const value =
        distribution.type === 'choice' ? distribution.choices[point[d]]! : fromUnit(distribution, point[d])
      return [name, value]
    }),
  )

/** Observations in the order they were made. */
export function parzen(distributions: readonly Distribution[], observations: readonly Point[]): Parzen {
  const n = observations.length
  const kernels = n + 1 // the last is the prior
  const weights = mixtureWeights(n)
  const narrowest = 1 / Math.min(FINEST, 1 + kernels)
  const width = Math.min(1, Math.max(narrowest, SCOTT * Math.max(n, 1) ** (-1 / (distributions.length + 4))))
  const sigma = (kernel: number) => (kernel < n ? width : 1)
  const choices = distributions.map(distribution =>
    distribution.type === 'choice' ? distribution.choices.length : 0,
  )
  const centres = [...observations, Float64Array.from(distributions, () => 0.5)]
  const smoothing = PRIOR_WEIGHT / kernels

  // All of a kernel's log density that does not depend on the point.
  const constant = Float64Array.from(weights, (weight, kernel) =>
    choices.reduce((sum, size, d) => {
      if (size > 0) return sum - Math.log(kernel < n ? 1 + size * smoothing : size)
      return sum + logPeak(centres[kernel]![d], sigma(kernel))
    }, Math.log(weight)),
  )
  const logHit = Math.log(1 + smoothing)
  const logMiss = Math.log(smoothing)
  const logKernel = (kernel: number, point: Point) => {
    const centre = centres[kernel]!
    let sum = constant[kernel]
    for (let d = 0; d < choices.length; d++) {
      if (choices[d] === 0) sum -= ((point[d] - centre[d]) / sigma(kernel)) ** 2 / 2
      else if (kernel < n) sum += centre[d] === point[d] ? logHit : logMiss
    }
    return sum
  }

  const sampleNumber = (kernel: number, d: number, rng: Rng) => {
    for (;;) {
      const value = centres[kernel]![d] + sigma(kernel) * rng.normal()
      if (value >= 0 && value < 1) return value
    }
  }
  const sampleChoice = (kernel: number, d: number, rng: Rng) => {
    const flat = kernel === n || rng.next() * (1 + choices[d]! * smoothing) >= 1
    return flat ? rng.int(choices[d]!) : centres[kernel]![d]
  }

  return {
    sample(rng) {
      const kernel = pickIndex(weights, rng)
      return Float64Array.from(choices, (size, d) =>
        size > 0 ? sampleChoice(kernel, d, rng) : sampleNumber(kernel, d, rng),
      )
    },
    logDensity(point) {
      const logs = constant.map((_, kernel) => logKernel(kernel, point))
      let top = -Infinity
      for (const log of logs) if (log > top) top = log
      let sum = 0
      for (const log of logs) sum += Math.exp(log - top)
      return top + Math.log(sum)
    },
  }
}

/** One weight per observation (oldest first) and one for the prior; they sum to 1. */
function mixtureWeights(n: number): Float64Array {
  const old = Math.max(0, n - FULL_WEIGHT)
  const weights = Float64Array.from({ length: n + 1 }, (_, i) => {
    if (i === n) return PRIOR_WEIGHT
    return i < old ? 1 / n + (old > 1 ? (i / (old - 1)) * (1 - 1 / n) : 0) : 1
  })
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map(weight => weight / sum)
}

function pickIndex(weights: Float64Array, rng: Rng): number {
  let left = rng.next()
  for (let i = 0; i < weights.length - 1; i++) if ((left -= weights[i]) < 0) return i
  return weights.length - 1
}

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2

/** Log density of a normal cut to [0, 1]. */
export const logTruncatedNormal = (x: number, mu: number, sigma: number): number =>
  logPeak(mu, sigma) - ((x - mu) / sigma) ** 2 / 2

/** The same at its centre. */
function logPeak(mu: number, sigma: number): number {
  const inside = normalCdf((1 - mu) / sigma) - normalCdf(-mu / sigma)
  return -HALF_LOG_TWO_PI - Math.log(sigma) - Math.log(inside)
}

/** Abramowitz & Stegun 7.1.26 through erf; absolute error below 8e-8. */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = (poly * Math.exp(-x * x)) / 2
  return z < 0 ? tail : 1 - tail
}
