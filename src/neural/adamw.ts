import type { Graph, Tensor } from '../onnx/graph.ts'
import { scalar } from '../onnx/scalar.ts'

/** Weights and the two running moments of their gradients, all as one vector each. */
export interface OptimizerState {
  readonly weights: Tensor
  readonly first: Tensor
  readonly second: Tensor
}

/** The three numbers of one step that depend on its learning rate and its position. */
export interface StepScalars {
  readonly alpha: Tensor
  readonly epsilon: Tensor
  readonly decay: Tensor
}

/** How one parameter moves: its learning rate and its weight decay as shares of the common ones. */
export interface Pace {
  readonly rate: number
  readonly decay: number
}

/** The paces of all parameters, as vectors laid out like the weights. */
export interface Paces {
  readonly rate: Tensor
  readonly decay: Tensor
}

const EPSILON = 1e-8

export interface AdamOptions {
  readonly beta1: number
  readonly beta2: number
  readonly weightDecay: number
}

/**
 * One step of AdamW (Loshchilov & Hutter 2019). The moments are kept without the factors (1 − β), which moves the bias
 * correction into `alpha` and `epsilon`: numbers made outside the graph, so any schedule costs nothing inside it.
 */
export function emitAdamW(
  graph: Graph,
  state: OptimizerState,
  gradient: Tensor,
  { alpha, epsilon, decay }: StepScalars,
  { beta1, beta2 }: AdamOptions,
  paces?: Paces,
): OptimizerState {
  const keep = (beta: number, moment: Tensor, addend: Tensor) =>
    graph.op('Add', [graph.op('Mul', [moment, scalar(graph, beta, moment)]), addend])
  const first = keep(beta1, state.first, gradient)
  const second = keep(beta2, state.second, graph.op('Mul', [gradient, gradient]))
  const length = graph.op('Add', [graph.op('Sqrt', [second]), epsilon])
  const step = graph.op('Div', [graph.op('Mul', [first, alpha]), length])
  const [kept, move] = paces
    ? [ownDecay(graph, decay, paces), graph.op('Mul', [step, paces.rate])]
    : [decay, step]
  const weights = graph.op('Sub', [graph.op('Mul', [state.weights, kept]), move])
  return { weights, first, second }
}

/** 1 − (1 − decay) · share */
function ownDecay(graph: Graph, decay: Tensor, paces: Paces): Tensor {
  const one = scalar(graph, 1, decay)
  const lost = graph.op('Sub', [one, decay])
  return graph.op('Sub', [one, graph.op('Mul', [paces.decay, lost])])
}

/** `alpha`, `epsilon` and `decay` of step number `step` (from 1) at learning rate `rate`. */
export function adamScalars(rate: number, step: number, { beta1, beta2, weightDecay }: AdamOptions) {
  const scale = Math.sqrt((1 - beta2 ** step) / (1 - beta2))
  return {
    alpha: ((rate * (1 - beta1)) / (1 - beta1 ** step)) * scale,
    epsilon: EPSILON * scale,
    decay: 1 - rate * weightDecay,
  }
}
