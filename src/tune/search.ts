import { metrics, type MetricName } from '../metrics/index.ts'
import { defaults, type Params } from '../params/space.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { calibrated, createSchedule, type Estimate } from './costs.ts'
import { promotions, type Resource } from './fidelity.ts'
import { chooseLearner, givenUp, type Contestant } from './learners.ts'
import {
  follow,
  fullest,
  trialsOf,
  type Followed,
  type ObservedTrial,
  type Proposal,
  type Searchable,
} from './observed.ts'
import { propose } from './propose.ts'
import { isScored, paramsKey, WAITING } from './sampler.ts'
import type { SamplerName } from './samplers/index.ts'
import { mean, median } from './statistics.ts'

export interface SearchOptions<C extends Searchable = Searchable> {
  /** In the order of the plan. */
  readonly candidates: readonly C[]
  readonly seed: number
  readonly objective: MetricName
  /** Trials per synchronous generation, the same whatever the number of workers. */
  readonly generation: number
  /** Of a whole trial (all its folds) on one worker. */
  readonly expectedSeconds: Estimate<C>
  /** Share of a candidate's first trial for which there must be time; a tenth unless given. */
  readonly leastShare?: (candidate: C) => number
  /** One sampler for all; otherwise a mix of TPE, local search and Sobol points. */
  readonly sampler?: SamplerName
  /** Shares of a whole trial to begin with and go up to, ascending, the last 1: multi-fidelity. Every trial is whole unless given. */
  readonly shares?: readonly number[]
  /** What they are shares of, undefined where trials of a candidate are always whole; rows unless given. */
  readonly resourceOf?: (candidate: C) => Resource | undefined
  /** Trials without improvement after which the search has converged; 100 unless given. */
  readonly patience?: number
}

export interface Remaining {
  readonly trials: number
  /** Wall seconds left for trials. When given, recorded seconds correct the estimates. */
  readonly seconds?: number
  /** Trials that run side by side; used only with `seconds`. */
  readonly workers?: number
  /** No trial runs longer than this: it ends with what it has; used only with `seconds`. */
  readonly longestSeconds?: number
}

export interface Search {
  /** The next generation; empty when there is nothing left worth trying. */
  next(history: readonly ObservedTrial[], remaining?: Remaining): readonly Proposal[]
  /** Why the next generation is empty, in a sentence for people; undefined while the search goes on. */
  stopReason(history: readonly ObservedTrial[], remaining?: Remaining): string | undefined
}

const PATIENCE = 100
/** Of a first trial of a candidate so much must fit into the time for one trial, of later ones so much. */
const SOME_OF_A_TRIAL = 0.1
const MOST_OF_A_TRIAL = 0.5
/** Of the time left on all workers a recommendation may take so much: what is recommended to all tables must leave time to try others. */
const RECOMMENDED_SHARE = 1 / 12
/** A trial that takes no longer learns from all rows, whatever the fidelity. */
const QUICK_SECONDS = 2
const SAME = 1e-6 // relative change of the best score that is no improvement

/**
 * Which trials come next: the defaults of every candidate, cheapest expected first, so that a model exists
 * soon; then what is recommended; then candidates by estimated cost of improvement and their params by samplers. A pure function of
 * options and history: a stopped search goes on as if it had not been stopped.
 */
export function createSearch<C extends Searchable>(options: SearchOptions<C>): Search {
  const plan = (
    history: readonly ObservedTrial[],
    remaining: Remaining = { trials: Infinity },
  ): Generation => {
    const trials = follow(options.candidates, history, options.objective)
    const stop = stopReasonOf(options, trials, remaining)
    return stop === undefined ? generationOf(options, trials, remaining) : { proposals: [], stop }
  }
  return {
    next: (history, remaining) => plan(history, remaining).proposals,
    stopReason: (history, remaining) => plan(history, remaining).stop,
  }
}

interface Generation {
  readonly proposals: readonly Proposal[]
  readonly stop?: string
}

function stopReasonOf<C extends Searchable>(
  options: SearchOptions<C>,
  trials: readonly Followed[],
  { trials: left }: Remaining,
): string | undefined {
  if (left <= 0) return 'every trial asked for has run'
  if (pendingStarts(options, trials).some(({ order }) => order === 0)) return undefined
  const { best, direction } = metrics[options.objective]
  const perfect = direction === 'maximize' ? best : -best
  if (trials.some(trial => isScored(trial) && trial.score === perfect))
    return 'the best possible score was reached'
  const vain = trialsSinceBest(trials)
  if (vain >= (options.patience ?? PATIENCE)) return `${vain} trials in a row brought no improvement`
  return undefined
}

function trialsSinceBest(trials: readonly Followed[]): number {
  let best = -Infinity
  let since = 0
  for (const trial of trials) {
    since++
    if (!isScored(trial) || trial.score - best <= SAME * Math.abs(best)) continue
    best = trial.score
    since = 0
  }
  return since
}

/** What is tried before the search: the defaults of all candidates, cheapest expected first, then plan order; then what is recommended. */
export const startsInOrder = <C extends Searchable>(candidates: readonly C[], seconds: Estimate<C>) =>
  candidates
    .flatMap(candidate =>
      [{ order: 0, params: defaults(candidate.space) }, ...(candidate.starts ?? [])].map(
        ({ order, params }) => ({ candidate, params, order, seconds: seconds(candidate, params) }),
      ),
    )
    .sort((a, b) => a.order - b.order || a.seconds - b.seconds)

/** Starts not tried yet. */
function pendingStarts<C extends Searchable>(options: SearchOptions<C>, trials: readonly Followed[]) {
  const triedBy = new Map(
    options.candidates.map(candidate => [
      candidate.name,
      new Set(trialsOf(trials, candidate).map(({ params }) => paramsKey(params))),
    ]),
  )
  return startsInOrder(options.candidates, options.expectedSeconds).filter(
    ({ candidate, params }) => !triedBy.get(candidate.name)!.has(paramsKey(params)),
  )
}

function generationOf<C extends Searchable>(
  options: SearchOptions<C>,
  ended: readonly Followed[],
  remaining: Remaining,
): Generation {
  const timed = remaining.seconds !== undefined
  const longest = remaining.longestSeconds ?? Infinity
  const expected = calibrated(options.expectedSeconds, options.candidates, ended)
  /** What a trial takes, cut short if need be; never fits when less than `share` of it could be done. */
  const withAtLeast =
    (share: number | ((candidate: C) => number)): Estimate<C> =>
    (candidate, params, fidelity) => {
      if (!timed) return options.expectedSeconds(candidate, params, fidelity)
      const whole = expected(candidate, params, fidelity)
      const least = typeof share === 'number' ? share : share(candidate)
      return longest < least * whole ? Infinity : Math.min(longest, whole)
    }
  const seconds = withAtLeast(MOST_OF_A_TRIAL)
  const cost = withAtLeast(0)
  const startSeconds = withAtLeast(options.leastShare ?? SOME_OF_A_TRIAL)
  const dearest =
    RECOMMENDED_SHARE * (remaining.seconds ?? Infinity) * (remaining.workers ?? options.generation)
  const schedule = createSchedule(remaining.seconds ?? Infinity, remaining.workers ?? options.generation)
  const trials = [...ended]
  const proposals: Proposal[] = []
  const resourceOf = options.resourceOf ?? (() => 'rows')
  const add = (candidate: C, params: Params, share: number) => {
    trials.push({ candidate: candidate.name, params, state: WAITING, share })
    const part = resourceOf(candidate) === 'steps' ? { stepShare: share } : { rowShare: share }
    proposals.push({ candidate: candidate.name, params, ...(share < 1 && part) })
  }
  const size = Math.min(options.generation, remaining.trials)
  const { shares = [1] } = options
  /** What learns quickly is whole at once. */
  const firstShare = (candidate: C, params: Params): number =>
    options.expectedSeconds(candidate, params) <= QUICK_SECONDS || resourceOf(candidate) === undefined
      ? 1
      : shares[0]!

  for (const { trial, share } of promotions(ended, shares)) {
    if (proposals.length === size) break
    const candidate = options.candidates.find(({ name }) => name === trial.candidate)!
    if (schedule.take(seconds(candidate, trial.params, share))) add(candidate, trial.params, share)
  }

  for (const { candidate, params, order } of pendingStarts(options, trials)) {
    if (proposals.length === size) break
    // Whatever the time left, something must be tried: an experiment without a model is worth nothing.
    const first = trials.length === 0
    const share = firstShare(candidate, params)
    const needed = (order === 0 ? startSeconds : seconds)(candidate, params, share)
    if (order > 0 && needed > dearest) continue
    if (schedule.take(needed) || first) add(candidate, params, share)
  }

  let tooLong = pendingStarts(options, trials).length > 0
  let open = options.candidates.filter(candidate => trialsOf(ended, candidate).length > 0)
  while (proposals.length < size && open.length > 0) {
    const rng = createRng(hashSeed(options.seed, 'trial', trials.length))
    const candidate = open[chooseLearner(contestantsOf(open, trials, cost, timed), rng)]!
    const own = fullest(trialsOf(trials, candidate))
    const fits = (drawn: Params) => schedule.take(seconds(candidate, drawn, firstShare(candidate, drawn)))
    const { params, usedUp } = givenUp(own)
      ? { params: undefined, usedUp: true }
      : propose(candidate.space, own, rng, options.sampler, fits)
    if (params) add(candidate, params, firstShare(candidate, params))
    else open = open.filter(other => other !== candidate)
    tooLong ||= !usedUp && !params
  }
  if (proposals.length > 0) return { proposals }
  return {
    proposals,
    stop: tooLong ? 'no trial fits into the time left' : 'every combination of parameters has been tried',
  }
}

/** Costs in the unit of the budget: seconds when time is limited; otherwise a trial, dearer when slower than most. */
function contestantsOf<C extends Searchable>(
  open: readonly C[],
  trials: readonly Followed[],
  seconds: Estimate<C>,
  timed: boolean,
): Contestant[] {
  const typical = median(open.map(candidate => seconds(candidate, defaults(candidate.space))))
  const cost = timed
    ? seconds
    : (candidate: C, params: Params, share?: number) =>
        1 + (typical > 0 ? seconds(candidate, params, share) / typical : 0)
  return open.map(candidate => {
    const own = trialsOf(trials, candidate)
    const costs = own.map(({ params, share }) => cost(candidate, params, share))
    return { trials: own, costs, nextCost: mean(costs) }
  })
}
