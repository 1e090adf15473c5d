import type { DatasetShape } from '../algorithm.ts'

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
const CELL_COST = 0.7e-9 // seconds per cell and level
const ROW_COST = 12e-9 // seconds per row and tree: gradients, partition, scores
const SCAN_COST = 2.5e-9 // seconds per histogram entry: clearing, subtracting, scanning

/** Seconds of boosting: binning, then per tree the histograms of about half the rows at each level, and the scans of every leaf. */
export function boostingSeconds({ rows, features, classes, task }: DatasetShape, cost: BoostingCost): number {
  const trees = cost.rounds * (task === 'multiclass' ? classes : 1)
  const used = features * cost.featureShare
  const leaves = Math.min(cost.leaves, rows)
  const levels = 1 + Math.log2(leaves) / 2
  const perTree =
    rows * cost.rowShare * (used * levels * CELL_COST + Math.log2(leaves) * ROW_COST) +
    leaves * used * 256 * SCAN_COST
  return rows * features * BIN_COST + trees * perTree
}
