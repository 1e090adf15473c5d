import { choice, float } from '../params/space.ts'
import type { Levels } from './levels.ts'
import {
  asLevelColumn,
  emitLevels,
  keepLevels,
  LEVEL_KINDS,
  levelRows,
  levelSpace,
  UNSEEN,
} from './levels.ts'
import type { Encoder } from './transform.ts'

interface OrdinalState {
  readonly levels: Levels
  /** What a rare or unseen value becomes: the code after the last level, or NaN as a missing value does. */
  readonly unseen: number
}

/** The number of a value in the ascending list of frequent values. Missing is NaN. */
export const ordinalEncoder: Encoder<OrdinalState> = {
  stage: 'encode',
  name: 'ordinal-encoder',
  summary:
    'One feature of category codes; rare and unseen values share a code of their own (or are missing).',
  accepts: LEVEL_KINDS,
  space: { ...levelSpace, threshold: float(0, 1e9, 0), unseen: choice(['code', 'nan']) },
  fit(column, params) {
    const { levels } = keepLevels(asLevelColumn(column), params)
    return { levels, unseen: params.unseen === 'code' ? levels.keys.length : NaN }
  },
  apply(column, { levels, unseen }) {
    const rows = levelRows(asLevelColumn(column), levels)
    const values = Float32Array.from(rows, level => (level >= 0 ? level : level === UNSEEN ? unseen : NaN))
    const categories = levels.keys.length + (Number.isNaN(unseen) ? 0 : 1)
    return [{ kind: 'dense', name: column.name, values, categories }]
  },
  emit({ levels, unseen }, graph, input) {
    // Codes start at −2 (missing), −1 (unseen), so they are looked up two places further.
    const table = graph.constant(
      Float32Array.from([NaN, unseen, ...Array.from({ length: levels.keys.length }, (_, i) => i)]),
      [levels.keys.length + 2],
    )
    const place = graph.op('Add', [emitLevels(levels, graph, input), graph.i64(2)])
    return graph.op('Gather', [table, place], {}, { type: 'float' })
  },
}
