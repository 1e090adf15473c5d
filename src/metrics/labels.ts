import type { Scored } from './metric.ts'

/** Index of the highest output per row; of equal outputs, the lower index. */
export function predictedLabels(outputs: Float64Array, width: number): Int32Array {
  const rows = width === 0 ? 0 : outputs.length / width
  const labels = new Int32Array(rows)
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    let best = 0
    for (let k = 1; k < width; k++) if (outputs[at + k] > outputs[at + best]) best = k
    labels[row] = best
  }
  return labels
}

/** Row-major classes × classes: weight of the rows of class `truth` predicted as `label`, at `truth · classes + label`. */
export function confusionMatrix({ target, outputs, width, weights }: Scored): Float64Array {
  const confusion = new Float64Array(width * width)
  const labels = predictedLabels(outputs, width)
  for (let row = 0; row < target.length; row++) {
    confusion[target[row] * width + labels[row]] += weights ? weights[row] : 1
  }
  return confusion
}
