import { InputError } from '../util/errors.ts'
import { count } from '../util/text.ts'
import type { Folds } from './folds.ts'

/** The last fifth of the moments is the holdout. */
const HOLDOUT_SHARE = 0.2

/**
 * The past predicts the future. One fold: the last fifth is held out. More: the second half is cut into as many pieces, each
 * predicted from everything before it. Rows of one moment are never on both sides; rows without a moment are only trained on.
 *
 *     | train                  | fold 0 |
 *     | train                           | fold 1 |
 */
export function forwardFolds(time: Float64Array, folds: number): Folds {
  const known: number[] = []
  const unknown: number[] = []
  time.forEach((moment, row) => (Number.isNaN(moment) ? unknown : known).push(row))
  known.sort((a, b) => time[a]! - time[b]! || a - b)
  const first = folds === 1 ? 1 - HOLDOUT_SHARE : 0.5
  const cuts = Array.from({ length: folds + 1 }, (_, i) =>
    startOfMoment(known, time, Math.round(known.length * (first + ((1 - first) * i) / folds))),
  )
  const pieces = cuts.slice(0, -1).flatMap((from, i) => {
    const to = cuts[i + 1]!
    if (from === 0 || to <= from) return []
    return [
      {
        train: ascending([...known.slice(0, from), ...unknown]),
        validation: ascending(known.slice(from, to)),
      },
    ]
  })
  if (pieces.length === 0) {
    throw new InputError(
      'E_TOO_FEW_MOMENTS',
      `the time column has too few different moments among ${count(time.length)} rows to hold the last ones out; choose another column`,
    )
  }
  const kind = folds === 1 ? 'holdout' : 'k-fold'
  const reason =
    kind === 'holdout'
      ? `${count(time.length)} rows in order of time: the last fifth is held out`
      : `${count(time.length)} rows in order of time: ${pieces.length} folds, each predicted from the rows before it`
  return { kind, reason, forward: true, folds: pieces }
}

/** The first position at or after `at` where a new moment begins. */
function startOfMoment(rows: readonly number[], time: Float64Array, at: number): number {
  let cut = at
  while (cut > 0 && cut < rows.length && time[rows[cut]!] === time[rows[cut - 1]!]) cut++
  return cut
}

const ascending = (rows: readonly number[]): Int32Array => Int32Array.from(rows).sort()
