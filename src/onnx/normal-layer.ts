import type { Graph, Tensor } from './graph.ts'
import { scalar } from './scalar.ts'

/**
 * Batch normalization (Ioffe & Szegedy 2015): columns to mean 0 and deviation 1, then a learnt factor and shift. Training uses
 * mean and variance of each batch and keeps running ones, which everything afterwards uses.
 */
export interface BatchNorm {
  readonly kind: 'batch-norm'
  readonly width: number
  readonly factors: Float32Array
  readonly shifts: Float32Array
  readonly means: Float32Array
  readonly variances: Float32Array
}

const EPSILON = 1e-5

/** Mean 0 and deviation 1, by these means and variances. */
export function standardized(graph: Graph, input: Tensor, means: Tensor, variances: Tensor): Tensor {
  return graph.op('Div', [graph.op('Sub', [input, means]), deviations(graph, variances)])
}

export const deviations = (graph: Graph, variances: Tensor): Tensor =>
  graph.op('Sqrt', [graph.op('Add', [variances, scalar(graph, EPSILON, variances)])])

export function emitBatchNorm(graph: Graph, input: Tensor, parameters: readonly Tensor[]): Tensor {
  const [factors, shifts, means, variances] = parameters as [Tensor, Tensor, Tensor, Tensor]
  const unit = standardized(graph, input, means, variances)
  return graph.op('Add', [graph.op('Mul', [unit, factors]), shifts])
}
