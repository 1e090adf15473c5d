import type { Params } from '../params/space.ts'
import { trialsOf, type Followed, type Searchable } from './observed.ts'
import { isScored, PRUNED } from './sampler.ts'

const POOLED_WEIGHT = 2 // trials a candidate's own ratio needs to count as much as that of all
const DISPATCH_SECONDS = 0.05 // of any trial, however small

/** Of a trial that learns from this share of the training rows, or takes this share of its steps; of a whole one unless said. */
export type Estimate<C extends Searchable> = (candidate: C, params: Params, share?: number) => number

/**
 * Expected seconds, corrected by how long trials took: the geometric mean of taken / expected over the
 * candidate's trials, drawn towards that of all trials. For runs with a time budget only: clocks differ
 * from run to run, and without a budget the plan must not.
 */
export function calibrated<C extends Searchable>(
  expected: Estimate<C>,
  candidates: readonly C[],
  trials: readonly Followed[],
): Estimate<C> {
  const logs = new Map(
    candidates.map(candidate => [
      candidate.name,
      trialsOf(trials, candidate)
        .filter(trial => isScored(trial) && trial.state !== PRUNED && trial.seconds !== undefined)
        .map(trial => {
          const ratio =
            (trial.seconds! + DISPATCH_SECONDS) /
            (expected(candidate, trial.params, trial.share) + DISPATCH_SECONDS)
          // A trial that was cut short would have taken its expected time at least.
          return Math.log(trial.timeLimited ? Math.max(1, ratio) : ratio)
        }),
    ]),
  )
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  const all = [...logs.values()].flat()
  const pooled = all.length > 0 ? sum(all) / all.length : 0
  return (candidate, params, share) => {
    const own = logs.get(candidate.name) ?? []
    const log = (sum(own) + POOLED_WEIGHT * pooled) / (own.length + POOLED_WEIGHT)
    return (expected(candidate, params, share) + DISPATCH_SECONDS) * Math.exp(log)
  }
}

/** Where trials of a generation would end if given to workers in order; says no to one that would end too late. */
export interface Schedule {
  /** Takes the trial if it fits. */
  take(seconds: number): boolean
}

const CAUTION = 1.25 // an expected time may be short by this much

export function createSchedule(remainingSeconds: number, workers: number): Schedule {
  const busy = new Float64Array(workers)
  return {
    take(seconds) {
      const worker = busy.indexOf(Math.min(...busy))
      if (busy[worker] + seconds * CAUTION > remainingSeconds) return false
      busy[worker] += seconds
      return true
    },
  }
}
