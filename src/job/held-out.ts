import { takeRows } from '../data/dataset.ts'
import { readPipeline } from '../experiment/assemble.ts'
import { takeValues, type ExperimentData } from '../experiment/data.ts'
import type { Layout } from '../experiment/store.ts'
import type { Ensemble } from '../experiment/types.ts'
import type { HeldOutPart } from '../explain/permutation.ts'
import { foldOf, joinPipelines, predictPipeline, withAnswer, type Pipeline } from '../pipeline/pipeline.ts'
import { createRng, hashSeed } from '../util/rng.ts'

/** Held-out rows of one fold, and the model of the fold. */
export interface HeldOutRows extends HeldOutPart {
  /** Of the training table, ascending. */
  readonly rows: Int32Array
  readonly pipeline: Pipeline
}

/** The members' models that were not trained on a fold, joined; fold after fold. */
export function foldPipelines(
  paths: Layout,
  { folds }: Pick<ExperimentData, 'folds'>,
  { members, answer }: Pick<Ensemble, 'members' | 'answer'>,
): Pipeline[] {
  const pipelines = members.map(({ trial, weight }) => ({ weight, pipeline: readPipeline(paths, trial) }))
  // The models of a trial stand in the order of the folds.
  return folds.folds.map((_, fold) => {
    const joined = joinPipelines(
      pipelines.map(({ weight, pipeline }) => ({ weight, pipeline: foldOf(pipeline, fold) })),
    )
    return withAnswer(joined, answer)
  })
}

/** Rows of each fold, at most `rows` in all, with the members' models that were not trained on that fold. */
export function heldOutParts(
  { dataset, target, folds }: ExperimentData,
  pipelines: readonly Pipeline[],
  { rows, seed }: { readonly rows: number; readonly seed: number },
): HeldOutRows[] {
  const all = folds.folds.reduce((sum, { validation }) => sum + validation.length, 0)
  return folds.folds.map(({ validation }, fold) => {
    const count = Math.min(validation.length, Math.ceil((validation.length / all) * rows))
    const kept =
      count < validation.length
        ? createRng(hashSeed(seed, 'held out', fold))
            .shuffle(validation.slice())
            .slice(0, count)
            .sort()
        : validation
    const pipeline = pipelines[fold]!
    return {
      dataset: takeRows(dataset, kept),
      target: takeValues(target.values, kept),
      rows: kept,
      pipeline,
      predict: changed => predictPipeline(pipeline, changed),
    }
  })
}
