import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../data/dataset.ts'
import type { TableSchema, TaskSchema } from '../data/schema.ts'
import { readDocument, readExperiment } from '../experiment/store.ts'
import type { Objective } from '../experiment/types.ts'
import { openOnnxModel } from '../pipeline/onnx-model.ts'
import { InputError } from '../util/errors.ts'

/** What can be asked for predictions: the exported model, or the fitted pipeline of one trial. */
export interface Predictor {
  readonly task: TaskSchema
  readonly table: TableSchema
  /** Columns that rows without names may have instead of the features. */
  readonly given?: readonly string[]
  /** Row-major rows × classes, or values. */
  predict(dataset: Dataset): Promise<Float64Array>
  close(): Promise<void>
}

/** Opens the model of an experiment (or of an exported model's folder), or one of its trials. */
export async function openPredictor(folder: string, candidate?: string): Promise<Predictor> {
  if (candidate !== undefined) return trialPredictor(folder, candidate)
  return modelPredictor(findModelFolder(folder))
}

/** Where the model of an experiment lies; a folder that holds one is its own answer. */
export function findModelFolder(folder: string): string {
  const modelFolder = existsSync(join(folder, 'model.json')) ? folder : readExperiment(folder).paths.model
  if (!existsSync(join(modelFolder, 'model.json'))) {
    throw new InputError(
      'E_NO_MODEL',
      `experiment ${folder} has no model yet: expected a finished experiment; train it with "glasspilot resume ${folder}"`,
      { exit: 'noInput' },
    )
  }
  return modelFolder
}

export async function modelPredictor(folder: string): Promise<Predictor> {
  const model = await openOnnxModel(folder)
  return {
    task: model.info.task,
    table: model.info.table,
    ...(model.info.given && { given: model.info.given }),
    predict: dataset => model.predict(dataset),
    close: () => model.close(),
  }
}

/** Trials are asked for rarely: what reads them is loaded then, so that a model's first answer does not wait for it. */
async function trialPredictor(folder: string, candidate: string): Promise<Predictor> {
  const [{ findTrial }, { readPipeline }, { predictPipeline }] = await Promise.all([
    import('./finished.ts'),
    import('../experiment/assemble.ts'),
    import('../pipeline/pipeline.ts'),
  ])
  const { paths, trials } = readExperiment(folder)
  const { objective } = readDocument<{ objective: Objective }>(paths.leaderboardJson)
  const trial = findTrial(folder, trials, objective, candidate)
  const pipeline = readPipeline(paths, trial.id)
  return {
    task: pipeline.task,
    table: pipeline.table,
    predict: dataset => predictPipeline(pipeline, dataset),
    close: async () => {},
  }
}
