import type { Graph, Tensor } from './graph.ts'
import { scalar } from './scalar.ts'

/**
 * A factorization machine of second order (Rendle 2010): `bias + Σ slope · x + Σ over pairs ⟨v, v′⟩ x x′`, for each output with
 * vectors of its own. A category is a number 1 whose vector and slope come with it:
 *
 *     | numbers | category 0: width | category 1: width | … |     width: per output | v | slope |
 */
export interface Factors {
  readonly kind: 'factors'
  readonly inputs: number
  /** How many categories stand behind the numbers. */
  readonly categories: number
  /** Length of v. */
  readonly factors: number
  readonly outputs: number
  /** inputs × width; no parameter where there are no numbers. */
  readonly weights: Float32Array
  readonly biases: Float32Array
}

export const factorWidth = ({ factors, outputs }: Pick<Factors, 'factors' | 'outputs'>): number =>
  outputs * (factors + 1)

/** `[width, outputs]`, ones where a column of v, or the slope, belongs to an output. */
export function belonging(graph: Graph, layer: Factors, part: 'vector' | 'slope', like: Tensor): Tensor {
  const { factors, outputs } = layer
  const ones = new Float32Array(factorWidth(layer) * outputs)
  for (let k = 0; k < outputs; k++)
    for (let f = 0; f <= factors; f++)
      if ((f === factors) === (part === 'slope')) ones[(k * (factors + 1) + f) * outputs + k] = 1
  return graph.cast(graph.constant(ones, [factorWidth(layer), outputs]), like.type)
}

/** The numbers `[B, inputs]` and the vectors of the categories `[B, categories, width]`; each absent where there are none. */
export function factorParts(graph: Graph, layer: Factors, input: Tensor) {
  const { inputs, categories } = layer
  const width = factorWidth(layer)
  return graph.once(`${inputs} + ${categories} × ${width} factor parts of ${input.name}`, () => {
    const cut = (from: number, to: number) =>
      inputs === 0 || categories === 0
        ? input
        : graph.op('Slice', [input, graph.i64(from), graph.i64(to), graph.i64(1)])
    const vectors = () => cut(inputs, inputs + categories * width)
    return {
      numbers: inputs > 0 ? cut(0, inputs) : undefined,
      vectors:
        categories > 0 ? graph.op('Reshape', [vectors(), graph.i64(-1, categories, width)]) : undefined,
    }
  })
}

const square = (graph: Graph, values: Tensor) => graph.op('Mul', [values, values])

/** Σ v x, `[B, width]`. */
export function factorSums(graph: Graph, layer: Factors, input: Tensor, weights: Tensor | undefined): Tensor {
  const { factors, outputs, categories } = layer
  const key = `${outputs} × ${factors} factor sums of ${input.name} by ${weights?.name} over ${categories}`
  return graph.once(key, () => summed(graph, factorParts(graph, layer, input), weights, values => values))
}

function summed(
  graph: Graph,
  { numbers, vectors }: ReturnType<typeof factorParts>,
  weights: Tensor | undefined,
  change: (values: Tensor) => Tensor,
): Tensor {
  const parts = [
    ...(numbers ? [graph.op('MatMul', [change(numbers), change(weights!)])] : []),
    ...(vectors ? [graph.op('ReduceSum', [change(vectors), graph.i64(1)], { keepdims: 0 })] : []),
  ]
  return parts.length === 1 ? parts[0]! : graph.op('Add', parts)
}

/** The sum over pairs is half of (Σ v x)² − Σ (v x)², which costs no more than the sums. */
export function emitFactors(
  graph: Graph,
  layer: Factors,
  input: Tensor,
  parameters: readonly Tensor[],
): Tensor {
  const weights = layer.inputs > 0 ? parameters[0] : undefined
  const sums = factorSums(graph, layer, input, weights)
  const squares = summed(graph, factorParts(graph, layer, input), weights, values => square(graph, values))
  const twice = graph.op('Sub', [square(graph, sums), squares])
  const pairs = graph.op('Mul', [twice, scalar(graph, 0.5, input)])
  const straight = graph.op('MatMul', [sums, belonging(graph, layer, 'slope', input)])
  const bent = graph.op('MatMul', [pairs, belonging(graph, layer, 'vector', input)])
  return graph.op('Add', [graph.op('Add', [straight, bent]), parameters.at(-1)!])
}
