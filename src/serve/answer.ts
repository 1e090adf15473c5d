import { csvLine } from '../data/csv.ts'
import type { TaskSchema } from '../data/schema.ts'
import { bestClass } from '../pipeline/answer.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { CSV, JSON_TYPE, type MediaType } from './media.ts'

/** Keys of an answer that can be chosen, by Autopilot's names. */
export const CLASSIFICATION_KEYS = ['predicted_label', 'probability', 'probabilities', 'labels'] as const
export const REGRESSION_KEYS = ['prediction', 'predicted_label', 'predicted_score'] as const

export const keysOf = ({ task }: TaskSchema): readonly string[] =>
  task === 'regression' ? REGRESSION_KEYS : CLASSIFICATION_KEYS

type Value = string | number | readonly (string | number)[]

/** Writes the outputs of a model in one form. Without chosen keys CSV is what `predict` writes, JSON has every key. */
export interface AnswerWriter {
  (outputs: Float64Array, type: MediaType, named: boolean): string
}

export function answerWriter(
  task: TaskSchema,
  keys: readonly string[],
  withheld: readonly string[] = [],
): AnswerWriter {
  const width = outputWidth(task)
  const { classes } = task
  const isRegression = task.task === 'regression'
  const probabilityNames = classes.map(label => `probability_${label}`)
  const header =
    keys.length > 0
      ? keys
      : isRegression
        ? ['prediction']
        : ['predicted_label', 'probability', ...probabilityNames]
  const jsonKeys = keys.length > 0 ? keys : isRegression ? ['prediction'] : CLASSIFICATION_KEYS

  /** A key that the model has no answer for gives nan. */
  const valueOf = (key: string, outputs: Float64Array, start: number): Value => {
    if (withheld.includes(key)) return 'nan'
    if (isRegression) return (REGRESSION_KEYS as readonly string[]).includes(key) ? outputs[start] : 'nan'
    switch (key) {
      case 'predicted_label':
        return classes[bestClass(outputs, start, width)]
      case 'probability':
        return outputs[start + bestClass(outputs, start, width)]
      case 'probabilities':
        return [...outputs.subarray(start, start + width)]
      case 'labels':
        return classes
      default:
        return 'nan'
    }
  }
  const cellsOf = (outputs: Float64Array, start: number): (string | number)[] => {
    if (keys.length > 0) return keys.map(key => listText(valueOf(key, outputs, start)))
    if (isRegression) return [outputs[start]]
    const best = bestClass(outputs, start, width)
    return [classes[best], outputs[start + best], ...outputs.subarray(start, start + width)]
  }
  const objectOf = (outputs: Float64Array, start: number) =>
    Object.fromEntries(jsonKeys.map(key => [key, valueOf(key, outputs, start)]))

  return (outputs, type, named) => {
    const starts = Array.from({ length: outputs.length / width }, (_, row) => row * width)
    if (type === JSON_TYPE)
      return `${JSON.stringify({ predictions: starts.map(start => objectOf(outputs, start)) })}\n`
    const lines =
      type === CSV
        ? starts.map(start => csvLine(cellsOf(outputs, start)))
        : starts.map(start => JSON.stringify(objectOf(outputs, start)))
    if (type === CSV && named) lines.unshift(csvLine(header))
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }
}

/** Lists as Python prints them: [0.1, 0.9] and ['no', 'yes']. */
function listText(value: Value): string | number {
  if (typeof value !== 'object') return value
  const quote = (text: string) => (text.includes("'") ? JSON.stringify(text) : `'${text}'`)
  return `[${value.map(item => (typeof item === 'string' ? quote(item) : item)).join(', ')}]`
}
