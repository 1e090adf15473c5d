import type { Scored } from './metric.ts'

/** Index of the highest output per row, each multiplied by the weight of its class if given; of equals, the lower index. */
export function predictedLabels(
  outputs: Float64Array,
  width: number,
  labelWeights?: readonly number[],
): Int32Array {
  const rows = width === 0 ? 0 : outputs.length / width
  const labels = new Int32Array(rows)
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    let best = 0
    let most = outputs[at] * (labelWeights ? labelWeights[0]! : 1)
    for (let k = 1; k < width; k++) {
      const worth = outputs[at + k] * (labelWeights ? labelWeights[k]! : 1)
      if (worth > most) [best, most] = [k, worth]
    }
    labels[row] = best
  }
  return labels
}

/** Row-major classes × classes: weight of the rows of class `truth` predicted as `label`, at `truth · classes + label`. */
export function confusionMatrix({ target, outputs, width, weights, labelWeights }: Scored): Float64Array {
  const confusion = new Float64Array(width * width)
  const labels = predictedLabels(outputs, width, labelWeights)
  for (let row = 0; row < target.length; row++) {
    confusion[target[row] * width + labels[row]] += weights ? weights[row] : 1
  }
  return confusion
}
