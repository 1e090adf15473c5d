import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import { int } from '../params/space.ts'
import { rowCount } from './levels.ts'
import { emitSequences } from './sequence-graph.ts'
import { describeSequence, readSequence, SEQUENCE_FEATURES } from './sequence-numbers.ts'
import { graphCategories, textAt } from './strings.ts'
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
  apply(column, { maxLength }) {
    const rows = rowCount(column)
    const values = SEQUENCE_FEATURES.map(() => new Float32Array(rows))
    const describe = describer(column, maxLength)
    for (let row = 0; row < rows; row++) {
      const numbers = describe(row)
      for (let k = 0; k < values.length; k++) values[k]![row] = numbers[k]!
    }
    return SEQUENCE_FEATURES.map((name, k): DenseFeature => ({
      kind: 'dense',
      name: `${column.name} ${name}`,
      values: values[k]!,
    }))
  },
  emit: ({ maxLength }, graph, input) => emitSequences(maxLength, graph, input),
}

function describer(column: Column, most: number): (row: number) => readonly number[] {
  const describe = (text: string) => describeSequence(readSequence(text, most))
  if (column.kind === 'categorical') {
    const perCategory = graphCategories(column).map(describe)
    const empty = describe('')
    return row => perCategory[column.codes[row]!] ?? empty
  }
  if (column.kind !== 'text') throw new Error(`column "${column.name}" is ${column.kind}: expected text`)
  return row => describe(textAt(column, row))
}
