import { algorithms } from '../algorithms/index.ts'
import type { AlgorithmRole } from '../algorithms/algorithm.ts'
import type { Candidate } from './candidate.ts'
import { step } from './groups.ts'

/** What learns well from answers of other models; nets and forests gain nothing that trees do not. */
const STACKED: readonly AlgorithmRole[] = ['boosting', 'linear']

const roleOf = (algorithm: string): AlgorithmRole | undefined =>
  algorithms.find(({ name }) => name === algorithm)?.role

/** Whether a learner above others reads the table beside their answers; see `stackedOn`. */
export const readsTable = (algorithm: string): boolean => roleOf(algorithm) !== 'linear'

/** The candidates that are tried once more above others: the first of every learner that learns well from answers. */
export const stackable = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.filter(
    (candidate, i) =>
      STACKED.includes(roleOf(candidate.algorithm)!) &&
      candidates.findIndex(({ algorithm }) => algorithm === candidate.algorithm) === i,
  )

/**
 * A candidate above others, whose answers are `columns`: trees read them beside the table; a linear model reads them alone, for with
 * the table beside it could compute from out-of-fold answers the very targets that were held out (stacked overfitting).
 */
export function stackedOn(candidate: Candidate, columns: readonly string[]): Candidate {
  const group = {
    name: 'stack',
    reason: 'Answers of other trials for rows they did not learn from.',
    columns,
    encode: [step('robust-imputer', { strategy: 'median' })],
    then: [],
  }
  return readsTable(candidate.algorithm)
    ? { ...candidate, groups: [...candidate.groups, group] }
    : { ...candidate, groups: [group], merged: [step('robust-standard-scaler')] }
}
