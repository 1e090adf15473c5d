import type { Column } from '../data/dataset.ts'
import { evaluate } from '../metrics/index.ts'
import type { Scored } from '../metrics/metric.ts'
import { takeScored } from './resample.ts'
import { segmentsOf } from './segments.ts'

/** How a model treats the rows of one group. Rates are shares of rows, absent where there is no row to count. */
export interface GroupRates {
  readonly group: string
  readonly rows: number
  readonly accuracy?: number
  /** Two classes: called positive; of positives; of negatives. */
  readonly selected?: number
  readonly truePositive?: number
  readonly falsePositive?: number
  /** Numbers: root mean squared error, and mean of predicted less actual. */
  readonly rmse?: number
  readonly bias?: number
}

export interface Fairness {
  readonly groups: readonly GroupRates[]
  /** Lowest share of positive answers over the highest (disparate impact; the four-fifths rule asks for 0.8). */
  readonly impact?: number
  /** Largest difference of true positive rates (equal opportunity) and of either rate (equalised odds). */
  readonly opportunity?: number
  readonly odds?: number
}

/** Groups of fewer rows say too little to compare. */
const LEAST_ROWS = 20

/** Rates of a model on held-out rows by the values of one column. `rows`: of the table, in the order of the scored rows. */
export function fairnessBy(column: Column, rows: Int32Array, scored: Scored): Fairness {
  const groups = segmentsOf(column, rows)
    .filter(segment => segment.rows.length >= LEAST_ROWS)
    .map(({ where, rows: kept }) => ratesOf(where, takeScored(scored, kept)))
  const selected = known(groups.map(group => group.selected))
  const truePositive = known(groups.map(group => group.truePositive))
  const falsePositive = known(groups.map(group => group.falsePositive))
  if (scored.task !== 'binary') return { groups }
  const top = Math.max(...selected)
  return {
    groups,
    ...(selected.length > 1 && top > 0 && { impact: Math.min(...selected) / top }),
    ...(truePositive.length > 1 && { opportunity: spread(truePositive) }),
    ...(truePositive.length > 1 &&
      falsePositive.length > 1 && { odds: Math.max(spread(truePositive), spread(falsePositive)) }),
  }
}

const known = (values: readonly (number | undefined)[]): number[] =>
  values.filter(value => value !== undefined)
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

function ratesOf(group: string, scored: Scored): GroupRates {
  const { task, target, outputs } = scored
  const rows = target.length
  const values = evaluate(scored)
  if (task === 'regression') {
    const bias = target.reduce((sum, truth, row) => sum + (outputs[row]! - truth) / rows, 0)
    return { group, rows, ...(values.RMSE !== undefined && { rmse: values.RMSE }), bias }
  }
  const accuracy = values.Accuracy !== undefined && { accuracy: values.Accuracy }
  if (task === 'multiclass') return { group, rows, ...accuracy }
  const counts = { positives: 0, selected: 0, hits: 0 }
  for (let row = 0; row < rows; row++) {
    const isCalled = outputs[2 * row + 1]! > outputs[2 * row]!
    if (isCalled) counts.selected++
    if (target[row] === 1) counts.positives++
    if (isCalled && target[row] === 1) counts.hits++
  }
  const negatives = rows - counts.positives
  return {
    group,
    rows,
    ...accuracy,
    selected: counts.selected / rows,
    ...(counts.positives > 0 && { truePositive: counts.hits / counts.positives }),
    ...(negatives > 0 && { falsePositive: (counts.selected - counts.hits) / negatives }),
  }
}
