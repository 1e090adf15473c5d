import type { Graph, Tensor } from './graph.ts'
import { scalar } from './scalar.ts'

export type ActivationName = 'relu' | 'silu' | 'tanh' | 'selu' | 'mish'

/** Constants of the self-normalizing unit (Klambauer et al. 2017). */
export const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 } as const
const MISH_CEILING = 20 // beyond it mish is the identity to the last bit of float32, and exp cannot overflow

/** f(x) for every value. */
export function emitActivation(graph: Graph, name: ActivationName, input: Tensor): Tensor {
  switch (name) {
    case 'relu':
      return graph.op('Relu', [input])
    case 'tanh':
      return graph.op('Tanh', [input])
    case 'silu':
      return graph.op('Mul', [input, graph.op('Sigmoid', [input])])
    case 'selu':
      return graph.once(`selu of ${input.name}`, () => emitSelu(graph, input))
    case 'mish':
      return graph.once(`mish of ${input.name}`, () => graph.op('Mul', [input, mishGate(graph, input)]))
  }
}

function emitSelu(graph: Graph, input: Tensor): Tensor {
  const { alpha, gamma } = SELU
  if (input.type === 'float') return graph.op('Selu', [input], { alpha, gamma })
  const below = graph.op('Sub', [
    graph.op('Exp', [graph.op('Min', [input, scalar(graph, 0, input)])]),
    scalar(graph, 1, input),
  ])
  const scaled = graph.op('Mul', [below, scalar(graph, alpha, input)])
  return graph.op('Mul', [graph.op('Add', [graph.op('Relu', [input]), scaled]), scalar(graph, gamma, input)])
}

/** tanh(log(1 + eˣ)) = n / (n + 2) with n = eˣ (eˣ + 2). */
export function mishGate(graph: Graph, input: Tensor): Tensor {
  return graph.once(`mish gate ${input.name}`, () => {
    const exp = graph.op('Exp', [graph.op('Min', [input, scalar(graph, MISH_CEILING, input)])])
    const two = scalar(graph, 2, input)
    const n = graph.op('Mul', [exp, graph.op('Add', [exp, two])])
    return graph.op('Div', [n, graph.op('Add', [n, two])])
  })
}
