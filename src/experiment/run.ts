import { loadMetric } from '../metrics/index.ts'
import { InputError } from '../util/errors.ts'
import { duration } from '../util/text.ts'
import type { Executor } from './executor.ts'
import { withEnsemble, writeLeaderboard } from './leaderboard.ts'
import { prepareExperiment, type Prepared } from './prepare.ts'
import { readRecording, type Recording } from './recording.ts'
import { replay } from './replay.ts'
import { requireGoing, type TuneServices } from './runner.ts'
import { reserveSeconds } from './schedule.ts'
import type { Store } from './store.ts'
import { tune } from './tune.ts'
import { watchSleep } from './sleep.ts'
import type { Ensemble, ExperimentSpec, Trial } from './types.ts'

export interface RunServices extends TuneServices {
  readonly openExecutor: (store: Store) => Promise<Executor>
  /** Called once the plan is on disk: throws when training would be in vain. */
  readonly beforeTraining: (prepared: Prepared) => Promise<void>
  /** Shows the plan; called at once when nothing is trained, otherwise while the first trials run. */
  readonly onPlanned: (prepared: Prepared) => void
}

export interface ExperimentResult {
  readonly prepared: Prepared
  readonly trials: readonly Trial[]
  /** The model: weights over trials. Undefined when nothing was trained. */
  readonly ensemble?: Ensemble
  readonly stopped: boolean
  /** Why it ended before its budget did. */
  readonly ended?: string
}

/** The whole experiment: read, profile, split, plan, tune, rank. Goes on from whatever the folder already holds. */
export async function runExperiment(store: Store, services: RunServices): Promise<ExperimentResult> {
  const { spec } = store
  const recording = spec.replay === undefined ? undefined : readRecording(spec.replay)
  const { budgetSeconds = Infinity } = recording ? {} : spec
  const started = performance.now()
  if (spec.metricModule !== undefined) await loadMetric(spec.metricModule)
  const spent = () => (performance.now() - started) / 1000 / budgetSeconds
  const emit: RunServices['emit'] = event => {
    requireGoing(services.signal)
    services.emit(event)
  }
  if (spec.definitionsOnly) {
    const prepared = await prepareExperiment(store, emit, spent)
    tellPlan(prepared, services)
    await services.beforeTraining(prepared)
    services.onPlanned(prepared)
    return { prepared, trials: [], stopped: false }
  }
  const executor = await services.openExecutor(store)
  const endWatch = watchSleep(seconds => services.emit({ type: 'warning', message: slept(seconds, spec) }))
  try {
    executor.warm?.()
    const prepared = await prepareExperiment(store, emit, spent, recording)
    tellPlan(prepared, services)
    await services.beforeTraining(prepared)
    requireGoing(services.signal)
    return await train(store, prepared, services, {
      executor,
      deadline: started + (budgetSeconds - reserveSeconds(budgetSeconds)) * 1000,
      ...(recording && { recording }),
    })
  } finally {
    endWatch()
    await executor.close()
  }
}

const slept = (seconds: number, { budgetSeconds }: ExperimentSpec): string =>
  `the machine slept for ${duration(seconds)}${budgetSeconds === undefined ? '' : ', which does not count against the budget'}; running trials went on afterwards`

/** Of the time for training: completing the profile beside it may take so much from the trials. */
const PROFILE_SHARE = 0.1

const tellPlan = ({ candidates, objective }: Prepared, { emit }: RunServices): void =>
  emit({ type: 'planned', candidates: candidates.length, objective })

interface Training {
  readonly executor: Executor
  /** `performance.now()` at which no trial should run any more. */
  readonly deadline: number
  readonly recording?: Recording
}

async function train(
  store: Store,
  planned: Prepared,
  services: RunServices,
  { executor, deadline, recording }: Training,
): Promise<ExperimentResult> {
  const { paths, journal } = store
  services.emit({ type: 'stage', stage: 'tune', detail: `tuning ${planned.candidates.length} pipelines` })
  let prepared = planned
  /** The main process has nothing else to do while trials run in theirs. */
  const meanwhile = async (): Promise<void> => {
    services.onPlanned(planned)
    const until = performance.now() + PROFILE_SHARE * (deadline - performance.now())
    const isLate = () => services.signal.aborted || performance.now() > until
    const profile = await planned.completeProfile?.(isLate)
    if (profile) prepared = { ...planned, profile }
  }
  const { trials, ensemble, ended } = recording
    ? await replay(store, planned, services, { executor, meanwhile, recording })
    : await tune(store, planned, services, { executor, deadline, meanwhile })
  writeLeaderboard(paths, prepared.objective, withEnsemble(trials, ensemble, prepared.objective))
  const stopped = services.signal.aborted
  if (stopped) {
    journal.append({ type: 'stopped', reason: String(services.signal.reason ?? 'stopped') })
    return { prepared, trials, stopped }
  }
  if (!ensemble) throw noModel(trials)
  if (ended !== undefined) services.emit({ type: 'ended', reason: ended })
  journal.append({ type: 'ensemble', ensemble })
  journal.append({ type: 'finished', trials: trials.length, ...(ended !== undefined && { reason: ended }) })
  return { prepared, trials, ensemble, stopped, ...(ended !== undefined && { ended }) }
}

function noModel(trials: readonly Trial[]): InputError {
  const reasons = [...new Set(trials.map(trial => trial.reason))].slice(0, 3).join(' | ')
  return new InputError(
    'E_NO_MODEL',
    `none of ${trials.length} trials finished within the budget: expected at least one model; give a longer --budget${reasons ? ` (${reasons})` : ''}`,
    { exit: 'noModel' },
  )
}
