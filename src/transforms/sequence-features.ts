import { int } from '../params/space.ts'
import { emitSequences } from './sequence-graph.ts'
import { describeSequence, readSequence, SEQUENCE_FEATURES } from './sequence-numbers.ts'
import { stringFeatures } from './strings.ts'
import type { Encoder } from './transform.ts'

export interface SequenceState {
  /** Most numbers looked at, the last ones. */
  readonly maxLength: number
}

/**
 * What a series of numbers written into one cell looks like: size, spread, trend, shape and memory, after the cheap set of tsfresh
 * (Christ et al. 2018). Formulas stand at `SEQUENCE_FEATURES`. Long series lose their beginning; items that are no numbers are
 * left out and counted; without a number all but the two counts are missing.
 */
export const sequenceFeatures: Encoder<SequenceState> = {
  stage: 'encode',
  name: 'sequence-features',
  summary:
    'Length, quantiles, trend, autocorrelation, crossings and more of a series of numbers written in one cell, as "1.5, 2, 3".',
  accepts: ['text', 'categorical'],
  space: { max_length: int(1, 1_000_000, 10_000) },
  fit: (_, { max_length }) => ({ maxLength: Number(max_length) }),
  apply: (column, { maxLength }) =>
    stringFeatures(column, SEQUENCE_FEATURES, text => describeSequence(readSequence(text, maxLength))),
  emit: ({ maxLength }, graph, input) => emitSequences(maxLength, graph, input),
}
