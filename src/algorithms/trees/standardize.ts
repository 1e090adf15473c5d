import type { Examples, TrainingData } from '../algorithm.ts'
import type { PointLoss } from './point-losses.ts'

/** A target in the unit a loss wants, and how to come back: value (or its logarithm) = mean + scale · score. */
export interface StandardTarget {
  readonly mean: number
  readonly scale: number
  readonly of: (examples: Examples) => Examples
}

/** Weighted mean and deviation of the training target; a constant target keeps its scale 1. */
export function standardize({ target, weights }: Examples): StandardTarget {
  const weightOf = (row: number) => (weights ? weights[row]! : 1)
  let total = 0
  let sum = 0
  for (let row = 0; row < target.length; row++) {
    total += weightOf(row)
    sum += weightOf(row) * target[row]!
  }
  const mean = sum / total
  let squares = 0
  for (let row = 0; row < target.length; row++) squares += weightOf(row) * (target[row]! - mean) ** 2
  const deviation = Math.sqrt(squares / total)
  const scale = deviation > 0 && Number.isFinite(deviation) ? deviation : 1
  return {
    mean,
    scale,
    of: examples => ({ ...examples, target: examples.target.map(value => (value - mean) / scale) }),
  }
}

/** A positive target divided by its weighted mean; scores are logarithms, so that mean comes back as a sum. */
export function divideByMean({ target, weights }: Examples): StandardTarget {
  let total = 0
  let sum = 0
  for (let row = 0; row < target.length; row++) {
    const weight = weights ? weights[row]! : 1
    total += weight
    sum += weight * target[row]!
  }
  const mean = sum > 0 ? sum / total : 1
  return {
    mean: Math.log(mean),
    scale: 1,
    of: examples => ({ ...examples, target: examples.target.map(value => value / mean) }),
  }
}

const AS_IS: StandardTarget = { mean: 0, scale: 1, of: examples => examples }

/** The unit in which a target is learnt: classes as they are, values as their loss wants them. */
export function targetUnit(data: TrainingData, loss?: PointLoss): StandardTarget {
  if (data.task !== 'regression') return AS_IS
  return loss?.unit === 'mean' ? divideByMean(data) : standardize(data)
}
