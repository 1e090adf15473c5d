import type { Graph, Tensor } from '../onnx/graph.ts'
import { scalar } from '../onnx/scalar.ts'

/** What a net minimises: cross-entropy of the softmax of its outputs, or the squared error of its one output. */
export type Loss = 'cross-entropy' | 'squared-error'

export interface LossNodes {
  /** d loss / d output, `[B, outputs]`. */
  readonly gradient: Tensor
  /** Adds the nodes of the loss itself, a scalar; training does not need it. */
  readonly value: () => Tensor
}

/**
 * Loss over a batch: `1 / B · Σ weight · loss(row)`. `target` is a distribution over the classes (`[B, classes]`) or a value
 * (`[B, 1]`); `weights` is `[B, 1]`, or undefined for 1.
 */
export function emitLoss(
  graph: Graph,
  loss: Loss,
  output: Tensor,
  target: Tensor,
  batch: number,
  weights: Tensor | undefined,
): LossNodes {
  const share = scalar(graph, 1 / batch, output)
  const factor = weights ? graph.op('Mul', [weights, share]) : share
  if (loss === 'squared-error') {
    const error = graph.op('Sub', [output, target])
    const scaled = graph.op('Mul', [error, factor])
    return { gradient: scaled, value: () => half(graph, total(graph, graph.op('Mul', [scaled, error]))) }
  }
  const probabilities = graph.op('Softmax', [output], { axis: 1 })
  const gradient = graph.op('Mul', [graph.op('Sub', [probabilities, target]), factor])
  return {
    gradient,
    value: () => {
      const logs = graph.op('Log', [probabilities])
      const likelihood = graph.op('Mul', [graph.op('Mul', [logs, target]), factor])
      return graph.op('Neg', [total(graph, likelihood)])
    },
  }
}

const half = (graph: Graph, value: Tensor) => graph.op('Mul', [value, scalar(graph, 0.5, value)])
const total = (graph: Graph, value: Tensor) => graph.op('ReduceSum', [value], { keepdims: 0 })
