import { takeRows } from '../data/dataset.ts'
import { readPipeline } from '../experiment/assemble.ts'
import { takeValues, type ExperimentData } from '../experiment/data.ts'
import type { Layout } from '../experiment/store.ts'
import type { Ensemble } from '../experiment/types.ts'
import type { HeldOutPart } from '../explain/permutation.ts'
import { joinPipelines, predictPipeline } from '../pipeline/pipeline.ts'
import { createRng, hashSeed } from '../util/rng.ts'

/** Rows of each fold, at most `rows` in all, with the members' models that were not trained on that fold. */
export function heldOutParts(
  paths: Layout,
  { dataset, target, folds }: ExperimentData,
  { members }: Pick<Ensemble, 'members'>,
  { rows, seed }: { readonly rows: number; readonly seed: number },
): HeldOutPart[] {
  const pipelines = members.map(({ trial, weight }) => ({ weight, pipeline: readPipeline(paths, trial) }))
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
    // The models of a trial stand in the order of the folds.
    const model = joinPipelines(
      pipelines.map(({ weight, pipeline }) => ({
        weight,
        pipeline: { ...pipeline, members: [pipeline.members[fold]!] },
      })),
    )
    return {
      dataset: takeRows(dataset, kept),
      target: takeValues(target.values, kept),
      predict: changed => predictPipeline(model, changed),
    }
  })
}
