import { backendNamed } from '../backends/index.ts'
import { hasFailed } from '../experiment/leaderboard.ts'
import { readRecording } from '../experiment/recording.ts'
import { compareReplay, type ReplayResult } from '../experiment/replay.ts'
import { runExperiment } from '../experiment/run.ts'
import type { Store } from '../experiment/store.ts'
import type { ExperimentEvent, Objective, Verdict } from '../experiment/types.ts'
import { readLabelled, type Evaluation } from './evaluate.ts'
import { leaveResults, type Best } from './leave.ts'
import { writeNotebooks } from './notebooks.ts'
import { runElsewhere } from './elsewhere.ts'
import { PROBLEM_TYPES, writtenFiles } from './outcome.ts'

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
  readonly best?: Best
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
  const { best, evaluation, verdict } = await leaveResults(store, result, emit)
  const repeated = ensemble && spec.replay !== undefined && compareReplay(paths, readRecording(spec.replay))
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
