import { trialKey, type Followed } from './observed.ts'
import { promote, rungs } from './pruners/halving.ts'
import { isScored } from './sampler.ts'

/** Each rung has so many times the rows of the one below, and one in so many trials goes up. */
export const ETA = 4
/** Fewer rows say little about more. */
const LEAST_ROWS = 2000
const MOST_RUNGS = 3

/** What a trial of little cost has less of: rows to learn from, or steps (rounds, epochs, trees). */
export type Resource = 'rows' | 'steps'

/** Shares of the training rows, ascending, the last 1: just that for a table that is small already. */
export function rowShares(rows: number): readonly number[] {
  const sizes = rungs(LEAST_ROWS, Math.max(LEAST_ROWS, rows), ETA).slice(-MOST_RUNGS)
  return sharesOf(sizes.length)
}

/** Shares of the steps, ascending, the last 1. */
export const STEP_SHARES = sharesOf(MOST_RUNGS)

/** Of so many rungs. */
function sharesOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => ETA ** (i - count + 1))
}

export interface Promotion {
  readonly trial: Followed
  /** Share it is tried with next. */
  readonly share: number
}

/**
 * Successive halving, asynchronous over generations (Jamieson & Talwalkar 2016; Li et al. 2020): of all trials with the same share
 * of the rows (or steps) the best in four are tried with four times as many. The fullest rungs come first. Those that wait count as tried.
 */
export function promotions(trials: readonly Followed[], shares: readonly number[]): Promotion[] {
  const tried = new Set(trials.map(trialKey))
  return shares
    .slice(0, -1)
    .map((low, rung) => {
      const here = trials.filter(trial => trial.share === low && isScored(trial))
      const share = shares[rung + 1]!
      return promote(
        here.map(({ score }) => score!),
        ETA,
      )
        .map(position => ({ trial: here[position]!, share }))
        .filter(({ trial }) => !tried.has(trialKey({ ...trial, share })))
        .sort((a, b) => b.trial.score! - a.trial.score!)
    })
    .reverse()
    .flat()
}
