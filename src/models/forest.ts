import { denseValues, type Features } from '../data/features.ts'
import { type Graph, ML_DOMAIN, type Tensor } from '../onnx/graph.ts'
import { type Arena, withArena } from '../kernels/kernels.ts'
import { InputError } from '../util/errors.ts'
import { appendEncoded, type CategoryEncoder, emitEncoded } from './category-encoders.ts'
import type { ModelData, ModelKind } from './model.ts'

/** How sums over trees become outputs. `mean`: leaves hold values or class shares, averaged over trees. */
export type Link = 'identity' | 'logistic' | 'softmax' | 'mean'

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
    const sums = await withArena(arena => sumTrees(arena, model, inputs))
    return applyLink(model, sums, features.rows)
  },

  emit: (model, graph, features) =>
    emitForest(model, graph, model.encoders ? emitEncoded(model.encoders, graph, features) : features),
}

const NODE_BYTES = 16
const MISSING_LEFT = 1 << 31
const TILE_BYTES = 1 << 18 // of a tile of rows: it stays in the second-level cache while all trees pass

/** Σ over trees of leaf values, float64, rows × scores. */
function sumTrees(arena: Arena, model: ForestModel, { rows, columns }: Features): Float64Array {
  const scores = model.base.length
  const { used, remapped } = usedFeatures(model)
  const nodes = putNodes(arena, model, remapped)
  const roots = arena.put(model.roots)
  const outputOf = arena.put(model.roots.map((_, tree) => (model.leafWidth === 1 ? tree % scores : 0)))
  const values = arena.put(model.values)
  const width = Math.max(1, used.length)
  const tile = Math.max(16, Math.min(rows, Math.floor(TILE_BYTES / (4 * width))))
  const matrix = arena.allocate(4 * width * (tile + 3))
  const sums = arena.allocate(8 * scores * (tile + 3))
  const dense = used.map(column => denseValues(columns[column]!, rows))
  const result = new Float64Array(rows * scores)
  for (let start = 0; start < rows; start += tile) {
    const n = Math.min(tile, rows - start)
    const cells = arena.f32(matrix, width * n)
    for (let j = 0; j < dense.length; j++) {
      const column = dense[j]!
      for (let i = 0, at = j; i < n; i++, at += width) cells[at] = column[start + i]!
    }
    arena.f64(sums, scores * n).fill(0)
    arena.kernels.predictRows(
      nodes, roots, model.roots.length, outputOf, values, model.leafWidth, matrix, n, width, sums, scores,
    ) // prettier-ignore
    result.set(arena.f64(sums, scores * n), start * scores)
  }
  return result
}

/** The columns some node asks about, and each node's position among them. */
function usedFeatures({ feature, width }: ForestModel): { used: number[]; remapped: Int32Array } {
  const position = new Int32Array(width).fill(-1)
  const used: number[] = []
  for (const column of feature)
    if (column >= 0 && position[column]! < 0) position[column] = used.push(column) - 1
  return { used, remapped: feature.map(column => (column < 0 ? -1 : position[column]!)) }
}

function putNodes(arena: Arena, { threshold, left, missingLeft }: ForestModel, feature: Int32Array): number {
  const nodes = arena.allocate(NODE_BYTES * feature.length)
  const floats = arena.f32(nodes, 4 * feature.length)
  const words = arena.i32(nodes, 4 * feature.length)
  for (let node = 0; node < feature.length; node++) {
    const at = 4 * node
    const isLeaf = feature[node] === -1
    // A leaf sends every value, missing ones too, to itself.
    floats[at] = isLeaf ? Infinity : threshold[node]!
    words[at + 1] = isLeaf ? MISSING_LEFT : feature[node]! | (missingLeft[node] ? MISSING_LEFT : 0)
    words[at + 2] = isLeaf ? node : left[node]!
    words[at + 3] = isLeaf ? left[node]! : 0
  }
  return nodes
}

function applyLink(
  { link, base, roots, outputs }: ForestModel,
  sums: Float64Array,
  rows: number,
): Float64Array {
  const scores = base.length
  const trees = link === 'mean' ? Math.max(1, roots.length) : 1
  const raw = sums.map((sum, i) => base[i % scores]! + sum / trees)
  if (outputs === 1) return raw
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
  if (outputs === 1) return sum
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
