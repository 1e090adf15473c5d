import { anytimeOf } from '../experiment/anytime.ts'
import { assembleEnsemble, readOutputs } from '../experiment/assemble.ts'
import { openData, scoredRows, takeValues, taskOf, type ExperimentData } from '../experiment/data.ts'
import { bestTrial } from '../experiment/leaderboard.ts'
import { readDocument, readExperiment, type Layout } from '../experiment/store.ts'
import type { Anytime, Ensemble, ExperimentSpec, Objective, Trial } from '../experiment/types.ts'
import { defaultObjective, loadMetric, metrics } from '../metrics/index.ts'
import type { Scored } from '../metrics/metric.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { applyTemperature } from '../pipeline/temperature.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { blend } from '../tune/ensemble.ts'
import { InputError } from '../util/errors.ts'

/** An experiment with at least one model, and what is known of it. */
export interface Finished {
  readonly paths: Layout
  readonly spec: ExperimentSpec
  readonly trials: readonly Trial[]
  readonly data: ExperimentData
  readonly profile: DatasetProfile
  readonly objective: Objective
  /** The model: the experiment's own, or one trial that was asked for. */
  readonly ensemble: Ensemble
  readonly anytime: readonly Anytime[]
  /** Held-out rows, and what the model says of them without having learnt from them. */
  readonly scored: Scored
}

/** Opens an experiment to tell about its model, or about one of its trials. `verb`: what is to be done with it. */
export async function openFinished(folder: string, verb: string, candidate?: string): Promise<Finished> {
  const { paths, spec, records, trials } = readExperiment(folder)
  if (!trials.some(({ state }) => state === 'COMPLETE')) {
    throw new InputError(
      'E_NO_MODEL',
      `experiment ${folder} has no finished trial: expected at least one to ${verb}; go on with "glasspilot resume ${folder}"`,
    )
  }
  if (spec.metricModule !== undefined) await loadMetric(spec.metricModule)
  const data = openData(paths)
  const task = taskOf(data.target)
  const name = spec.objective ?? defaultObjective(task.task)
  const objective = { name, direction: metrics[name].direction }
  const record = records.findLast(({ type }) => type === 'ensemble')
  const ensemble =
    candidate !== undefined
      ? single(findTrial(folder, trials, objective, candidate))
      : record?.type === 'ensemble'
        ? record.ensemble
        : assembleEnsemble(paths, { ...data, task, objective }, trials)!
  const rows = scoredRows(data.folds)
  const width = outputWidth(task)
  const { temperature, labelWeights } = ensemble.answer ?? {}
  const mixed = blend(
    ensemble.members.map(({ trial, weight }) => [readOutputs(paths, trial), weight]),
    rows.length * width,
  )
  const scored = {
    task: task.task,
    target: takeValues(data.target.values, rows),
    width,
    ...(data.weights && { weights: takeValues(data.weights, rows) }),
    outputs: temperature === undefined ? mixed : applyTemperature(mixed, width, temperature),
    ...(labelWeights && { labelWeights }),
  }
  const profile = readDocument<DatasetProfile>(paths.profile)
  return { paths, spec, trials, data, profile, objective, ensemble, anytime: anytimeOf(records), scored }
}

const single = ({ id, metrics: found }: Trial): Ensemble => ({
  members: [{ trial: id, weight: 1 }],
  metrics: found!,
})

/** A finished trial by its number, or the best of a candidate. */
export function findTrial(
  folder: string,
  trials: readonly Trial[],
  objective: Objective,
  candidate: string,
): Trial {
  const finished = trials.filter(trial => trial.state === 'COMPLETE')
  const trial =
    finished.find(({ id }) => String(id) === candidate) ??
    bestTrial(
      finished.filter(one => one.candidate === candidate),
      objective,
    )
  if (trial) return trial
  const names = [...new Set(finished.map(one => one.candidate))]
  throw new InputError(
    'E_NO_SUCH_TRIAL',
    `--candidate "${candidate}" is no finished trial of ${folder}: expected a trial number or one of ${names.join(', ')}; see "glasspilot leaderboard ${folder}"`,
    { exit: 'usage' },
  )
}
