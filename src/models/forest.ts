import { type Graph, ML_DOMAIN, type Tensor } from '../onnx/graph.ts'
import { InputError } from '../util/errors.ts'
import { appendEncoded, type CategoryEncoder, emitEncoded } from './category-encoders.ts'
import { sumTrees } from './forest-sums.ts'
import type { ModelData, ModelKind } from './model.ts'

/** How sums over trees become outputs. `mean`: leaves hold values or class shares, averaged over trees; `exp`: the sum is a logarithm. */
export type Link = 'identity' | 'exp' | 'logistic' | 'softmax' | 'mean'

/**
 * Trees of any origin as flat arrays. Node i is a leaf when `feature[i]` is −1, and `left[i]` then numbers the leaf: its
 * values are `values[leaf · leafWidth …]`. Otherwise a row goes to `left[i]` when `x ≤ threshold[i]` in float32, or when x is
 * missing and `missingLeft[i]` is 1; else to `left[i] + 1`.
 *
 * With leaf width 1, tree t adds to score `t mod scores`; with a greater one, leaves hold all scores.
 */
export interface ForestModel extends ModelData {
  readonly kind: 'forest'
  /** Features the nodes ask about: those a row must have, then one per encoder. */
  readonly width: number
  readonly encoders?: readonly CategoryEncoder[]
  readonly link: Link
  /** Added to the sum of each score; its length is the number of scores. */
  readonly base: Float64Array
  readonly leafWidth: number
  /** First node of each tree. */
  readonly roots: Int32Array
  readonly feature: Int32Array
  readonly threshold: Float32Array
  readonly left: Int32Array
  readonly missingLeft: Uint8Array
  readonly values: Float32Array
  /** Training rows that came by each node, for explanations. */
  readonly cover?: Float32Array
  /** What the split of each node brought to the training loss; 0 for leaves. */
  readonly gain?: Float32Array
  /** Of a random forest that was asked for it. */
  readonly outOfBag?: OutOfBagScore
}

/** Score on rows by the trees that had not seen them. */
export interface OutOfBagScore {
  readonly rows: number
  readonly Accuracy?: number
  readonly RMSE?: number
}

export const forest: ModelKind<ForestModel> = {
  kind: 'forest',

  async predict(model, features) {
    const encoders = model.encoders ?? []
    const expected = model.width - encoders.length
    if (features.columns.length !== expected) {
      throw new InputError(
        'E_WRONG_WIDTH',
        `forest was given ${features.columns.length} features: expected the ${expected} it was trained on`,
      )
    }
    const inputs = encoders.length > 0 ? appendEncoded(features, encoders) : features
    return applyLink(model, await sumTrees(model, inputs), features.rows)
  },

  emit: (model, graph, features) =>
    emitForest(model, graph, model.encoders ? emitEncoded(model.encoders, graph, features) : features),
}

function applyLink(
  { link, base, roots, outputs }: ForestModel,
  sums: Float64Array,
  rows: number,
): Float64Array {
  const scores = base.length
  const trees = link === 'mean' ? Math.max(1, roots.length) : 1
  const raw = sums.map((sum, i) => base[i % scores]! + sum / trees)
  if (outputs === 1) return link === 'exp' ? raw.map(Math.exp) : raw
  const result = new Float64Array(rows * outputs)
  for (let row = 0; row < rows; row++) {
    const out = result.subarray(row * outputs, (row + 1) * outputs)
    if (scores === 1) {
      const p = link === 'mean' ? Math.min(1, Math.max(0, raw[row]!)) : 1 / (1 + Math.exp(-raw[row]!))
      out[0] = 1 - p
      out[1] = p
      continue
    }
    const from = raw.subarray(row * scores, (row + 1) * scores)
    const peak = link === 'softmax' ? from.reduce((top, score) => Math.max(top, score), -Infinity) : 0
    let total = 0
    for (let k = 0; k < scores; k++)
      total += out[k] = link === 'softmax' ? Math.exp(from[k]! - peak) : from[k]!
    for (let k = 0; k < scores; k++) out[k]! /= total
  }
  return result
}

/** Trees per ONNX node: onnxruntime adds their leaves in float32, so long sums are made of short ones added in double. */
const CHUNK = 50

function emitForest(model: ForestModel, graph: Graph, features: Tensor): Tensor {
  const { base, link, roots, outputs } = model
  const scores = base.length
  let sum = graph.constant(Float64Array.from(base), [1, scores])
  const perTree = Math.max(1, CHUNK - (CHUNK % scores))
  for (let first = 0; first < roots.length; first += perTree) {
    const part = emitTrees(model, graph, features, first, Math.min(roots.length, first + perTree))
    const wide = graph.cast(part, 'double')
    const scaled = link === 'mean' ? graph.op('Div', [wide, graph.f64(roots.length)]) : wide
    sum = graph.op('Add', [sum, scaled])
  }
  if (roots.length === 0) sum = broadcastToRows(graph, sum, features, scores)
  if (outputs === 1) return link === 'exp' ? graph.op('Exp', [sum]) : sum
  if (link === 'softmax') return graph.op('Softmax', [sum], { axis: 1 })
  if (scores === 1) {
    const p =
      link === 'mean' ? graph.op('Clip', [sum, graph.f64(0), graph.f64(1)]) : graph.op('Sigmoid', [sum])
    return graph.op('Concat', [graph.op('Sub', [graph.f64(1), p]), p], { axis: 1 })
  }
  return graph.op('Div', [sum, graph.op('ReduceSum', [sum, graph.i64(1)], { keepdims: 1 })])
}

function broadcastToRows(graph: Graph, row: Tensor, features: Tensor, scores: number): Tensor {
  const count = graph.op('Shape', [features], { start: 0, end: 1 }, { type: 'int64' })
  const shape = graph.op('Concat', [count, graph.i64(scores)], { axis: 0 })
  return graph.op('Expand', [row, shape])
}

/** Trees [first, last) as one TreeEnsembleRegressor. TreeEnsembleClassifier mislabels two classes in onnxruntime. */
function emitTrees(model: ForestModel, graph: Graph, features: Tensor, first: number, last: number): Tensor {
  const scores = model.base.length
  const list = {
    treeIds: [] as number[],
    nodeIds: [] as number[],
    features: [] as number[],
    values: [] as number[],
    modes: [] as string[],
    trueIds: [] as number[],
    falseIds: [] as number[],
    missing: [] as number[],
  }
  const leaf = {
    treeIds: [] as number[],
    nodeIds: [] as number[],
    targets: [] as number[],
    weights: [] as number[],
  }
  for (let tree = first; tree < last; tree++) {
    const root = model.roots[tree]!
    const end = tree + 1 < model.roots.length ? model.roots[tree + 1]! : model.feature.length
    for (let node = root; node < end; node++) {
      const isLeaf = model.feature[node] === -1
      list.treeIds.push(tree - first)
      list.nodeIds.push(node - root)
      list.features.push(isLeaf ? 0 : model.feature[node]!)
      list.values.push(isLeaf ? 0 : model.threshold[node]!)
      list.modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ')
      list.trueIds.push(isLeaf ? 0 : model.left[node]! - root)
      list.falseIds.push(isLeaf ? 0 : model.left[node]! + 1 - root)
      list.missing.push(isLeaf ? 0 : model.missingLeft[node]!)
      if (!isLeaf) continue
      for (let k = 0; k < model.leafWidth; k++) {
        const weight = model.values[model.left[node]! * model.leafWidth + k]!
        if (weight === 0 && model.leafWidth > 1) continue
        leaf.treeIds.push(tree - first)
        leaf.nodeIds.push(node - root)
        leaf.targets.push(model.leafWidth === 1 ? tree % scores : k)
        leaf.weights.push(weight)
      }
    }
  }
  return graph.op(
    'TreeEnsembleRegressor',
    [features],
    {
      n_targets: scores,
      aggregate_function: 'SUM',
      post_transform: 'NONE',
      nodes_treeids: { ints: list.treeIds },
      nodes_nodeids: { ints: list.nodeIds },
      nodes_featureids: { ints: list.features },
      nodes_values: { floats: list.values },
      nodes_modes: { strings: list.modes },
      nodes_truenodeids: { ints: list.trueIds },
      nodes_falsenodeids: { ints: list.falseIds },
      nodes_missing_value_tracks_true: { ints: list.missing },
      target_treeids: { ints: leaf.treeIds },
      target_nodeids: { ints: leaf.nodeIds },
      target_ids: { ints: leaf.targets },
      target_weights: { floats: leaf.weights },
    },
    { domain: ML_DOMAIN, type: 'float' },
  )
}
