import { belonging, factorParts, factorSums, factorWidth, type Factors } from '../onnx/factor-layer.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'

interface Passed {
  readonly input: Tensor
  readonly dy: Tensor
  readonly parameters: readonly Tensor[]
}

/** Of `½ ((Σ v x)² − Σ (v x)²)` by v: x · (Σ v x) − x² · v; the slopes have x alone. */
export function factorGradients(
  graph: Graph,
  layer: Factors,
  { input, dy, parameters }: Passed,
  wantsInput: boolean,
): { readonly parameters: readonly Tensor[]; readonly input: Tensor | undefined } {
  const { numbers, vectors } = factorParts(graph, layer, input)
  const spread = (part: 'vector' | 'slope') =>
    graph.op('MatMul', [dy, graph.op('Transpose', [belonging(graph, layer, part, input)], { perm: { ints: [1, 0] } })]) // prettier-ignore
  const bent = spread('vector')
  const weights = layer.inputs > 0 ? parameters[0] : undefined
  const sums = factorSums(graph, layer, input, weights)
  const bySums = graph.op('Add', [graph.op('Mul', [bent, sums]), spread('slope')])
  const biases = graph.op('ReduceSum', [dy, graph.i64(0)], { keepdims: 0 })
  const byWeights = () => {
    const squares = graph.op('Gemm', [graph.op('Mul', [numbers!, numbers!]), bent], { transA: 1 })
    const own = graph.op('Mul', [weights!, squares])
    return graph.op('Sub', [graph.op('Gemm', [numbers!, bySums], { transA: 1 }), own])
  }
  const byVectors = () => {
    const among = (values: Tensor) => graph.op('Unsqueeze', [values, graph.i64(1)])
    const each = graph.op('Sub', [among(bySums), graph.op('Mul', [vectors!, among(bent)])])
    const flat = graph.op('Reshape', [each, graph.i64(-1, layer.categories * factorWidth(layer))])
    return layer.inputs === 0 ? flat : graph.op('Pad', [flat, graph.i64(0, layer.inputs, 0, 0)])
  }
  return {
    parameters: [...(weights ? [byWeights()] : []), biases],
    input: wantsInput && vectors ? byVectors() : undefined,
  }
}
