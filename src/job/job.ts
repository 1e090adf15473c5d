import { writeModel } from '../artifact/index.ts'
import { backendNamed } from '../backends/index.ts'
import { assemblePipeline } from '../experiment/assemble.ts'
import { ENSEMBLE, hasFailed, rankTrials, withEnsemble, writeLeaderboard } from '../experiment/leaderboard.ts'
import type { Prepared } from '../experiment/prepare.ts'
import { readRecording } from '../experiment/recording.ts'
import { compareReplay, type ReplayResult } from '../experiment/replay.ts'
import { runExperiment } from '../experiment/run.ts'
import type { Store } from '../experiment/store.ts'
import { judgeModel } from '../experiment/verdict.ts'
import type {
  Ensemble,
  ExperimentEvent,
  MetricValues,
  Objective,
  Trial,
  Verdict,
} from '../experiment/types.ts'
import { readLabelled, type Evaluation } from './evaluate.ts'
import { writeNotebooks } from './notebooks.ts'
import { runElsewhere } from './elsewhere.ts'
import { PROBLEM_TYPES, scoreTest, writtenFiles } from './outcome.ts'
import { VERSION } from './version.ts'

export { PROBLEM_TYPES } from './outcome.ts'

export interface JobServices {
  readonly emit: (event: ExperimentEvent) => void
  readonly signal: AbortSignal
}

/** What a whole job left behind; `run --json` prints it. */
export interface JobResult {
  readonly experiment: string
  readonly problemType: string
  readonly objective: Objective
  readonly best?: {
    readonly candidate: string
    readonly algorithm: string
    /** The objective on held-out rows. */
    readonly score: number
    readonly metrics: MetricValues
    readonly members: Ensemble['members']
    /** The objective on the test file, which nothing else ever saw. */
    readonly holdout?: number
  }
  readonly candidates: number
  readonly trials: number
  readonly failed: number
  readonly seconds: number
  readonly files: Readonly<Record<string, string>>
  readonly evaluation?: Evaluation
  /** Whether the best is better than a constant answer. */
  readonly verdict?: Verdict
  readonly stopped: boolean
  /** Of an experiment that repeats another. */
  readonly replay?: ReplayResult
  /** Why the search ended before its budget did. */
  readonly ended?: string
}

/** The whole job: experiment, model file, score on the test file, notebooks. */
export async function runJob(store: Store, { emit, signal }: JobServices): Promise<JobResult> {
  const started = performance.now()
  const { paths, spec } = store
  const place = backendNamed(spec.backend)
  if (place.runElsewhere) return runElsewhere(store, place, { emit, signal })
  const result = await runExperiment(store, {
    openExecutor: opened =>
      place.openExecutor(opened, { onNote: message => emit({ type: 'warning', message }) }),
    emit,
    signal,
    beforeTraining: async prepared => {
      // A test file that cannot be scored is refused before hours of training, not after.
      if (spec.test !== undefined) await readLabelled(prepared, spec.test)
    },
    onPlanned: prepared => writeNotebooks(store, prepared),
  })
  const { prepared, trials, ensemble, stopped, ended } = result
  const board = ensemble ? withEnsemble(trials, ensemble, prepared.objective) : trials
  let evaluation: Evaluation | undefined
  const verdict = ensemble && judgeModel(paths, prepared, ensemble, trials)
  if (ensemble) {
    emit({ type: 'stage', stage: 'export', detail: 'writing the model' })
    const pipeline = assemblePipeline(paths, ensemble)
    writeLeaderboard(paths, prepared.objective, board)
    writeModel(paths.model, pipeline, {
      name: spec.name,
      metrics: ensemble.metrics,
      provenance: { ...provenance(store, prepared, ensemble), verdict },
    })
    evaluation = await scoreTest(store, emit)
  }
  const repeated = ensemble && spec.replay !== undefined && compareReplay(paths, readRecording(spec.replay))
  const best = ensemble && describeBest(trials, ensemble, prepared.objective, evaluation)
  writeNotebooks(store, prepared, rankTrials(board, prepared.objective), best, verdict)
  return {
    experiment: paths.folder,
    problemType: PROBLEM_TYPES[prepared.target.task],
    objective: prepared.objective,
    ...(best && { best }),
    candidates: prepared.candidates.length,
    trials: trials.length,
    failed: trials.filter(hasFailed).length,
    seconds: (performance.now() - started) / 1000,
    files: writtenFiles(store),
    ...(evaluation && { evaluation }),
    ...(verdict && { verdict }),
    stopped,
    ...(repeated && { replay: repeated }),
    ...(ended !== undefined && { ended }),
  }
}

function describeBest(
  trials: readonly Trial[],
  ensemble: Ensemble,
  { name }: Objective,
  evaluation: Evaluation | undefined,
): JobResult['best'] {
  const single =
    ensemble.members.length === 1 ? trials.find(trial => trial.id === ensemble.members[0]!.trial)! : undefined
  return {
    candidate: single?.candidate ?? ENSEMBLE,
    algorithm: single?.algorithm ?? `weighted ${ENSEMBLE}`,
    score: ensemble.metrics[name]!,
    metrics: ensemble.metrics,
    members: ensemble.members,
    ...(evaluation && { holdout: evaluation.metrics[name]! }),
  }
}

const provenance = ({ spec }: Store, { objective, folds }: Prepared, ensemble: Ensemble) => ({
  glasspilot: VERSION,
  seed: spec.seed,
  objective,
  scoredOn: folds.kind === 'holdout' ? 'a holdout no member learnt from' : 'out-of-fold rows',
  members: ensemble.members,
})
