import type { Examples } from '../algorithm.ts'

/** A target centred on 0 with deviation 1, and how to come back. */
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
