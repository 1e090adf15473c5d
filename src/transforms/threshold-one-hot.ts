import type { SparseFeature } from '../data/features.ts'
import type { Levels } from './levels.ts'
import {
  asLevelColumn,
  emitLevels,
  keepLevels,
  LEVEL_KINDS,
  levelNames,
  levelRows,
  levelSpace,
} from './levels.ts'
import type { Encoder } from './transform.ts'

interface OneHotState {
  readonly levels: Levels
}

/** One 0/1 feature per frequent value. Missing and unseen values are all zeros, and so are rare ones. */
export const thresholdOneHot: Encoder<OneHotState> = {
  stage: 'encode',
  name: 'threshold-one-hot',
  summary: 'One 0/1 feature per frequent value; rare, unseen and missing values are all zeros.',
  accepts: LEVEL_KINDS,
  space: levelSpace,
  fit: (column, params) => ({ levels: keepLevels(asLevelColumn(column), params).levels }),
  apply(column, { levels }) {
    const rows = levelRows(asLevelColumn(column), levels)
    const counts = new Int32Array(levels.keys.length)
    for (let row = 0; row < rows.length; row++) if (rows[row]! >= 0) counts[rows[row]!]!++
    const features = levelNames(levels).map((level, i): SparseFeature => ({
      kind: 'sparse',
      name: `${column.name}=${level}`,
      index: new Int32Array(counts[i]!),
      values: new Float32Array(counts[i]!).fill(1),
    }))
    const filled = new Int32Array(levels.keys.length)
    for (let row = 0; row < rows.length; row++) {
      const level = rows[row]!
      if (level >= 0) features[level]!.index[filled[level]!++] = row
    }
    return features
  },
  emit({ levels }, graph, input) {
    const width = levels.keys.length
    if (width === 0) return undefined
    const slots = graph.constant(
      BigInt64Array.from({ length: width }, (_, i) => BigInt(i)),
      [1, width],
    )
    const hit = graph.op('Equal', [emitLevels(levels, graph, input), slots], {}, { type: 'bool' })
    return graph.cast(hit, 'float')
  },
}
