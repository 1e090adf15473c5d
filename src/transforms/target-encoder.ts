import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import { float, int } from '../params/space.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { Levels } from './levels.ts'
import { asLevelColumn, countLevels, emitLevels, LEVEL_KINDS, levelRows } from './levels.ts'
import type { Encoder, TransformContext } from './transform.ts'

interface TargetState {
  readonly levels: Levels
  /** Numbers per row: one, or one per class when there are more than two. */
  readonly width: number
  /** Row-major (levels + 2) × width: missing, unseen, then each level. */
  readonly table: Float32Array
}

/** What a level is replaced by: the chance of class 1, of each of more classes, or the mean value. */
const outputsOf = ({ task, classes }: TransformContext) => (task === 'multiclass' ? classes : 1)

const goal = ({ task, target }: TransformContext, row: number, output: number) =>
  task === 'multiclass' ? Number(target[row] === output) : target[row]!

/** Smoothed means per place (level + 2) over the rows that `use`; empty places get the mean of all. */
function smoothedMeans(
  places: Int32Array,
  count: number,
  smoothing: number,
  context: TransformContext,
  use: (row: number) => boolean,
): Float32Array {
  const width = outputsOf(context)
  const sums = new Float64Array(count * width)
  const rows = new Float64Array(count)
  const all = new Float64Array(width)
  let total = 0
  for (let row = 0; row < places.length; row++) {
    if (!use(row)) continue
    total++
    rows[places[row]!]!++
    for (let k = 0; k < width; k++) {
      const value = goal(context, row, k)
      sums[places[row]! * width + k]! += value
      all[k]! += value
    }
  }
  return Float32Array.from(sums, (sum, i) => {
    const prior = total === 0 ? 0 : all[i % width]! / total
    return (sum + smoothing * prior) / (rows[Math.floor(i / width)]! + smoothing)
  })
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
    const folds = Math.min(Number(params.folds), Math.max(2, places.length))
    const fold = createRng(hashSeed(context.seed, 'target-encoder')).shuffle(
      Int32Array.from(places, (_, row) => row % folds),
    )
    const encoded = new Float32Array(places.length * width)
    for (let held = 0; held < folds; held++) {
      const table = smoothedMeans(
        places,
        state.levels.keys.length + 2,
        smoothing,
        context,
        row => fold[row] !== held,
      )
      for (let row = 0; row < places.length; row++) {
        if (fold[row] !== held) continue
        for (let k = 0; k < width; k++) encoded[row * width + k] = table[places[row]! * width + k]!
      }
    }
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
  const table = smoothedMeans(places, levels.keys.length + 2, smoothing, context, () => true)
  const state: TargetState = { levels, width: outputsOf(context), table }
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
