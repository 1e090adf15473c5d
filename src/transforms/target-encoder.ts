import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import { float, int } from '../params/space.ts'
import type { Levels } from './levels.ts'
import { asLevelColumn, countLevels, emitLevels, LEVEL_KINDS, levelRows } from './levels.ts'
import { outOfFoldMeans, smoothedMeans, targetWidth } from './target-means.ts'
import type { Encoder, TransformContext } from './transform.ts'

interface TargetState {
  readonly levels: Levels
  /** Numbers per row: one, or one per class when there are more than two. */
  readonly width: number
  /** Row-major (levels + 2) × width: missing, unseen, then each level. */
  readonly table: Float32Array
}

/**
 * Each value becomes the mean target of its rows, drawn towards the overall mean by `smoothing` rows of it (Micci-Barreca 2001).
 * The rows fitted on are encoded out of fold: a row's own target never enters its feature.
 */
export const targetEncoder: Encoder<TargetState> = {
  stage: 'encode',
  name: 'target-encoder',
  summary: 'The smoothed mean target of rows with the same value, out of fold on the training rows.',
  accepts: LEVEL_KINDS,
  usesTarget: true,
  space: { smoothing: float(1e-3, 1e6, 10), folds: int(2, 50, 5) },
  fit: (column, params, context) => fitted(column, Number(params.smoothing), context).state,
  fitApply(column, params, context) {
    const smoothing = Number(params.smoothing)
    const { state, places } = fitted(column, smoothing, context)
    const { width } = state
    const options = { smoothing, folds: Number(params.folds), salt: 'target-encoder' }
    const encoded = outOfFoldMeans(places, state.levels.keys.length + 2, options, context)
    return {
      state,
      features: features(column.name, width, places.length, (row, k) => encoded[row * width + k]!),
    }
  },
  apply(column, { levels, width, table }) {
    const rows = levelRows(asLevelColumn(column), levels)
    return features(column.name, width, rows.length, (row, k) => table[(rows[row]! + 2) * width + k]!)
  },
  emit({ levels, width, table }, graph, input) {
    const place = graph.op('Add', [emitLevels(levels, graph, input), graph.i64(2)])
    const found = graph.op(
      'Gather',
      [graph.constant(table, [table.length / width, width]), place],
      {},
      { type: 'float' },
    )
    return graph.op('Reshape', [found, graph.i64(-1, width)])
  },
}

function fitted(column: Column, smoothing: number, context: TransformContext) {
  const { levels } = countLevels(asLevelColumn(column))
  const places = levelRows(asLevelColumn(column), levels).map(level => level + 2)
  const table = smoothedMeans(places, levels.keys.length + 2, smoothing, context)
  const state: TargetState = { levels, width: targetWidth(context), table }
  return { state, places }
}

const features = (
  name: string,
  width: number,
  rows: number,
  at: (row: number, k: number) => number,
): DenseFeature[] =>
  Array.from({ length: width }, (_, k) => ({
    kind: 'dense' as const,
    name: width === 1 ? `${name} target mean` : `${name} target mean ${k}`,
    values: Float32Array.from({ length: rows }, (_, row) => at(row, k)),
  }))
