import { algorithms } from '../algorithms/index.ts'
import type { Candidate } from '../candidates/candidate.ts'
import { expectedMaking } from '../candidates/expected.ts'
import { stackable } from '../candidates/stack.ts'
import { defaults, type Params } from '../params/space.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { type Resource, rowShares, STEP_SHARES } from '../tune/fidelity.ts'
import { startsInOrder } from '../tune/search.ts'
import type { Prepared } from './prepare.ts'
import { canStack } from './stack.ts'
import type { ExperimentSpec } from './types.ts'

/** What expectations are made of. */
export type Sized = Pick<Prepared, 'target' | 'folds'> & {
  readonly profile: Pick<DatasetProfile, 'columnCount'> & Partial<Pick<DatasetProfile, 'columns'>>
}

/** Expected seconds of one trial, all its folds one after the other, on one core of an ordinary machine; of a `share` of it. */
export const expectedSeconds = (
  { target, folds, profile }: Sized,
  resource: (candidate: Candidate) => Resource | undefined = () => 'rows',
) => {
  const distinct = new Map(profile.columns?.map(column => [column.name, column.distinct]))
  const distinctOf = (name: string) => distinct.get(name) ?? Infinity
  return (candidate: Candidate, params: Params, share = 1): number => {
    const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
    const ofSteps = resource(candidate) === 'steps'
    const rows = Math.ceil((ofSteps ? 1 : share) * folds.folds[0]!.train.length)
    const { features, seconds } = expectedMaking(candidate, rows, distinctOf)
    const shape = { task: target.task, rows, features: Math.max(1, features), classes: target.classes.length }
    const whole = algorithm.expectedSeconds(shape, { ...candidate.static, ...params })
    const fit = ofSteps ? share * whole : whole
    return folds.folds.length * (fit + seconds)
  }
}

/** Of a worker before it holds any data. */
const BASE_BYTES = 250e6
/** Copies that dense learners make of their features, and that others make. */
const DENSE_COPIES = 3
const COPIES = 1.2

/** Bytes of memory a trial is expected to need, with what its worker needs to begin with. */
export const expectedBytes =
  ({ folds, profile }: Sized) =>
  (candidate: Candidate): number => {
    const { requires } = algorithms.find(({ name }) => name === candidate.algorithm)!
    const { train, validation } = folds.folds[0]!
    const rows = train.length + validation.length
    const columns = candidate.groups.reduce((sum, group) => sum + group.columns.length, 0)
    const copies = requires.includes('standardized') ? DENSE_COPIES : COPIES
    return BASE_BYTES + 4 * rows * profile.columnCount + 8 * copies * rows * columns
  }

const SOME_OF_A_TRIAL = 0.1
const NEARLY_ALL = 0.9

/** Share of a candidate's first trial for which there must be time. */
export const leastShare = (candidate: Candidate): number =>
  algorithms.find(({ name }) => name === candidate.algorithm)?.indivisible ? NEARLY_ALL : SOME_OF_A_TRIAL

/** Part of a budget that one trial of each of the quicker half of the candidates may take before rows are saved. */
const TRIED_SHARE = 0.75

/** What trials of a candidate may have less of; undefined where steps are asked for and its learner takes none. */
export const resourceOf =
  ({ fidelity = 'rows' }: Pick<ExperimentSpec, 'fidelity'>) =>
  (candidate: Candidate): Resource | undefined => {
    if (fidelity === 'rows') return 'rows'
    return algorithms.find(({ name }) => name === candidate.algorithm)?.takesSteps ? 'steps' : undefined
  }

/**
 * Shares of a whole trial, in rungs: just 1, unless the strategy is multi-fidelity, or was left open and the quicker candidates as
 * they stand would take most of the budget.
 */
export function sharesOf(
  {
    strategy = 'auto',
    fidelity,
    budgetSeconds = Infinity,
    workers,
  }: Pick<ExperimentSpec, 'strategy' | 'fidelity' | 'budgetSeconds' | 'workers'>,
  prepared: Sized & Pick<Prepared, 'candidates'>,
): readonly number[] {
  if (strategy === 'bayesian') return [1]
  const expected = expectedSeconds(prepared)
  const quicker = prepared.candidates
    .map(candidate => expected(candidate, defaults(candidate.space)))
    .sort((a, b) => a - b)
    .slice(0, Math.ceil(prepared.candidates.length / 2))
  const tried = quicker.reduce((sum, seconds) => sum + seconds, 0) / workers
  if (strategy === 'auto' && tried <= TRIED_SHARE * budgetSeconds) return [1]
  if (fidelity === 'steps') return STEP_SHARES
  return rowShares(prepared.folds.folds[0]!.train.length)
}

export interface PlannedTrial {
  readonly order: number
  readonly candidate: string
  readonly params: Params
  readonly seconds: number
}

export interface PlannedStage {
  readonly stage: string
  readonly detail: string
  /** Of the wall clock; absent where it ends with the budget or the last trial. */
  readonly seconds?: number
}

export interface Schedule {
  /** What is tried first, in this order: every candidate as it stands, cheapest first; then what is recommended. */
  readonly portfolio: readonly PlannedTrial[]
  readonly stages: readonly PlannedStage[]
}

export interface ScheduleOptions {
  readonly workers: number
  readonly maxCandidates: number
  readonly budgetSeconds?: number
  /** What reading, profiling and planning took. */
  readonly preparedSeconds?: number
}

/** Part of the budget kept for choosing, exporting and scoring the model. */
export const reserveSeconds = (budget: number): number => Math.min(15, 0.5 + 0.04 * budget)

/** What a run would do, before anything runs. */
export function scheduleOf(
  sized: Sized,
  candidates: readonly Candidate[],
  { workers, maxCandidates, budgetSeconds, preparedSeconds }: ScheduleOptions,
): Schedule {
  const estimate = expectedSeconds(sized)
  const portfolio = startsInOrder(candidates, estimate)
    .slice(0, maxCandidates)
    .map(({ candidate, params, seconds }, i) => ({
      order: i + 1,
      candidate: candidate.name,
      params,
      seconds,
    }))
  const starts = wallSeconds(
    portfolio.map(({ seconds }) => seconds),
    workers,
  )
  const above = canStack({ mode: 'auto' }, sized, { sharesFolder: true }) ? stackable(candidates) : []
  const stacking = wallSeconds(
    above.map(candidate => estimate(candidate, defaults(candidate.space))),
    workers,
  )
  const mean = portfolio.reduce((sum, { seconds }) => sum + seconds, 0) / Math.max(1, portfolio.length)
  const left = Math.max(0, maxCandidates - portfolio.length - above.length)
  const folds = sized.folds.folds.length
  const reserve = reserveSeconds(budgetSeconds ?? Infinity)
  const searching =
    budgetSeconds === undefined
      ? (left * mean) / workers
      : Math.max(
          0,
          Math.min(
            (left * mean) / workers,
            budgetSeconds - reserve - starts - stacking - (preparedSeconds ?? 0),
          ),
        )
  return {
    portfolio,
    stages: [
      {
        stage: 'prepare',
        detail: 'read, profile, plan',
        ...(preparedSeconds !== undefined && { seconds: preparedSeconds }),
      },
      {
        stage: 'portfolio',
        detail: `${portfolio.length} trials × ${folds} fold${folds === 1 ? '' : 's'}, ${workers} at a time`,
        seconds: starts,
      },
      {
        stage: 'search',
        detail: `up to ${left} more trials, ${(mean || 0).toFixed(mean < 10 ? 1 : 0)} s each as a rule; losing ones are stopped after some folds`,
        seconds: searching,
      },
      ...(above.length > 0
        ? [
            {
              stage: 'stack',
              detail: `${above.length} trials learn from the answers of others (${above.map(({ algorithm }) => algorithm).join(', ')})`,
              seconds: stacking,
            },
          ]
        : []),
      {
        stage: 'export',
        detail: 'ensemble, model, notebooks',
        ...(Number.isFinite(reserve) && { seconds: reserve }),
      },
    ],
  }
}

/** Jobs in order, each to the worker that is free first. */
function wallSeconds(jobs: readonly number[], workers: number): number {
  const busy = new Float64Array(workers)
  for (const seconds of jobs) busy[busy.indexOf(Math.min(...busy))]! += seconds
  return Math.max(...busy)
}
