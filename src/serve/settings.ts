import type { TaskSchema } from '../data/schema.ts'
import { InputError } from '../util/errors.ts'
import { keysOf } from './answer.ts'
import { mediaType, type MediaType } from './media.ts'

/** What the variables of a SageMaker container say. */
export interface InferenceSettings {
  /** Keys of the answer, in order; all when empty. */
  readonly keys: readonly string[]
  /** Those of them that the containers before do not hand over. */
  readonly withheld: readonly string[]
  /** Form of answers where neither client nor question decides. */
  readonly accept?: MediaType
}

type Environment = Readonly<Record<string, string | undefined>>

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

/** Key names that some container of this family knows; one that this model has no answer for gives nan. */
const KNOWN = [
  'predicted_label',
  'probability',
  'probabilities',
  'labels',
  'raw_score',
  'raw_scores',
  'predicted_score',
  'prediction',
]

/**
 * `SAGEMAKER_INFERENCE_OUTPUT` chooses the keys of an answer. They must be among `SAGEMAKER_INFERENCE_SUPPORTED`, where that is
 * set, and what `SAGEMAKER_INFERENCE_INPUT` does not hand over from the containers before, labels aside, gives nan.
 */
export function inferenceSettings(env: Environment, task: TaskSchema): InferenceSettings {
  const output = listOf(env['SAGEMAKER_INFERENCE_OUTPUT'])
  const supported = listOf(env['SAGEMAKER_INFERENCE_SUPPORTED'])
  const input = listOf(env['SAGEMAKER_INFERENCE_INPUT'])
  for (const key of output) {
    const expected = supported.length > 0 ? supported : KNOWN
    if (expected.includes(key)) continue
    throw new InputError(
      'E_INFERENCE_KEY',
      `SAGEMAKER_INFERENCE_OUTPUT has "${key}": expected some of ${(supported.length > 0 ? supported : keysOf(task)).join(', ')}; correct the variable`,
      { exit: 'usage' },
    )
  }
  const withheld = input.length === 0 ? [] : output.filter(key => key !== 'labels' && !input.includes(key))
  const accept = mediaType(env['SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT'] ?? '')
  return { keys: output, withheld, ...(accept && { accept }) }
}
