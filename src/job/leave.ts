import { writeModel } from '../artifact/index.ts'
import { assemblePipeline } from '../experiment/assemble.ts'
import { ENSEMBLE, rankTrials, withEnsemble, writeLeaderboard } from '../experiment/leaderboard.ts'
import type { Prepared } from '../experiment/prepare.ts'
import type { Store } from '../experiment/store.ts'
import type {
  Ensemble,
  ExperimentEvent,
  MetricValues,
  Objective,
  Trial,
  Verdict,
} from '../experiment/types.ts'
import { judgeModel } from '../experiment/verdict.ts'
import type { Evaluation } from './evaluate.ts'
import { writeNotebooks } from './notebooks.ts'
import { scoreTest } from './outcome.ts'
import { VERSION } from './version.ts'

export interface Best {
  readonly candidate: string
  readonly algorithm: string
  /** The objective on held-out rows. */
  readonly score: number
  readonly metrics: MetricValues
  readonly members: Ensemble['members']
  /** The objective on the test file, which nothing else ever saw. */
  readonly holdout?: number
}

export interface Left {
  readonly best?: Best
  readonly evaluation?: Evaluation
  /** Whether the best is better than a constant answer. */
  readonly verdict?: Verdict
}

/** What an ended search has found. */
export interface Found {
  readonly prepared: Prepared
  readonly trials: readonly Trial[]
  /** Undefined when nothing was trained, or not to the end. */
  readonly ensemble?: Ensemble
}

/** Leaves what people and programs take from an experiment: leaderboard, model, score on the test file, notebooks. */
export async function leaveResults(
  store: Pick<Store, 'paths' | 'spec' | 'journal'>,
  { prepared, trials, ensemble }: Found,
  emit: (event: ExperimentEvent) => void,
): Promise<Left> {
  const { paths, spec } = store
  const board = ensemble ? withEnsemble(trials, ensemble, prepared.objective) : trials
  const rows = rankTrials(board, prepared.objective)
  if (!ensemble) {
    writeNotebooks(store, prepared, rows)
    return {}
  }
  const verdict = judgeModel(paths, prepared, ensemble, trials)
  emit({ type: 'stage', stage: 'export', detail: 'writing the model' })
  writeLeaderboard(paths, prepared.objective, board)
  writeModel(paths.model, assemblePipeline(paths, ensemble), {
    name: spec.name,
    metrics: ensemble.metrics,
    provenance: { ...provenance(store, prepared, ensemble), verdict },
    given: prepared.profile.columns
      .map(({ name }) => name)
      .filter(name => name !== spec.target && name !== spec.weight),
  })
  const evaluation = await scoreTest(store, emit)
  const best = describeBest(trials, ensemble, prepared.objective, evaluation)
  writeNotebooks(store, prepared, rows, best, verdict)
  return { best, verdict, ...(evaluation && { evaluation }) }
}

function describeBest(
  trials: readonly Trial[],
  ensemble: Ensemble,
  { name }: Objective,
  evaluation: Evaluation | undefined,
): Best {
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

const provenance = (
  { spec }: Pick<Store, 'spec'>,
  { objective, folds }: Prepared,
  { members }: Ensemble,
) => ({
  glasspilot: VERSION,
  seed: spec.seed,
  objective,
  scoredOn: folds.kind === 'holdout' ? 'a holdout no member learnt from' : 'out-of-fold rows',
  members,
})
