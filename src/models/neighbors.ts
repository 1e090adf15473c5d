import type { Graph, Tensor } from '../onnx/graph.ts'
import { predictByGraph, type GraphModel } from './by-graph.ts'
import type { ModelKind } from './model.ts'

/**
 * Rows that are remembered, and what they vote for. The answer is the mean vote of the `count` nearest, nearer ones weighing
 * more (`1 / (1 + d² / reach)`), beside `strength` votes for what is usual.
 */
export interface NeighborsModel extends GraphModel {
  readonly kind: 'neighbors'
  /** Row-major remembered rows × features, each feature already times its weight. */
  readonly rows: Float32Array
  /** Squared length of each remembered row. */
  readonly lengths: Float32Array
  /**
   * Row-major remembered rows × (outputs + 1): for its class, or its value in units of the target, times the weight of the row;
   * then that weight.
   */
  readonly votes: Float32Array
  readonly count: number
  /** Squared distance at which a vote counts half; Infinity for equal votes. */
  readonly reach: number
  readonly usual: Float64Array
  readonly strength: number
  /** Answer = vote · outputScale + outputShift. */
  readonly outputScale: number
  readonly outputShift: number
}

export const neighbors: ModelKind<NeighborsModel> = {
  kind: 'neighbors',
  predict: (model, features) =>
    predictByGraph(neighbors, model, features, model.features + model.lengths.length),
  emit(model, graph, features) {
    const { outputs, usual, strength, outputScale, outputShift } = model
    const [distances, nearest] = nearestRows(model, graph, features)
    const remembered = model.lengths.length
    const votes = graph.op('Gather', [graph.constant(model.votes, [remembered, outputs + 1]), nearest], {
      axis: 0,
    })
    const near = graph.op('Mul', [distances, graph.f64(1 / model.reach)])
    const weights = graph.op('Div', [graph.f64(1), graph.op('Add', [near, graph.f64(1)])])
    const weighted = graph.op('Mul', [
      graph.cast(votes, 'double'),
      graph.op('Unsqueeze', [weights, graph.i64(2)]),
    ])
    const sums = graph.op('ReduceSum', [weighted, graph.i64(1)], { keepdims: 0 })
    const prior = graph.constant(Float64Array.of(...usual.map(value => value * strength), strength), [
      1,
      outputs + 1,
    ])
    const [sum, total] = graph.ops('Split', [graph.op('Add', [sums, prior]), graph.i64(outputs, 1)], 2, {
      axis: 1,
    }) as [Tensor, Tensor]
    const mean = graph.op('Div', [sum, total])
    if (outputScale === 1 && outputShift === 0) return mean
    return graph.op('Add', [graph.op('Mul', [mean, graph.f64(outputScale)]), graph.f64(outputShift)])
  },
}

/**
 * Squared distances and row numbers of the nearest rows: |x|² − 2 x · r + |r|², in float64 and then rounded, so that rows equally far
 * stay so whichever runtime adds up: of those the first remembered is nearer.
 */
function nearestRows(model: NeighborsModel, graph: Graph, features: Tensor): [Tensor, Tensor] {
  const remembered = model.lengths.length
  const rows = graph.cast(graph.constant(model.rows, [remembered, model.features]), 'double')
  const wide = graph.cast(features, 'double')
  const product = graph.op('MatMul', [wide, graph.op('Transpose', [rows], { perm: { ints: [1, 0] } })])
  const own = graph.op('ReduceSum', [graph.op('Mul', [wide, wide]), graph.i64(1)])
  const apart = graph.op('Sub', [
    graph.constant(squaredLengths(model), [1, remembered]),
    graph.op('Mul', [product, graph.f64(2)]),
  ])
  const distances = graph.op('Max', [graph.op('Add', [apart, own]), graph.f64(0)])
  const [least, nearest] = graph.ops(
    'TopK',
    [graph.cast(distances, 'float'), graph.i64(model.count)],
    2,
    { axis: 1, largest: 0, sorted: 1 },
    { types: ['float', 'int64'] },
  ) as [Tensor, Tensor]
  return [graph.cast(least, 'double'), nearest]
}

function squaredLengths({ rows, features, lengths }: NeighborsModel): Float64Array {
  return Float64Array.from(lengths, (_, row) => {
    let sum = 0
    for (let at = row * features; at < (row + 1) * features; at++) sum += rows[at]! * rows[at]!
    return sum
  })
}
