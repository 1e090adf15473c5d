import { mishGate, SELU, type ActivationName } from '../onnx/activations.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { scalar } from '../onnx/scalar.ts'

/** d output / d input of an activation, from whichever of the two is cheaper. */
export function slope(graph: Graph, name: ActivationName, input: Tensor, output: Tensor): Tensor {
  const number = (value: number) => scalar(graph, value, input)
  switch (name) {
    case 'relu': // Twice cast, an output becomes 0 or 1: cheaper than a comparison and a choice.
      return graph.cast(graph.cast(output, 'bool'), input.type)
    case 'tanh':
      return graph.op('Sub', [number(1), graph.op('Mul', [output, output])])
    case 'silu': {
      // silu = x s, so silu' = s + silu (1 − s)
      const sigmoid = graph.op('Sigmoid', [input])
      return graph.op('Add', [sigmoid, graph.op('Mul', [output, graph.op('Sub', [number(1), sigmoid])])])
    }
    case 'selu': {
      // γ above 0, selu + γ α below
      const above = graph.op('Greater', [input, number(0)], {}, { type: 'bool' })
      const below = graph.op('Add', [output, number(SELU.gamma * SELU.alpha)])
      return graph.op('Where', [above, number(SELU.gamma), below], {}, { type: input.type })
    }
    case 'mish': {
      // mish = x t, so mish' = t + x s (1 − t²)
      const gate = mishGate(graph, input)
      const rest = graph.op('Sub', [number(1), graph.op('Mul', [gate, gate])])
      const bend = graph.op('Mul', [input, graph.op('Mul', [graph.op('Sigmoid', [input]), rest])])
      return graph.op('Add', [gate, bend])
    }
  }
}
