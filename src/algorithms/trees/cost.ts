import type { DatasetShape } from '../algorithm.ts'
import { binsFor } from './bins.ts'
import { wantsVectors } from './boosting-settings.ts'

/** Rows of one node are counted in 24 bits. */
const MAX_ROWS = 2 ** 24 - 1

export const tooManyRows = ({ rows }: DatasetShape): string | undefined =>
  rows > MAX_ROWS ? `${rows} rows: a histogram counts at most ${MAX_ROWS}` : undefined

interface BoostingCost {
  readonly rounds: number
  readonly leaves: number
  readonly rowShare: number
  readonly featureShare: number
}

const BIN_COST = 14e-9 // seconds per cell
const COLUMN_COST = 40e-6 // seconds per column: finding its bins, and drawing it for trees
const CELL_COST = 0.7e-9 // seconds per cell and level; half as much again where rows are too wide for the caches
const WIDE = 128
const ROW_COST = 12e-9 // seconds per row and tree: gradients, partition, scores
const LEFT_OUT_COST = 150e-9 // seconds per row and tree it is not drawn for: the draw, and its walk down the tree
const CLASS_COST = 4e-9 // seconds per row, class and tree of vector leaves: gradients, sums, scores
const SCAN_COST = 5e-9 // seconds per histogram entry: clearing, subtracting, scanning

/** Seconds of boosting: binning, then per tree the histograms of about half the rows at each level, and the scans of every leaf. */
export function boostingSeconds({ rows, features, classes, task }: DatasetShape, cost: BoostingCost): number {
  const vectors = wantsVectors({ task, rows }, 'auto')
  const trees = cost.rounds * (task === 'multiclass' && !vectors ? classes : 1)
  const used = features * cost.featureShare
  const leaves = Math.max(2, Math.min(cost.leaves, rows / 4))
  const levels = 1 + Math.log2(leaves) / 2
  const cell = CELL_COST * (features > WIDE ? 1.5 : 1)
  const perTree =
    rows * cost.rowShare * (used * levels * cell + Math.log2(leaves) * ROW_COST) +
    rows * (1 - cost.rowShare) * LEFT_OUT_COST +
    (vectors ? rows * classes * CLASS_COST : 0) +
    leaves * used * binsFor(rows, features) * SCAN_COST
  return rows * features * BIN_COST + features * COLUMN_COST + trees * perTree
}

const MAX_CELLS = 3e9 // one byte each, of the 4 GB the kernels can address

export const tooManyCells = (shape: DatasetShape): string | undefined =>
  shape.rows * shape.features > MAX_CELLS
    ? `${shape.rows} rows × ${shape.features} features: a forest holds at most ${MAX_CELLS} cells`
    : tooManyRows(shape)

interface ForestCost {
  readonly trees: number
  readonly maxFeatures: string
  readonly minRows: number
  readonly maxDepth: number
}

const NODE_COST = 2e-6 // seconds per node besides its features
const FEATURE_COST = 0.25e-6 // seconds per node and feature looked at: clearing and scanning its bins

export function forestSeconds({ rows, features, task, classes }: DatasetShape, cost: ForestCost): number {
  const rule = cost.maxFeatures === 'auto' ? (task === 'regression' ? 'third' : 'sqrt') : cost.maxFeatures
  const shares = {
    sqrt: Math.sqrt(features),
    third: features / 3,
    'two-thirds': features / 1.5,
    all: features,
  }
  const looked = shares[rule as keyof typeof shares] ?? features
  const minRows = Math.max(cost.minRows, (rows * cost.trees) / 2e6)
  const leaves = Math.min(2 ** cost.maxDepth, rows / (2.5 * minRows))
  const levels = Math.min(cost.maxDepth, 1 + 1.4 * Math.log2(Math.max(2, leaves)))
  const perClass = 1 + (task === 'multiclass' ? classes / 4 : 0)
  const perTree =
    rows * 0.7 * levels * (6e-9 + looked * 2.5e-9) + leaves * (NODE_COST + looked * FEATURE_COST * perClass)
  return rows * features * BIN_COST + cost.trees * perTree
}
