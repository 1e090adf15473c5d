import type { Graph, Tensor } from '../onnx/graph.ts'
import { deviations, standardized } from '../onnx/normal-layer.ts'
import { scalar } from '../onnx/scalar.ts'

const MOMENTUM = 0.1

/** What a batch was normalized by. */
export interface BatchMoments {
  readonly means: Tensor
  readonly variances: Tensor
  readonly unit: Tensor
}

const overRows = (graph: Graph, values: Tensor) =>
  graph.op('ReduceMean', [values, graph.i64(0)], { keepdims: 0 })

export function batchMoments(graph: Graph, input: Tensor): BatchMoments {
  const means = overRows(graph, input)
  const centred = graph.op('Sub', [input, means])
  const variances = overRows(graph, graph.op('Mul', [centred, centred]))
  return { means, variances, unit: standardized(graph, input, means, variances) }
}

/**
 * Gradients of factors, shifts and input: with x̂ the normalized input,
 * dx = factor / deviation · (dy − mean(dy) − x̂ · mean(dy · x̂)).
 */
export function batchNormGradients(
  graph: Graph,
  { variances, unit }: BatchMoments,
  dy: Tensor,
  factors: Tensor,
): readonly [factors: Tensor, shifts: Tensor, input: Tensor] {
  const product = graph.op('Mul', [dy, unit])
  const sum = (values: Tensor) => graph.op('ReduceSum', [values, graph.i64(0)], { keepdims: 0 })
  const along = graph.op('Mul', [unit, overRows(graph, product)])
  const own = graph.op('Sub', [graph.op('Sub', [dy, overRows(graph, dy)]), along])
  const scale = graph.op('Div', [factors, deviations(graph, variances)])
  return [sum(product), sum(dy), graph.op('Mul', [own, scale])]
}

/** How far running statistics go towards those of a batch of `rows`. */
export function drift(graph: Graph, running: Tensor, batch: Tensor, unbias: number): Tensor {
  const seen = unbias === 1 ? batch : graph.op('Mul', [batch, scalar(graph, unbias, batch)])
  return graph.op('Mul', [graph.op('Sub', [seen, running]), scalar(graph, MOMENTUM, running)])
}
