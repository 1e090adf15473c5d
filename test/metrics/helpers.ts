import type { Task } from '../../src/data/dataset.ts'
import type { Scored } from '../../src/metrics/metric.ts'
import type { Rng } from '../../src/util/rng.ts'

/** Random truth and predictions that know something of it: the more skill, the more. Values are positive. */
export function randomScored(task: Task, rows: number, rng: Rng, skill = 1): Scored {
  if (task === 'regression') {
    const target = Float64Array.from({ length: rows }, () => 1 + 9 * rng.next())
    return { task, target, outputs: target.map(y => y + rng.normal() / skill), width: 1 }
  }
  const width = task === 'binary' ? 2 : 4
  const target = Float64Array.from({ length: rows }, (_, row) => (row < width ? row : rng.int(width)))
  const outputs = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let k = 0; k < width; k++) {
      sum += outputs[row * width + k] = Math.exp(rng.normal() + (k === target[row] ? skill : 0))
    }
    for (let k = 0; k < width; k++) outputs[row * width + k] /= sum
  }
  return { task, target, outputs, width }
}

/** The same truth, met exactly. */
export function perfect({ target, width, ...rest }: Scored): Scored {
  const outputs = new Float64Array(target.length * width)
  for (const [row, y] of target.entries()) {
    if (width === 1) outputs[row] = y
    else outputs[row * width + y] = 1
  }
  return { ...rest, target, width, outputs }
}

/** The rows named, in that order. */
export function pickRows(scored: Scored, rows: readonly number[]): Scored {
  const { width, weights } = scored
  return {
    ...scored,
    target: Float64Array.from(rows, row => scored.target[row]),
    outputs: Float64Array.from(
      rows.flatMap(row => Array.from({ length: width }, (_, k) => scored.outputs[row * width + k])),
    ),
    ...(weights && { weights: Float64Array.from(rows, row => weights[row]) }),
  }
}

/** Binary rows from the probability of class 1. */
export const binary = (
  target: readonly number[],
  positive: readonly number[],
  weights?: readonly number[],
): Scored => ({
  task: 'binary',
  target: Float64Array.from(target),
  outputs: Float64Array.from(positive.flatMap(p => [1 - p, p])),
  width: 2,
  ...(weights && { weights: Float64Array.from(weights) }),
})

/** Rows with a label each, as probabilities 0 and 1. */
export const labelled = (target: readonly number[], labels: readonly number[], width: number): Scored => ({
  task: width === 2 ? 'binary' : 'multiclass',
  target: Float64Array.from(target),
  outputs: Float64Array.from(
    labels.flatMap(label => Array.from({ length: width }, (_, k) => (k === label ? 1 : 0))),
  ),
  width,
})

export const values = (
  target: readonly number[],
  outputs: readonly number[],
  weights?: readonly number[],
): Scored => ({
  task: 'regression',
  target: Float64Array.from(target),
  outputs: Float64Array.from(outputs),
  width: 1,
  ...(weights && { weights: Float64Array.from(weights) }),
})
