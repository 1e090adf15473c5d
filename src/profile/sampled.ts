import type { Dataset } from '../data/dataset.ts'
import { takeRows } from '../data/dataset.ts'
import type { MadeTarget } from '../data/target.ts'
import { hashSeed } from '../util/rng.ts'
import { evenRows } from './even-rows.ts'
import type { ColumnProfile, DatasetProfile, NumericSummary } from './profile.ts'

/** Statistics are exact up to here; of more rows, this many are looked at. */
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

/** Counts of a sample as estimates for the whole table; shares stay as they are. */
export function scaleUp(profile: DatasetProfile, { rows }: SampledTable, total: number): DatasetProfile {
  const factor = total / rows.length
  const scale = (count: number) => Math.round(count * factor)
  const column = (told: ColumnProfile): ColumnProfile => ({
    ...told,
    missing: scale(told.missing),
    distinctExact: false,
    top: told.top.map(({ value, count }) => ({ value, count: scale(count) })),
    ...(told.numeric && { numeric: scaleNumbers(told.numeric, scale) }),
  })
  return {
    ...profile,
    rows: total,
    columns: profile.columns.map(column),
    duplicateRows: scale(profile.duplicateRows),
    ...(profile.conflicts && { conflicts: { ...profile.conflicts, rows: scale(profile.conflicts.rows) } }),
    ...(profile.targetOutliers && {
      targetOutliers: {
        ...profile.targetOutliers,
        rows: profile.targetOutliers.rows.map(item => ({ ...item, row: rows[item.row]! })),
      },
    }),
    ...(profile.anomalies && {
      anomalies: {
        ...profile.anomalies,
        rows: profile.anomalies.rows.map(item => ({ ...item, row: rows[item.row]! })),
      },
    }),
    // Two standard errors of a share of one half.
    sampled: { rows: rows.length, of: total, shareError: 1 / Math.sqrt(rows.length) },
  }
}

const scaleNumbers = (numeric: NumericSummary, scale: (count: number) => number): NumericSummary => ({
  ...numeric,
  count: scale(numeric.count),
  histogram: numeric.histogram.map(bin => ({ ...bin, count: scale(bin.count) })),
})
