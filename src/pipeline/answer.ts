import type { TaskSchema } from '../data/schema.ts'
import { outputWidth } from './outputs.ts'

/** A table of answers: `fields` are the column names, each of `data` is a row. Papa.unparse takes it as it is. */
export interface Answer {
  readonly fields: readonly string[]
  readonly data: readonly (readonly (string | number)[])[]
}

/** The class of the largest probability in a row, each times the weight of its class if it has one; the first of equals. */
export function bestClass(
  outputs: Float64Array,
  start: number,
  { classes: { length: classes }, answer }: Pick<TaskSchema, 'classes' | 'answer'>,
): number {
  const labelWeights = answer?.labelWeights
  const worth = (k: number) => outputs[start + k]! * (labelWeights ? labelWeights[k]! : 1)
  let best = 0
  for (let k = 1; k < classes; k++) if (worth(k) > worth(best)) best = k
  return best
}

/**
 * Outputs of a pipeline as people read them. Classification: `predicted_label`, `probability` — always that of the predicted
 * label, in binary tasks too — and `probability_<label>` for every class. Regression: `prediction`.
 */
export function answerRows(outputs: Float64Array, task: TaskSchema): Answer {
  const width = outputWidth(task)
  const rows = outputs.length / width
  if (task.task === 'regression') {
    return { fields: ['prediction'], data: Array.from(outputs, value => [value]) }
  }
  const { classes } = task
  return {
    fields: ['predicted_label', 'probability', ...classes.map(label => `probability_${label}`)],
    data: Array.from({ length: rows }, (_, row) => {
      const start = row * width
      const best = bestClass(outputs, start, task)
      return [classes[best]!, outputs[start + best]!, ...outputs.subarray(start, start + width)]
    }),
  }
}
