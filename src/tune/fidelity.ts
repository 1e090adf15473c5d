import { trialKey, type Followed } from './observed.ts'
import { promote, rungs } from './pruners/halving.ts'
import { isScored } from './sampler.ts'

/** Each rung has so many times the rows of the one below, and one in so many trials goes up. */
export const ETA = 4
/** Fewer rows say little about more. */
const LEAST_ROWS = 2000
const MOST_RUNGS = 3

/** Shares of the training rows, ascending, the last 1: just that for a table that is small already. */
export function rowShares(rows: number): readonly number[] {
  const sizes = rungs(LEAST_ROWS, Math.max(LEAST_ROWS, rows), ETA).slice(-MOST_RUNGS)
  return sizes.map((_, i) => ETA ** (i - sizes.length + 1))
}

export interface Promotion {
  readonly trial: Followed
  /** Share of the rows it is tried with next. */
  readonly rowShare: number
}

/**
 * Successive halving, asynchronous over generations (Jamieson & Talwalkar 2016; Li et al. 2020): of all trials with the same share of
 * the rows the best in four are tried with four times as many. The fullest rungs come first. Those that wait count as tried.
 */
export function promotions(trials: readonly Followed[], shares: readonly number[]): Promotion[] {
  const tried = new Set(trials.map(trialKey))
  return shares
    .slice(0, -1)
    .map((share, rung) => {
      const here = trials.filter(trial => trial.rowShare === share && isScored(trial))
      const rowShare = shares[rung + 1]!
      return promote(
        here.map(({ score }) => score!),
        ETA,
      )
        .map(position => ({ trial: here[position]!, rowShare }))
        .filter(({ trial }) => !tried.has(trialKey({ ...trial, rowShare })))
        .sort((a, b) => b.trial.score! - a.trial.score!)
    })
    .reverse()
    .flat()
}
