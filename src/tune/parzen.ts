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
  const logWeights = weights.map(Math.log)
  const narrowest = 1 / Math.min(FINEST, 1 + kernels)
  const width = Math.min(1, Math.max(narrowest, SCOTT * Math.max(n, 1) ** (-1 / (distributions.length + 4))))
  const mu = (kernel: number, d: number) => (kernel < n ? observations[kernel]![d] : 0.5)
  const sigma = (kernel: number) => (kernel < n ? width : 1)
  const smoothing = PRIOR_WEIGHT / kernels

  const sampleNumber = (kernel: number, d: number, rng: Rng) => {
    for (;;) {
      const value = mu(kernel, d) + sigma(kernel) * rng.normal()
      if (value >= 0 && value < 1) return value
    }
  }
  const sampleChoice = (kernel: number, d: number, choices: number, rng: Rng) => {
    const flat = kernel === n || rng.next() * (1 + choices * smoothing) >= 1
    return flat ? rng.int(choices) : observations[kernel]![d]
  }
  const logKernel = (kernel: number, point: Point) => {
    let sum = logWeights[kernel]
    for (const [d, distribution] of distributions.entries()) {
      if (distribution.type === 'choice') {
        const choices = distribution.choices.length
        const mass = kernel === n ? 1 : smoothing + (observations[kernel]![d] === point[d] ? 1 : 0)
        sum += Math.log(mass / (kernel === n ? choices : 1 + choices * smoothing))
      } else sum += logTruncatedNormal(point[d], mu(kernel, d), sigma(kernel))
    }
    return sum
  }

  return {
    sample(rng) {
      const kernel = pickIndex(weights, rng)
      return Float64Array.from(distributions, (distribution, d) =>
        distribution.type === 'choice'
          ? sampleChoice(kernel, d, distribution.choices.length, rng)
          : sampleNumber(kernel, d, rng),
      )
    },
    logDensity(point) {
      const logs = weights.map((_, kernel) => logKernel(kernel, point))
      const top = logs.reduce((a, b) => Math.max(a, b), -Infinity)
      return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0))
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
export function logTruncatedNormal(x: number, mu: number, sigma: number): number {
  const z = (x - mu) / sigma
  const inside = normalCdf((1 - mu) / sigma) - normalCdf(-mu / sigma)
  return -(z * z) / 2 - HALF_LOG_TWO_PI - Math.log(sigma) - Math.log(inside)
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
