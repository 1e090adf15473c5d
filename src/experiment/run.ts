import { InputError } from '../util/errors.ts'
import { withEnsemble, writeLeaderboard } from './leaderboard.ts'
import { prepareExperiment, type Prepared } from './prepare.ts'
import type { Store } from './store.ts'
import { tune, type TuneServices } from './tune.ts'
import type { Ensemble, Trial } from './types.ts'

export interface RunServices extends TuneServices {
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
  const { budgetSeconds = Infinity } = spec
  const started = performance.now()
  const deadline = started + tuningSeconds(budgetSeconds) * 1000
  const spent = () => (performance.now() - started) / 1000 / budgetSeconds
  const prepared = await prepareExperiment(store, services.emit, spent)
  services.emit({ type: 'planned', candidates: prepared.candidates.length, objective: prepared.objective })
  await services.onPlanned(prepared)
  if (spec.definitionsOnly) return { prepared, trials: [], stopped: false }

  services.emit({ type: 'stage', stage: 'tune', detail: `tuning ${prepared.candidates.length} pipelines` })
  const { trials, ensemble } = await tune(store, prepared, services, deadline)
  writeLeaderboard(store.paths, prepared.objective, withEnsemble(trials, ensemble, prepared.objective))
  const stopped = services.signal.aborted
  if (stopped) {
    journal.append({ type: 'stopped', reason: String(services.signal.reason ?? 'stopped') })
    return { prepared, trials, stopped }
  }
  if (!ensemble) throw noModel(trials)
  journal.append({ type: 'ensemble', ensemble })
  journal.append({ type: 'finished', trials: trials.length })
  return { prepared, trials, ensemble, stopped }
}

/** Part of the budget kept for choosing, exporting and scoring the model. */
const tuningSeconds = (budget: number): number => budget - Math.min(25, 1.5 + 0.06 * budget)

function noModel(trials: readonly Trial[]): InputError {
  const reasons = [...new Set(trials.map(trial => trial.reason))].slice(0, 3).join(' | ')
  return new InputError(
    'E_NO_MODEL',
    `none of ${trials.length} trials finished within the budget: expected at least one model; give a longer --budget${reasons ? ` (${reasons})` : ''}`,
    { exit: 'noModel' },
  )
}
