import type { Dataset } from '../data/dataset.ts'
import { takeRows } from '../data/dataset.ts'
import type { MadeTarget } from '../data/target.ts'
import { hashSeed } from '../util/rng.ts'
import { evenRows } from './even-rows.ts'

/** All is exact up to here; of a longer table, what takes sorting or fitting is done on this many rows. */
export const MAX_EXACT_ROWS = 1_000_000

export interface SampledTable {
  readonly dataset: Dataset
  readonly made?: MadeTarget
  /** Row numbers of the whole table. */
  readonly rows: Int32Array
}

/** An even sample of a long table with its target; undefined when the table is short enough to be looked at whole. */
export function sampleTable(
  dataset: Dataset,
  made: MadeTarget | undefined,
  seed: number,
  limit = MAX_EXACT_ROWS,
): SampledTable | undefined {
  if (dataset.rows <= limit) return undefined
  const rows = evenRows(dataset.rows, limit, hashSeed(seed, 'sampled'))
  return {
    dataset: takeRows(dataset, rows),
    ...(made && { made: sampleTarget(made, rows) }),
    rows,
  }
}

/** Both lists of rows ascend: one walk along both. */
function sampleTarget(made: MadeTarget, rows: Int32Array): MadeTarget {
  const kept: number[] = []
  const values: number[] = []
  let at = 0
  rows.forEach((row, i) => {
    while (at < made.rows.length && made.rows[at]! < row) at++
    if (made.rows[at] !== row) return
    kept.push(i)
    values.push(made.target.values[at]!)
  })
  return {
    ...made,
    rows: Int32Array.from(kept),
    target: { ...made.target, values: Float64Array.from(values) },
  }
}
