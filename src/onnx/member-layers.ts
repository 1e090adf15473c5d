import type { Graph, Tensor } from './graph.ts'
import { scalar } from './scalar.ts'

/*
 * Layers of a net that is many nets in one (TabM; Gorishniy, Kotelnikov & Babenko 2025, after BatchEnsemble): members share
 * the dense layers and differ in factors, shifts and heads. From `members` to `member-mean` a row stands there once per member:
 *
 *     row 0 member 0 | row 0 member 1 | … | row 1 member 0 | …
 */
export type MemberLayer =
  /** Each row becomes `members` rows, each with the factors of its member. `factors`: members × width. */
  | {
      readonly kind: 'members'
      readonly members: number
      readonly width: number
      readonly factors: Float32Array
    }
  | {
      readonly kind: 'member-scale'
      readonly members: number
      readonly width: number
      readonly factors: Float32Array
    }
  | {
      readonly kind: 'member-shift'
      readonly members: number
      readonly width: number
      readonly biases: Float32Array
    }
  /** A dense layer of its own for each member. */
  | {
      readonly kind: 'member-heads'
      readonly members: number
      readonly inputs: number
      readonly outputs: number
      /** members × inputs × outputs. */
      readonly weights: Float32Array
      /** members × outputs. */
      readonly biases: Float32Array
    }
  /** The last layer: logarithms of the mean probabilities of the members, or their mean value. Training leaves it out. */
  | {
      readonly kind: 'member-mean'
      readonly members: number
      readonly outputs: number
      readonly of: 'probabilities' | 'values'
    }

/** `[B · members, width]` as `[B, members, width]`. */
export const apart = (graph: Graph, input: Tensor, members: number, width: number): Tensor =>
  graph.op('Reshape', [input, graph.i64(-1, members, width)])

/** `[B, members, width]` as `[B · members, width]`. */
export const together = (graph: Graph, input: Tensor, width: number): Tensor =>
  graph.op('Reshape', [input, graph.i64(-1, width)])

/** `[B · members, width]` as `[members, B, width]`. */
export const byMember = (graph: Graph, input: Tensor, members: number, width: number): Tensor =>
  graph.op('Transpose', [apart(graph, input, members, width)], { perm: { ints: [1, 0, 2] } })

/** `[members, B, width]` as `[B · members, width]`. */
export const byRow = (graph: Graph, input: Tensor, width: number): Tensor =>
  together(graph, graph.op('Transpose', [input], { perm: { ints: [1, 0, 2] } }), width)

export function emitMemberLayer(
  graph: Graph,
  layer: MemberLayer,
  input: Tensor,
  parameters: readonly Tensor[],
): Tensor {
  const { members } = layer
  switch (layer.kind) {
    case 'members': {
      const copies = graph.op('Mul', [graph.op('Unsqueeze', [input, graph.i64(1)]), parameters[0]!])
      return together(graph, copies, layer.width)
    }
    case 'member-scale':
    case 'member-shift': {
      const rows = apart(graph, input, members, layer.width)
      const changed = graph.op(layer.kind === 'member-scale' ? 'Mul' : 'Add', [rows, parameters[0]!])
      return together(graph, changed, layer.width)
    }
    case 'member-heads': {
      const rows = byMember(graph, input, members, layer.inputs)
      const scores = graph.op('Add', [graph.op('MatMul', [rows, parameters[0]!]), parameters[1]!])
      return byRow(graph, scores, layer.outputs)
    }
    case 'member-mean': {
      const rows = apart(graph, input, members, layer.outputs)
      if (layer.of === 'values') return graph.op('ReduceMean', [rows, graph.i64(1)], { keepdims: 0 })
      const logs = graph.op('LogSoftmax', [rows], { axis: 2 })
      const sum = graph.op('ReduceLogSumExp', [logs, graph.i64(1)], { keepdims: 0 })
      return graph.op('Sub', [sum, scalar(graph, Math.log(members), sum)])
    }
  }
}
