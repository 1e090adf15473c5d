import type { Dataset } from '../data/dataset.ts'
import type { Scored } from '../metrics/metric.ts'
import { segmentsOf } from './segments.ts'

/** Rows with something in common, and how a model does on them. */
export interface Slice {
  readonly column: string
  readonly where: string
  /** Places in the scored rows. */
  readonly rows: readonly number[]
  /** Mean loss there and over all rows. */
  readonly loss: number
  readonly whole: number
  /** By how many standard errors the loss there is above the loss elsewhere. */
  readonly z: number
}

const LEAST_ROWS = 20
const LEAST_SHARE = 0.01
const SURE = 2 // standard errors

/** −ln of the probability given to the true class, at most −ln 10⁻⁶; or the squared error. */
export function rowLosses({ task, target, outputs, width }: Scored): Float64Array {
  return target.map((truth, row) =>
    task === 'regression'
      ? (outputs[row]! - truth) ** 2
      : -Math.log(Math.max(1e-6, outputs[row * width + truth]!)),
  )
}

/**
 * Parts of the table where a model does clearly worse than elsewhere (after Chung et al. 2019, Slice Finder, for single columns):
 * Welch's test of the losses inside and outside, worst first. `rows`: of the table, in the order of the scored rows.
 */
export function weakestSlices(dataset: Dataset, rows: Int32Array, scored: Scored, limit: number): Slice[] {
  const losses = rowLosses(scored)
  const count = losses.length
  const sum = losses.reduce((total, loss) => total + loss, 0)
  const squares = losses.reduce((total, loss) => total + loss * loss, 0)
  const least = Math.max(LEAST_ROWS, LEAST_SHARE * count)
  const found: Slice[] = []
  for (const column of dataset.columns) {
    for (const { where, rows: inside } of segmentsOf(column, rows)) {
      const outside = count - inside.length
      if (inside.length < least || outside < least) continue
      const part = inside.reduce((total, row) => total + losses[row]!, 0)
      const partSquares = inside.reduce((total, row) => total + losses[row]! ** 2, 0)
      const here = moments(part, partSquares, inside.length)
      const there = moments(sum - part, squares - partSquares, outside)
      const error = Math.sqrt(here.variance / inside.length + there.variance / outside)
      const z = error > 0 ? (here.mean - there.mean) / error : 0
      if (z >= SURE) found.push({ column: column.name, where, rows: inside, loss: here.mean, whole: sum / count, z }) // prettier-ignore
    }
  }
  return found.sort((a, b) => b.z - a.z).slice(0, limit)
}

function moments(sum: number, squares: number, count: number): { mean: number; variance: number } {
  const mean = sum / count
  return { mean, variance: Math.max(0, squares - count * mean * mean) / Math.max(1, count - 1) }
}

/** The rows with the greatest loss, greatest first: places in the scored rows. */
export function worstRows(scored: Scored, limit: number): number[] {
  const losses = rowLosses(scored)
  return Array.from(losses.keys())
    .sort((a, b) => losses[b]! - losses[a]! || a - b)
    .slice(0, limit)
}
