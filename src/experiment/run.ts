import { algorithms } from '../algorithms/index.ts'
import type { Candidate } from '../candidates/candidate.ts'
import { createSearch } from '../tune/search.ts'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { hashSeed } from '../util/rng.ts'
import { assembleEnsemble } from './assemble.ts'
import type { Executor } from './executor.ts'
import type { TrialRequest } from './journal.ts'
import { bestTrial, leaderboardCsv, rankTrials, timingsCsv } from './leaderboard.ts'
import { prepareExperiment, type Prepared } from './prepare.ts'
import { definitionHash, finishedTrials, writeDocument, type Store } from './store.ts'
import type { Ensemble, ExperimentEvent, Trial } from './types.ts'

/** Trials per synchronous generation: the same for any number of workers, so that the search sees the same history. */
const GENERATION = 6

/** With a budget, no trial may take more than this share of what is left, but for short rests. */
const TRIAL_SHARE = 0.4
const SHORTEST_TRIAL_SECONDS = 10
/** The search leaves this much air around a trial that uses all its time. */
const CAUTION = 1.25

/** Time a trial gets when so much is left. */
const trialSeconds = (left: number): number =>
  Math.min(left, Math.max(SHORTEST_TRIAL_SECONDS, TRIAL_SHARE * left))

export interface RunServices {
  readonly openExecutor: (store: Store) => Promise<Executor>
  readonly emit: (event: ExperimentEvent) => void
  readonly signal: AbortSignal
  /** Called once the plan is on disk and before anything is trained. */
  readonly onPlanned: (prepared: Prepared) => Promise<void>
}

export interface ExperimentResult {
  readonly prepared: Prepared
  readonly trials: readonly Trial[]
  /** The model: weights over trials. Undefined when nothing was trained. */
  readonly ensemble?: Ensemble
  readonly stopped: boolean
}

/** The whole experiment: read, profile, split, plan, tune, rank. Goes on from whatever the folder already holds. */
export async function runExperiment(store: Store, services: RunServices): Promise<ExperimentResult> {
  const { spec, journal } = store
  const deadline = performance.now() + tuningSeconds(spec.budgetSeconds) * 1000
  const prepared = await prepareExperiment(store, services.emit)
  services.emit({ type: 'planned', candidates: prepared.candidates.length, objective: prepared.objective })
  await services.onPlanned(prepared)
  if (spec.definitionsOnly) return { prepared, trials: [], stopped: false }

  services.emit({ type: 'stage', stage: 'tune', detail: `tuning ${prepared.candidates.length} pipelines` })
  const trials = await tune(store, prepared, services, deadline)
  writeLeaderboard(store, prepared, trials)
  const stopped = services.signal.aborted
  if (stopped) {
    journal.append({ type: 'stopped', reason: String(services.signal.reason ?? 'stopped') })
    return { prepared, trials, stopped }
  }
  const ensemble = chooseModel(store, prepared, trials, services)
  journal.append({ type: 'ensemble', ensemble })
  journal.append({ type: 'finished', trials: trials.length })
  return { prepared, trials, ensemble, stopped }
}

/** Part of the budget kept for choosing, exporting and scoring the model. */
const tuningSeconds = (budget = Infinity): number => budget - Math.min(25, 1.5 + 0.06 * budget)

async function tune(
  store: Store,
  prepared: Prepared,
  services: RunServices,
  deadline: number,
): Promise<readonly Trial[]> {
  const { spec, journal } = store
  const definitions = new Map(
    prepared.candidates.map(candidate => [candidate.name, definitionHash(candidate)]),
  )
  const candidates = new Map(prepared.candidates.map(candidate => [candidate.name, candidate]))
  const search = createSearch({
    candidates: prepared.candidates,
    seed: spec.seed,
    objective: prepared.objective.name,
    generation: GENERATION,
    expectedSeconds: expectedSeconds(prepared),
  })
  const executor = await services.openExecutor(store)
  const stopOnSignal = () => void executor.stop(10)
  services.signal.addEventListener('abort', stopOnSignal)
  const trialsNow = () => finishedTrials(journal.records, definitions)
  const run = async (request: TrialRequest) => {
    const left = (deadline - performance.now()) / 1000
    if (services.signal.aborted || left <= 0) return
    const seconds = trialSeconds(left)
    const candidate = candidates.get(request.candidate)!
    const job = { request, candidate, objective: prepared.objective, seconds }
    const trial = await executor.submit(job, () =>
      services.emit({ type: 'started', trial: request.id, candidate: request.candidate }),
    )
    if (trial.state === 'STOPPED') return
    journal.append({ type: 'trial', definition: request.definition, trial })
    const done = trialsNow()
    services.emit({
      type: 'trial',
      trial,
      done: done.length,
      total: spec.maxCandidates,
      best: bestTrial(done, prepared.objective),
    })
  }
  try {
    while (!services.signal.aborted) {
      const seconds = (deadline - performance.now()) / 1000
      const done = trialsNow()
      const pending = pendingRequests(store, definitions)
      const remaining = {
        trials: spec.maxCandidates - done.length,
        ...(Number.isFinite(seconds) && {
          seconds,
          workers: executor.slots,
          longestSeconds: trialSeconds(seconds) / CAUTION,
        }),
      }
      if (remaining.trials <= 0 || seconds <= 0) break
      const requests =
        pending.length > 0 ? pending : nextGeneration(store, search.next(done, remaining), definitions)
      if (requests.length === 0) break
      await Promise.all(requests.slice(0, remaining.trials).map(run))
      writeLeaderboard(store, prepared, trialsNow())
    }
  } finally {
    services.signal.removeEventListener('abort', stopOnSignal)
    await executor.close()
  }
  return trialsNow()
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
}

function nextGeneration(
  { journal, spec }: Store,
  proposals: readonly Pick<TrialRequest, 'candidate' | 'params'>[],
  definitions: ReadonlyMap<string, string>,
): TrialRequest[] {
  const first = journal.records.reduce(
    (sum, record) => sum + (record.type === 'generation' ? record.trials.length : 0),
    0,
  )
  const trials = proposals.map(({ candidate, params }, index) => ({
    id: first + index,
    candidate,
    definition: definitions.get(candidate)!,
    params,
    seed: hashSeed(spec.seed, first + index),
  }))
  if (trials.length > 0) journal.append({ type: 'generation', trials })
  return trials
}

const expectedSeconds =
  ({ target, folds, profile }: Prepared) =>
  (candidate: Candidate, params: TrialRequest['params']): number => {
    const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
    const rows = folds.folds[0]!.train.length
    const features = Math.max(
      1,
      candidate.groups.reduce((sum, group) => sum + group.columns.length, 0),
    )
    const shape = {
      task: target.task,
      rows,
      features: Math.min(features, 4 * profile.columnCount),
      classes: target.classes.length,
    }
    return folds.folds.length * algorithm.expectedSeconds(shape, { ...candidate.static, ...params })
  }

function chooseModel(
  { paths, spec }: Store,
  prepared: Prepared,
  trials: readonly Trial[],
  { emit }: RunServices,
): Ensemble {
  const best = bestTrial(trials, prepared.objective)
  if (!best) {
    const reasons = [...new Set(trials.map(trial => trial.reason))].slice(0, 3).join(' | ')
    throw new InputError(
      'E_NO_MODEL',
      `none of ${trials.length} trials finished within the budget: expected at least one model; give a longer --budget${reasons ? ` (${reasons})` : ''}`,
      { exit: 'noModel' },
    )
  }
  if (spec.mode === 'hpo') return { members: [{ trial: best.id, weight: 1 }], metrics: best.metrics! }
  emit({ type: 'stage', stage: 'ensemble', detail: 'weighing the best trials' })
  return assembleEnsemble(paths, prepared, trials)!
}

/** Rewrites the files that follow from the journal. */
export function writeLeaderboard(
  { paths }: Pick<Store, 'paths'>,
  { objective }: Pick<Prepared, 'objective'>,
  trials: readonly Trial[],
): void {
  const rows = rankTrials(trials, objective)
  writeFileAtomic(paths.leaderboard, leaderboardCsv(rows))
  writeFileAtomic(paths.timings, timingsCsv(rows))
  writeDocument(paths.leaderboardJson, { objective, rows })
}
