import type { Graph, Tensor } from '../onnx/graph.ts'
import { angles, cosines, numbersOf, reaches, type Pieces, type Waves } from '../onnx/number-layers.ts'
import { scalar } from '../onnx/scalar.ts'
import { product } from './products.ts'

/** Gradients of the parameters, in their order, and of the columns behind the numbers if wanted. */
interface Gradients {
  readonly parameters: readonly Tensor[]
  readonly input: Tensor | undefined
}

interface Passed {
  readonly input: Tensor
  readonly dy: Tensor
  readonly parameters: readonly Tensor[]
}

/** The part of dy that belongs to the vectors, as `[features, B, width]`. */
function vectorPart(graph: Graph, { features, width, rest }: Pieces | Waves, dy: Tensor, beside: number) {
  const own =
    rest + beside === 0
      ? dy
      : graph.op('Slice', [dy, graph.i64(0), graph.i64(features * width), graph.i64(1)])
  const rows = graph.op('Reshape', [own, graph.i64(-1, features, width)])
  return graph.op('Transpose', [rows], { perm: { ints: [1, 0, 2] } })
}

/** d loss / d input: 0 for the numbers, which are data, and what came back for the columns behind them. */
function inputPart(graph: Graph, { features, width, rest }: Pieces | Waves, dy: Tensor, beside: number) {
  const start = features * width + beside
  const behind = graph.op('Slice', [dy, graph.i64(start), graph.i64(start + rest), graph.i64(1)])
  return graph.op('Pad', [behind, graph.i64(0, features, 0, 0)])
}

const biasGradient = (graph: Graph, dVectors: Tensor) =>
  graph.op('ReduceSum', [dVectors, graph.i64(1)], { keepdims: 0 })

export function piecesGradients(
  graph: Graph,
  layer: Pieces,
  { input, dy }: Passed,
  wantsInput: boolean,
): Gradients {
  const dVectors = vectorPart(graph, layer, dy, 0)
  const weights = product(graph, reaches(graph, layer, input), dVectors, { first: true })
  return {
    parameters: [weights, biasGradient(graph, dVectors)],
    input: wantsInput && layer.rest > 0 ? inputPart(graph, layer, dy, 0) : undefined,
  }
}

export function wavesGradients(
  graph: Graph,
  layer: Waves,
  { input, dy, parameters }: Passed,
  wantsInput: boolean,
): Gradients {
  const dVectors = vectorPart(graph, layer, dy, layer.features + layer.rest)
  const weights = product(graph, cosines(graph, layer, input, parameters), dVectors, { first: true })
  const dCosines = product(graph, dVectors, parameters[2]!, { second: true })
  const sines = graph.op('Sin', [angles(graph, layer, input, parameters)])
  const dAngles = graph.op('Neg', [graph.op('Mul', [sines, dCosines])])
  const over = (values: Tensor) => graph.op('ReduceSum', [values, graph.i64(1)], { keepdims: 0 })
  const byNumber = graph.op('Mul', [dAngles, numbersOf(graph, layer, input)])
  const frequencies = graph.op('Mul', [over(byNumber), scalar(graph, 2 * Math.PI, input)])
  return {
    parameters: [frequencies, over(dAngles), weights, biasGradient(graph, dVectors)],
    input: wantsInput && layer.rest > 0 ? inputPart(graph, layer, dy, layer.features) : undefined,
  }
}
