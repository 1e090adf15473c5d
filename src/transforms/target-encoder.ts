import type { Column } from '../data/dataset.ts'
import { choice, float, int, when } from '../params/space.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { Levels } from './levels.ts'
import { asLevelColumn, countLevels, emitLevels, LEVEL_KINDS, levelRows } from './levels.ts'
import type { LookupTable } from './tables.ts'
import { emitLookUp, lookUp, rowFeatures } from './tables.ts'
import { drawFolds, encodeOutOfFold, smoothedMeans, targetOf, targetWidth } from './target-statistics.ts'
import type { Encoder, TransformContext } from './transform.ts'

/** The table has one number per level, or one per class when there are more than two. */
interface TargetState extends LookupTable {
  readonly levels: Levels
}

/**
 * Ordered target statistics (Prokhorenkova et al. 2018, "CatBoost", §3): the rows in a drawn order, each encoded by the rows before
 * it alone, the mean over several orders. The prior is the mean of the rows before; the first row takes that of all the others.
 */
function orderedMeans(
  places: Int32Array,
  count: number,
  { smoothing, permutations }: { readonly smoothing: number; readonly permutations: number },
  context: TransformContext,
): LookupTable {
  const width = targetWidth(context)
  const order = Int32Array.from(places, (_, row) => row)
  const encoded = new Float64Array(places.length * width)
  const rng = createRng(hashSeed(context.seed, 'target-encoder', 'ordered'))
  const totals = Float64Array.from({ length: width }, (_, k) =>
    order.reduce((sum, row) => sum + targetOf(context, row, k), 0),
  )
  for (let turn = 0; turn < permutations; turn++) {
    rng.shuffle(order)
    const sums = new Float64Array(count * width)
    const rows = new Float64Array(count)
    const all = new Float64Array(width)
    for (const [before, row] of order.entries()) {
      const place = places[row]!
      for (let k = 0; k < width; k++) {
        const value = targetOf(context, row, k)
        const others = Math.max(1, order.length - 1)
        const prior = before === 0 ? (totals[k]! - value) / others : all[k]! / before
        const sum = sums[place * width + k]! + smoothing * prior
        encoded[row * width + k]! += sum / (rows[place]! + smoothing) / permutations
        sums[place * width + k]! += value
        all[k]! += value
      }
      rows[place]!++
    }
  }
  return { width, table: Float32Array.from(encoded) }
}

/**
 * Each value becomes the mean target of its rows, drawn towards the overall mean by `smoothing` rows of it (Micci-Barreca 2001).
 * The rows fitted on are encoded out of fold or in a drawn order: a row's own target never enters its feature.
 */
export const targetEncoder: Encoder<TargetState> = {
  stage: 'encode',
  name: 'target-encoder',
  summary:
    'The smoothed mean target of rows with the same value; on the training rows out of fold, or of the rows before.',
  accepts: LEVEL_KINDS,
  usesTarget: true,
  space: {
    smoothing: float(1e-3, 1e6, 10),
    training: choice(['folds', 'ordered']),
    folds: when('training', ['folds'], int(2, 50, 5)),
    permutations: when('training', ['ordered'], int(1, 32, 4)),
  },
  fit: (column, params, context) => fitted(column, Number(params.smoothing), context).state,
  fitApply(column, params, context) {
    const smoothing = Number(params.smoothing)
    const { state, places, table } = fitted(column, smoothing, context)
    const encoded =
      params.training === 'ordered'
        ? orderedMeans(
            places,
            state.levels.keys.length + 2,
            { smoothing, permutations: Number(params.permutations) },
            context,
          )
        : encodeOutOfFold(
            places,
            state.width,
            drawFolds(places.length, Number(params.folds), hashSeed(context.seed, 'target-encoder')),
            table,
          )
    return { state, features: rowFeatures(nameOf(column), encoded) }
  },
  apply: (column, state) => rowFeatures(nameOf(column), lookUp(placesOf(column, state.levels), state)),
  emit: (state, graph, input) =>
    emitLookUp(state, graph, graph.op('Add', [emitLevels(state.levels, graph, input), graph.i64(2)])),
}

const nameOf = ({ name }: Column) => `${name} target mean`

const placesOf = (column: Column, levels: Levels): Int32Array =>
  levelRows(asLevelColumn(column), levels).map(level => level + 2)

function fitted(column: Column, smoothing: number, context: TransformContext) {
  const { levels } = countLevels(asLevelColumn(column))
  const places = placesOf(column, levels)
  const table = (use: (row: number) => boolean) =>
    smoothedMeans(places, levels.keys.length + 2, smoothing, context, use)
  const state: TargetState = { levels, width: targetWidth(context), table: table(() => true) }
  return { state, places, table }
}
