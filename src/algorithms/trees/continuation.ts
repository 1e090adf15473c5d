import type { Features } from '../../data/features.ts'
import type { ForestModel } from '../../models/forest.ts'
import { sumTrees } from '../../models/forest-sums.ts'
import type { ModelData } from '../../models/model.ts'
import { InputError } from '../../util/errors.ts'

/** Checks that boosting can go on from this model: the same question, features and loss. */
export function requireForest(
  model: ModelData,
  like: Pick<ForestModel, 'outputs' | 'width' | 'link' | 'leafWidth'>,
): ForestModel {
  const forest = model as ForestModel
  const reasons = [
    model.kind !== 'forest' && `a model of kind "${model.kind}"`,
    model.outputs !== like.outputs && `${model.outputs} outputs instead of ${like.outputs}`,
    forest.encoders && 'categories encoded by itself',
    forest.width !== like.width && `${forest.width} features instead of ${like.width}`,
    forest.leafWidth !== like.leafWidth &&
      `${forest.leafWidth} numbers in a leaf instead of ${like.leafWidth}`,
    forest.link !== like.link && `link "${forest.link}" instead of "${like.link}"`,
  ].filter(reason => typeof reason === 'string')
  if (reasons.length === 0) return forest
  throw new InputError(
    'E_CANNOT_CONTINUE',
    `the model to go on from has ${reasons[0]}: expected boosted trees of the same learner on the same features; start anew without it`,
  )
}

/** Scores of rows by a model, score after score, in a unit where value = mean + scale · score. */
export async function scoresBy(
  model: ForestModel,
  features: Features,
  { mean, scale }: { readonly mean: number; readonly scale: number },
): Promise<Float32Array[]> {
  const count = model.base.length
  const sums = await sumTrees(model, features)
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from(
      { length: features.rows },
      (_, row) => (model.base[k]! + sums[row * count + k]! - mean) / scale,
    ),
  )
}

/** The trees of both, first one's base. */
export function joinForests(first: ForestModel, second: ForestModel): ForestModel {
  const nodes = first.feature.length
  const leaves = first.values.length / first.leafWidth
  const shifted = second.left.map((to, node) => to + (second.feature[node] === -1 ? leaves : nodes))
  const { cover, gain } = first
  return {
    ...second,
    base: first.base,
    roots: Int32Array.from([...first.roots, ...second.roots.map(root => root + nodes)]),
    feature: join(Int32Array, first.feature, second.feature),
    threshold: join(Float32Array, first.threshold, second.threshold),
    left: join(Int32Array, first.left, shifted),
    missingLeft: join(Uint8Array, first.missingLeft, second.missingLeft),
    values: join(Float32Array, first.values, second.values),
    ...(cover && second.cover && { cover: join(Float32Array, cover, second.cover) }),
    ...(gain && second.gain && { gain: join(Float32Array, gain, second.gain) }),
  }
}

function join<T extends Int32Array | Float32Array | Uint8Array>(
  kind: new (length: number) => T,
  first: T,
  second: T,
): T {
  const both = new kind(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
