import type { Rng } from '../util/rng.ts'
import { isScored, PRUNED, WAITING, type FinishedTrial } from './sampler.ts'
import { median } from './statistics.ts'

/** A candidate in the contest for the next trial. */
export interface Contestant {
  readonly trials: readonly FinishedTrial[]
  /** What each of `trials` cost, in the unit of the budget. */
  readonly costs: readonly number[]
  /** What the next trial is expected to cost. */
  readonly nextCost: number
}

const FIRST_GAIN = 0.1 // of the distance from the middle to the best, before any tuning has been seen
const MAX_FAILURES = 2 // without one success, before a candidate is given up

interface Progress {
  readonly best: number
  /** Best minus first score. */
  readonly gain: number
  readonly spent: number
  /** Spent since the best was found, and between the two last bests. */
  readonly sinceBest: number
  readonly betweenBests: number
}

function progressOf({ trials, costs }: Contestant): Progress | undefined {
  let best = -Infinity
  let first = NaN
  let spent = 0
  let bestAt = 0
  let previousAt = 0
  for (const [i, trial] of trials.entries()) {
    spent += costs[i]!
    if (!isScored(trial)) continue
    if (Number.isNaN(first)) first = trial.score
    if (trial.score > best) [best, previousAt, bestAt] = [trial.score, bestAt, spent]
  }
  if (best === -Infinity) return undefined
  return { best, gain: best - first, spent, sinceBest: spent - bestAt, betweenBests: bestAt - previousAt }
}

/** Whether a candidate has failed so often, without one success, that it gets no more trials. */
export const givenUp = (trials: readonly FinishedTrial[]) =>
  !trials.some(isScored) &&
  trials.filter(({ state }) => !['COMPLETE', PRUNED, WAITING].includes(state)).length > MAX_FAILURES

/**
 * Estimated cost of improvement of each contestant (after Wang, Wu, Weimer & Zhu 2021): what its last
 * improvement cost or what has been spent in vain since, and, for one behind the best of all, what closing
 * twice the gap would cost at the speed it has gained so far. Before it has gained anything it is credited
 * with the typical gain of tuning. One without any score counts its failures.
 */
export function improvementCosts(contestants: readonly Contestant[]): number[] {
  const progress = contestants.map(progressOf)
  const known = progress.filter(item => item !== undefined)
  if (known.length === 0) return contestants.map(({ nextCost, trials }) => nextCost * (1 + trials.length))
  const leader = Math.max(...known.map(({ best }) => best))
  const tuned = progress.filter(
    (item, i) => item !== undefined && contestants[i]!.trials.length > 2,
  ) as Progress[]
  const credit =
    tuned.length > 0
      ? median(tuned.map(({ gain }) => gain))
      : FIRST_GAIN * (leader - median(known.map(({ best, gain }) => best - gain)))
  return contestants.map(({ trials, nextCost }, i) => {
    const item = progress[i]
    if (!item) return nextCost * (1 + trials.length) ** 2
    const own = Math.max(item.sinceBest, item.betweenBests, nextCost)
    const gap = leader - item.best
    const speed = (item.gain + credit) / item.spent
    const catching = gap > 0 ? (speed > 0 ? (2 * gap) / speed : Infinity) : 0
    const failures = trials.length / trials.filter(isScored).length
    return Math.max(own, catching) * failures
  })
}

const FAIR_SHARE = 0.05 // of the draws, spread over all contestants: no estimate is certain

/** Draws a contestant with probability ∝ 1 / cost of improvement. */
export function chooseLearner(contestants: readonly Contestant[], rng: Rng): number {
  if (rng.next() < FAIR_SHARE) return rng.int(contestants.length)
  const weights = improvementCosts(contestants).map(cost => 1 / Math.max(cost, Number.MIN_VALUE))
  const total = weights.reduce((a, b) => a + b, 0)
  if (!(total > 0) || !Number.isFinite(total)) return rng.int(contestants.length)
  let left = rng.next() * total
  for (let i = 0; i < weights.length - 1; i++) if ((left -= weights[i]!) < 0) return i
  return weights.length - 1
}
