import type { Levels } from './levels.ts'
import { asLevelColumn, countLevels, emitLevels, LEVEL_KINDS, levelRows, rowCount, UNSEEN } from './levels.ts'
import type { Encoder } from './transform.ts'

interface FrequencyState {
  readonly levels: Levels
  /** Share of the rows fitted on, one per level. */
  readonly share: Float32Array
}

/** How common a value is: its share of the rows fitted on. Unseen is 0, missing is NaN. */
export const frequencyEncoder: Encoder<FrequencyState> = {
  stage: 'encode',
  name: 'frequency-encoder',
  summary: 'One feature per column: the share of rows that have the same value; 0 when unseen.',
  accepts: LEVEL_KINDS,
  space: {},
  fit(column) {
    const { levels, counts } = countLevels(asLevelColumn(column))
    return { levels, share: Float32Array.from(counts, count => count / rowCount(column)) }
  },
  apply(column, { levels, share }) {
    const values = Float32Array.from(levelRows(asLevelColumn(column), levels), level =>
      level >= 0 ? share[level]! : level === UNSEEN ? 0 : NaN,
    )
    return [{ kind: 'dense', name: `${column.name} frequency`, values }]
  },
  emit({ levels, share }, graph, input) {
    const table = graph.constant(Float32Array.from([NaN, 0, ...share]), [share.length + 2])
    const place = graph.op('Add', [emitLevels(levels, graph, input), graph.i64(2)])
    return graph.op('Gather', [table, place], {}, { type: 'float' })
  },
}
