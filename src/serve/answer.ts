import { csvLine } from '../data/csv.ts'
import type { TaskSchema } from '../data/schema.ts'
import { bestClass } from '../pipeline/answer.ts'
import { outputWidth } from '../pipeline/outputs.ts'
import { CSV, JSON_TYPE, type MediaType } from './media.ts'

/** Keys of an answer that can be chosen, by Autopilot's names. */
export const CLASSIFICATION_KEYS = ['predicted_label', 'probability', 'probabilities', 'labels'] as const
export const REGRESSION_KEYS = ['prediction', 'predicted_label', 'predicted_score'] as const

export const keysOf = ({ task }: TaskSchema): readonly string[] =>
  task === 'regression' ? REGRESSION_KEYS : CLASSIFICATION_KEYS

type Value = string | number | readonly (string | number)[]

/** How the outputs of a model are told: the keys as columns, and the rows of one matrix of outputs. */
export interface AnswerForm {
  readonly header: readonly string[]
  readonly cells: (outputs: Float64Array, row: number) => (string | number)[]
  readonly object: (outputs: Float64Array, row: number) => Record<string, unknown>
}

/** Without chosen keys CSV is what `predict` writes, JSON has every key. A key that the model has no answer for gives nan. */
export function answerForm(
  task: TaskSchema,
  keys: readonly string[] = [],
  withheld: readonly string[] = [],
): AnswerForm {
  const width = outputWidth(task)
  const { classes } = task
  const best = (outputs: Float64Array, start: number) => bestClass(outputs, start, task)
  const isRegression = task.task === 'regression'
  const usual = isRegression
    ? ['prediction']
    : ['predicted_label', 'probability', ...classes.map(label => `probability_${label}`)]
  const objectKeys = keys.length > 0 ? keys : isRegression ? ['prediction'] : CLASSIFICATION_KEYS

  const valueOf = (key: string, outputs: Float64Array, start: number): Value => {
    if (withheld.includes(key)) return 'nan'
    if (isRegression) return (REGRESSION_KEYS as readonly string[]).includes(key) ? outputs[start] : 'nan'
    switch (key) {
      case 'predicted_label':
        return classes[best(outputs, start)]
      case 'probability':
        return outputs[start + best(outputs, start)]
      case 'probabilities':
        return [...outputs.subarray(start, start + width)]
      case 'labels':
        return classes
      default:
        return 'nan'
    }
  }
  return {
    header: keys.length > 0 ? keys : usual,
    cells: (outputs, row) => {
      const start = row * width
      if (keys.length > 0) return keys.map(key => listText(valueOf(key, outputs, start)))
      if (isRegression) return [outputs[start]]
      const chosen = best(outputs, start)
      return [classes[chosen], outputs[start + chosen], ...outputs.subarray(start, start + width)]
    },
    object: (outputs, row) =>
      Object.fromEntries(objectKeys.map(key => [key, valueOf(key, outputs, row * width)])),
  }
}

/** Writes the outputs of a model in the form a client asked for. */
export function writeAnswer(
  { header, cells, object }: AnswerForm,
  outputs: Float64Array,
  rows: number,
  { type, named }: { readonly type: MediaType; readonly named: boolean },
): string {
  const each = Array.from({ length: rows }, (_, row) => row)
  if (type === JSON_TYPE) return `${JSON.stringify({ predictions: each.map(row => object(outputs, row)) })}\n`
  const lines =
    type === CSV
      ? each.map(row => csvLine(cells(outputs, row)))
      : each.map(row => JSON.stringify(object(outputs, row)))
  if (type === CSV && named) lines.unshift(csvLine(header))
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** Lists as Python prints them: [0.1, 0.9] and ['no', 'yes']. */
function listText(value: Value): string | number {
  if (typeof value !== 'object') return value
  const quote = (text: string) => (text.includes("'") ? JSON.stringify(text) : `'${text}'`)
  return `[${value.map(item => (typeof item === 'string' ? quote(item) : item)).join(', ')}]`
}
