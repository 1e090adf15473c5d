import type { Column, Task } from '../data/dataset.ts'
import { choice, float, int, when } from '../params/space.ts'
import type { Params } from '../params/space.ts'
import { InputError } from '../util/errors.ts'
import { hashSeed } from '../util/rng.ts'
import { quoted } from '../util/text.ts'
import type { BinEdges, Binning } from './bins.ts'
import { binEdges, binRows, BINNINGS, emitBins } from './bins.ts'
import type { Levels } from './levels.ts'
import { asLevelColumn, countLevels, emitLevels, LEVEL_KINDS, levelRows } from './levels.ts'
import { float32Values } from './robust-imputer.ts'
import type { LookupTable } from './tables.ts'
import { emitLookUp, lookUp, rowFeatures } from './tables.ts'
import { drawFolds, encodeOutOfFold } from './target-statistics.ts'
import type { Encoder, TransformContext } from './transform.ts'

type Cells = Levels | { readonly kind: 'bins'; readonly edges: BinEdges }

/** The table has one number per cell, or one per class when there are more than two. */
interface WoeState extends LookupTable {
  readonly cells: Cells
}

interface Smoothing {
  readonly alpha: number
  /** Whether every cell is smoothed, or only those that lack rows of a class. */
  readonly laplace: boolean
}

const TASKS: readonly Task[] = ['binary', 'multiclass']

/** ln of the share of all wanted rows that lie in a cell, over the share of all other rows. */
function weight(
  wanted: number,
  others: number,
  all: { wanted: number; others: number },
  cells: number,
  { alpha, laplace }: Smoothing,
): number {
  if (wanted + others === 0 || all.wanted === 0 || all.others === 0) return 0
  if (laplace) {
    const most = alpha * cells
    return Math.log((wanted + alpha) / (all.wanted + most)) - Math.log((others + alpha) / (all.others + most))
  }
  const added = wanted === 0 || others === 0 ? alpha : 0
  return Math.log((wanted + added) / all.wanted) - Math.log((others + added) / all.others)
}

function weights(
  place: Int32Array,
  places: number,
  { task, classes, target }: TransformContext,
  smoothing: Smoothing,
  use: (row: number) => boolean,
): Float32Array {
  const counts = new Float64Array(places * classes)
  const perClass = new Float64Array(classes)
  let total = 0
  for (let row = 0; row < place.length; row++) {
    if (!use(row)) continue
    total++
    perClass[target[row]!]!++
    counts[place[row]! * classes + target[row]!]!++
  }
  const wantedClasses = task === 'binary' ? [1] : Array.from({ length: classes }, (_, k) => k)
  const rows = Float64Array.from({ length: places }, (_, at) => {
    let sum = 0
    for (let k = 0; k < classes; k++) sum += counts[at * classes + k]!
    return sum
  })
  const filled = rows.filter(count => count > 0).length
  const table = new Float32Array(places * wantedClasses.length)
  for (let at = 0; at < places; at++) {
    for (const [k, wantedClass] of wantedClasses.entries()) {
      const wanted = counts[at * classes + wantedClass]!
      const all = { wanted: perClass[wantedClass]!, others: total - perClass[wantedClass]! }
      table[at * wantedClasses.length + k] = weight(wanted, rows[at]! - wanted, all, filled, smoothing)
    }
  }
  return table
}

/**
 * Weight of evidence (Good 1950; Siddiqi 2006, ch. 6): each value becomes ln( P(value | class 1) / P(value | not class 1) ), how
 * much it speaks for class 1; one feature per class when there are more than two. Unseen values say nothing: 0. Missing is a
 * value like others. Numbers are binned first unless `binning` is none. The rows fitted on are encoded out of fold.
 */
export const woeEncoder: Encoder<WoeState> = {
  stage: 'encode',
  name: 'woe-encoder',
  summary:
    'How much each value speaks for a class (weight of evidence), out of fold on the training rows; for classification.',
  accepts: LEVEL_KINDS,
  usesTarget: true,
  tasks: TASKS,
  space: {
    binning: choice(['quantile', 'none', 'uniform', 'kmeans']),
    n_bins: when('binning', ['quantile', 'uniform', 'kmeans'], int(2, 256, 10)),
    alpha: float(1e-6, 1e6, 0.5),
    laplace: choice([false, true]),
    folds: int(2, 50, 5),
  },
  fit: (column, params, context) => fitted(column, params, context).state,
  fitApply(column, params, context) {
    const { state, place, table } = fitted(column, params, context)
    const folds = drawFolds(place.length, Number(params.folds), hashSeed(context.seed, 'woe-encoder'))
    const encoded = encodeOutOfFold(place, state.width, folds, table)
    return { state, features: rowFeatures(nameOf(column), encoded) }
  },
  apply: (column, state) => rowFeatures(nameOf(column), lookUp(placesOf(column, state.cells), state)),
  emit(state, graph, input) {
    const { cells } = state
    const cell = cells.kind === 'bins' ? emitBins(cells.edges, graph, input) : emitLevels(cells, graph, input)
    return emitLookUp(state, graph, graph.op('Add', [cell, graph.i64(2)]))
  },
}

const nameOf = ({ name }: Column) => `${name} weight of evidence`

function cellsOf(column: Column, { binning, n_bins }: Params): Cells {
  if (column.kind !== 'numeric' || binning === 'none') return countLevels(asLevelColumn(column)).levels
  const values = float32Values(column.values, NaN).filter(value => !Number.isNaN(value))
  const way = Object.hasOwn(BINNINGS, String(binning)) ? (binning as Binning) : 'quantile'
  return { kind: 'bins', edges: binEdges(values, Number(n_bins), way) }
}

/** The row of the table that each row looks up. */
function placesOf(column: Column, cells: Cells): Int32Array {
  const found =
    cells.kind === 'bins' && column.kind === 'numeric'
      ? binRows(column.values, cells.edges)
      : levelRows(asLevelColumn(column), cells as Levels)
  return found.map(cell => cell + 2)
}

function fitted(column: Column, params: Params, context: TransformContext) {
  if (!TASKS.includes(context.task)) {
    throw new InputError(
      'E_WRONG_TASK',
      `column ${quoted(column.name)}: transform "woe-encoder" is for ${TASKS.join(' or ')}, and this is ${context.task}; use "target-encoder" instead`,
    )
  }
  const cells = cellsOf(column, params)
  const count = (cells.kind === 'bins' ? cells.edges.length + 1 : cells.keys.length) + 2
  const place = placesOf(column, cells)
  const smoothing = { alpha: Number(params.alpha), laplace: params.laplace === true }
  const table = (use: (row: number) => boolean) => weights(place, count, context, smoothing, use)
  const width = context.task === 'binary' ? 1 : context.classes
  return { state: { cells, width, table: table(() => true) }, place, table }
}
