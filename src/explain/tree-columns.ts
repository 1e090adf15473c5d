import type { Dataset } from '../data/dataset.ts'
import type { ForestModel } from '../models/forest.ts'
import { applyTransforms } from '../pipeline/features.ts'
import type { Member, Pipeline } from '../pipeline/pipeline.ts'
import { featureOwners } from './feature-owners.ts'
import { treeShap } from './tree-shap.ts'

/** Contributions to the scores of a forest, those of all features of a column added up. */
export interface TreeColumns {
  readonly parts: readonly string[]
  /** Scores: 1 for values and two classes, else one per class. */
  readonly width: number
  /** Of base, scores and values. */
  readonly unit: string
  /** Of each score. */
  readonly base: Float64Array
  /** Row, then score: base + Σ contributions. */
  readonly scores: Float64Array
  /** Row, then part, then score. */
  readonly values: Float64Array
}

const forestOf = ({ model }: Member): ForestModel | undefined =>
  model.kind === 'forest' && (model as ForestModel).cover ? (model as ForestModel) : undefined

/** Whether exact values can be had: every member is a forest with the same scores, and its features belong to columns. */
export const isOfTrees = ({ members, bases }: Pipeline): boolean =>
  !bases &&
  members.every(member => {
    const forest = forestOf(member)
    return (
      forest !== undefined &&
      forest.base.length === forestOf(members[0]!)!.base.length &&
      featureOwners(member.transforms, forest) !== undefined
    )
  })

/** Nodes of all forests. */
export const countNodes = ({ members }: Pipeline): number =>
  members.reduce((sum, member) => sum + (forestOf(member)?.feature.length ?? 0), 0)

/** Whether the mean of the members' scores is the score of their mean answer. */
export const isAdditive = ({ members, task }: Pipeline): boolean =>
  task.answer?.temperature === undefined &&
  (members.length === 1 ||
    members.every(member => ['identity', 'mean'].includes(forestOf(member)?.link ?? '')))

/** Exact SHAP values by column of a pipeline of forests: the mean of the members' by their weights. `isOfTrees` has been asked before. */
export function treeColumns({ members }: Pipeline, dataset: Dataset): TreeColumns {
  const first = forestOf(members[0]!)!
  const width = first.base.length
  const places = new Map<string, number>()
  const owners = members.map(member => featureOwners(member.transforms, forestOf(member))!)
  for (const name of owners.flat()) if (!places.has(name)) places.set(name, places.size)
  const parts = [...places.keys()]
  const total = members.reduce((sum, { weight }) => sum + weight, 0)
  const base = new Float64Array(width)
  const values = new Float64Array(dataset.rows * parts.length * width)
  for (const [m, member] of members.entries()) {
    const found = treeShap(forestOf(member)!, applyTransforms(member.transforms, dataset))
    const share = member.weight / total
    for (let k = 0; k < width; k++) base[k]! += found.base[k]! * share
    const part = owners[m]!.map(name => places.get(name)!)
    for (let row = 0; row < dataset.rows; row++)
      for (let feature = 0; feature < found.features; feature++)
        for (let k = 0; k < width; k++)
          values[(row * parts.length + part[feature]!) * width + k]! +=
            found.values[(row * found.features + feature) * width + k]! * share
  }
  return {
    parts,
    width,
    unit: unitOf(first),
    base,
    scores: sums(values, base, dataset.rows, parts.length),
    values,
  }
}

const unitOf = ({ link, base, outputs }: ForestModel): string => {
  switch (link) {
    case 'identity':
      return 'value'
    case 'exp':
      return 'logarithm of the value'
    case 'mean':
      return outputs === 1 ? 'value' : 'probability'
    default:
      return base.length === 1 ? 'log-odds' : 'score before softmax'
  }
}

function sums(values: Float64Array, base: Float64Array, rows: number, parts: number): Float64Array {
  const width = base.length
  const scores = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < width; k++) {
      let sum = base[k]!
      for (let part = 0; part < parts; part++) sum += values[(row * parts + part) * width + k]!
      scores[row * width + k] = sum
    }
  return scores
}
