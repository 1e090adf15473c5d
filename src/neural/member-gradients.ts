import type { Graph, Tensor } from '../onnx/graph.ts'
import { apart, byMember, byRow, together, type MemberLayer } from '../onnx/member-layers.ts'
import { product } from './products.ts'

interface Passed {
  readonly input: Tensor
  readonly dy: Tensor
  readonly parameters: readonly Tensor[]
}

/** Gradients of the parameters of a layer of members, in their order, and of its input if wanted. */
export function memberGradients(
  graph: Graph,
  layer: MemberLayer,
  { input, dy, parameters }: Passed,
  wantsInput: boolean,
): { readonly parameters: readonly Tensor[]; readonly input: Tensor | undefined } {
  const { members } = layer
  const sum = (values: Tensor, axis: number, keepdims = 0) =>
    graph.op('ReduceSum', [values, graph.i64(axis)], { keepdims })
  switch (layer.kind) {
    case 'members': {
      const back = apart(graph, dy, members, layer.width)
      const factors = sum(graph.op('Mul', [back, graph.op('Unsqueeze', [input, graph.i64(1)])]), 0)
      const passed = wantsInput ? sum(graph.op('Mul', [back, parameters[0]!]), 1) : undefined
      return { parameters: [factors], input: passed }
    }
    case 'member-scale': {
      const back = apart(graph, dy, members, layer.width)
      const factors = sum(graph.op('Mul', [back, apart(graph, input, members, layer.width)]), 0)
      const passed = wantsInput
        ? together(graph, graph.op('Mul', [back, parameters[0]!]), layer.width)
        : undefined
      return { parameters: [factors], input: passed }
    }
    case 'member-shift':
      return { parameters: [sum(apart(graph, dy, members, layer.width), 0)], input: dy }
    case 'member-heads': {
      const back = byMember(graph, dy, members, layer.outputs)
      const weights = product(graph, byMember(graph, input, members, layer.inputs), back, { first: true })
      const passed = wantsInput
        ? byRow(graph, product(graph, back, parameters[0]!, { second: true }), layer.inputs)
        : undefined
      return { parameters: [weights, sum(back, 1, 1)], input: passed }
    }
    case 'member-mean':
      throw new Error('a net is trained member by member: its mean has no gradient here')
  }
}
