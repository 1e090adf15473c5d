import type { Candidate } from '../candidates/candidate.ts'
import { higherIsBetter } from '../metrics/index.ts'
import { partOf, shareOf, type Proposal } from '../tune/observed.ts'
import { RIVALS } from '../tune/pruners/racing.ts'
import { createSearch } from '../tune/search.ts'
import { hashSeed } from '../util/rng.ts'
import type { Executor, Race, TrialTime } from './executor.ts'
import type { TrialRequest } from './journal.ts'
import { followModel } from './anytime.ts'
import { withEnsemble, writeLeaderboard } from './leaderboard.ts'
import { lostTrials } from './plan.ts'
import type { Prepared } from './prepare.ts'
import { createStackLevel } from './stack.ts'
import { createRunner, stopsOnSignal, type TuneServices } from './runner.ts'
import { expectedSeconds, leastShare, resourceOf, sharesOf } from './schedule.ts'
import { finishedTrials, type Store } from './store.ts'
import type { Ensemble, Trial } from './types.ts'

/** Trials per synchronous generation: the same for any number of workers, so that the search sees the same history. */
const GENERATION = 6

/** With a budget, no trial may take more than this share of what is left, but for short rests. */
const TRIAL_SHARE = 0.4
const SHORTEST_TRIAL_SECONDS = 10
/** How late a trial may end after the time for tuning. */
const LATE_SECONDS = 1.5
/** The search leaves this much air around a trial that uses all its time. */
const CAUTION = 1.25

/** Without a budget a trial may take an hour, or so many times what is expected: one that never ends must not hold up the rest. */
const LONGEST_SECONDS = 3600
const MOST_TIMES = 100

/** Time a trial gets when so many seconds are left for tuning, and `limit` is the most it may take. */
function trialTime(left: number, limit = Infinity): TrialTime {
  const softSeconds = Math.min(limit, 0.92 * left, Math.max(SHORTEST_TRIAL_SECONDS, TRIAL_SHARE * left))
  // A fit that is slow to end does no harm while the budget lasts.
  return { softSeconds, hardSeconds: Math.min(left + LATE_SECONDS, 1.5 * softSeconds + 5) }
}

export interface Tuned {
  readonly trials: readonly Trial[]
  /** The model: weights over trials. Undefined when none has finished. */
  readonly ensemble?: Ensemble
  /** Why it ended before the time was up. */
  readonly ended?: string
}

export interface TuneOptions {
  readonly executor: Executor
  /** `performance.now()` at which no trial should run any more. */
  readonly deadline: number
  /** Done while the first trials run. */
  readonly meanwhile: () => Promise<void>
}

/** Runs generations of trials until they are all done, the time is up or the search has converged. */
export async function tune(
  store: Store,
  prepared: Prepared,
  services: TuneServices,
  { executor, deadline, meanwhile }: TuneOptions,
): Promise<Tuned> {
  const { spec, journal } = store
  const runner = createRunner(store, prepared, services, executor)
  const { definitions, trialsNow } = runner
  const candidates = new Map(prepared.candidates.map(candidate => [candidate.name, candidate]))
  const expected = expectedSeconds(prepared, resourceOf(spec))
  const searchOf = (candidates: readonly Candidate[]) =>
    createSearch({
      candidates,
      seed: spec.seed,
      objective: prepared.objective.name,
      generation: GENERATION,
      expectedSeconds: expected,
      leastShare,
      shares: sharesOf(spec, prepared),
      resourceOf: resourceOf(spec),
      ...(spec.sampler && { sampler: spec.sampler }),
    })
  const search = searchOf(prepared.candidates)
  const release = stopsOnSignal(services.signal, executor)
  const model = followModel(store, prepared, services.emit)
  const stackOn = createStackLevel(spec, prepared, { executor, model, deadline, lastTrials: GENERATION })
  const timeOf = (request: TrialRequest) => () => {
    const left = (deadline - performance.now()) / 1000
    if (Number.isFinite(left) || spec.trialSeconds !== undefined) return trialTime(left, spec.trialSeconds)
    const seconds = expected(candidates.get(request.candidate)!, request.params, shareOf(request))
    return { softSeconds: Infinity, hardSeconds: Math.max(LONGEST_SECONDS, MOST_TIMES * seconds) }
  }
  const runAll = (requests: readonly TrialRequest[], done: readonly Trial[]) =>
    Promise.all(
      requests.map(request => {
        const race =
          spec.racing === false || request.stack ? undefined : raceOf(store, prepared, done, request)
        return runner.run(request, { time: timeOf(request), ...(race && { race }) })
      }),
    )
  let ended: string | undefined
  let besides: Promise<void> | undefined
  /** What was edited is trained again before anything else is tried. */
  const proposed = (edited: readonly Candidate[], ...known: Parameters<typeof search.next>) => {
    const again = edited.length > 0 ? searchOf(edited).next(...known) : []
    return again.length > 0 ? again : search.next(...known)
  }
  try {
    while (!services.signal.aborted) {
      const seconds = (deadline - performance.now()) / 1000
      const done = trialsNow()
      const pending = pendingRequests(store, definitions)
      const lost = lostTrials(journal.records, definitions)
      const edited = prepared.candidates.filter(({ name }) => lost.has(name))
      const owed = [...lost.values()].reduce((sum, count) => sum + count, 0)
      const remaining = {
        trials: Math.min(spec.maxCandidates - done.length, owed > 0 ? owed : Infinity),
        ...(Number.isFinite(seconds) && {
          seconds,
          workers: executor.slots,
          longestSeconds: trialTime(seconds, spec.trialSeconds).softSeconds / CAUTION,
        }),
      }
      // What a stopped run still owed may be more than is asked for now.
      if (seconds <= 0 || (pending.length > 0 && remaining.trials <= 0)) break
      const known = done.filter(({ stack }) => !stack)
      const proposals = () => {
        const due = edited.length > 0 ? [] : stackOn(done, { converged: false })
        if (due.length > 0) return due
        const next = proposed(edited, known, remaining)
        return next.length > 0 ? next : stackOn(done, { converged: true })
      }
      const requests = pending.length > 0 ? pending : nextGeneration(store, proposals(), definitions)
      if (requests.length === 0) {
        if (spec.budgetSeconds !== undefined) ended = search.stopReason(known, remaining)
        break
      }
      const running = runAll(requests.slice(0, remaining.trials), done)
      // Trials run in processes of their own: meanwhile the model is chosen from those before.
      running.catch(() => {}) // awaited, and thrown, below
      besides ??= meanwhile()
      besides.catch(() => {}) // awaited, and thrown, when the trials are done
      const ensemble = model.glance(done)
      writeLeaderboard(store.paths, prepared.objective, withEnsemble(done, ensemble, prepared.objective))
      await running
    }
    await (besides ?? meanwhile())
  } finally {
    runner.end()
    release()
  }
  const trials = trialsNow()
  const ensemble = chosenBefore(journal.records, trials) ?? model.update(trials)
  return { trials, ...(ensemble && { ensemble }), ...(ended !== undefined && { ended }) }
}

/** The model of a run that ended, when nothing was tried since: it stays, however this version would choose. */
function chosenBefore(records: Store['journal']['records'], trials: readonly Trial[]): Ensemble | undefined {
  const last = records.findLast(({ type }) => type === 'trial' || type === 'ensemble')
  if (last?.type !== 'ensemble') return undefined
  const ids = new Set(trials.map(({ id }) => id))
  return last.ensemble.members.every(({ trial }) => ids.has(trial)) ? last.ensemble : undefined
}

/**
 * The race of a generation is against trials of earlier ones only, so that it does not matter which worker is ahead, and against
 * those that had no more rows or steps.
 */
function raceOf(
  { spec: { mode }, journal }: Store,
  { objective: { name }, folds }: Prepared,
  done: readonly Trial[],
  request: TrialRequest,
): Race | undefined {
  // The test is for folds of one deal.
  if (folds.folds.length < 3 || folds.repeats !== undefined) return undefined
  // A resumed generation races against what it raced against before.
  const generation = journal.records.find(
    record => record.type === 'generation' && record.trials.some(({ id }) => id === request.id),
  )
  const firstId = generation?.type === 'generation' ? generation.trials[0]!.id : request.id
  const others = done
    .filter(trial => trial.id < firstId && trial.state === 'COMPLETE' && shareOf(trial) <= shareOf(request))
    .map(({ foldScores }) => foldScores!.map(score => -higherIsBetter(name, score)))
  return { others, rivals: mode === 'hpo' ? 1 : RIVALS }
}

/** Requests that were journalled but have no result: what a killed run was doing. */
function pendingRequests(
  { journal: { records } }: Store,
  definitions: ReadonlyMap<string, string>,
): TrialRequest[] {
  const finished = new Set(finishedTrials(records, definitions).map(trial => trial.id))
  return records
    .flatMap(record => (record.type === 'generation' ? record.trials : []))
    .filter(request => definitions.get(request.candidate) === request.definition && !finished.has(request.id))
    .filter(({ stack = [] }) => stack.every(base => finished.has(base)))
}

function nextGeneration(
  { journal, spec }: Store,
  proposals: readonly Proposal[],
  definitions: ReadonlyMap<string, string>,
): TrialRequest[] {
  const first = journal.records.reduce(
    (sum, record) => sum + (record.type === 'generation' ? record.trials.length : 0),
    0,
  )
  const trials = proposals.map(({ candidate, params, stack, ...proposal }, index) => ({
    id: first + index,
    candidate,
    definition: definitions.get(candidate)!,
    params,
    seed: hashSeed(spec.seed, first + index),
    ...partOf(proposal),
    ...(stack && { stack }),
  }))
  if (trials.length > 0) journal.append({ type: 'generation', trials })
  return trials
}
