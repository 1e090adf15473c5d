import type { Graph, Tensor } from './graph.ts'
import { scalar } from './scalar.ts'

/*
 * Layers that give each number a vector of its own. They stand first in a net; columns behind the numbers pass as they are:
 *
 *     | features | rest |  →  | features × width | rest |
 */

/**
 * Piecewise-linear embedding (Gorishniy, Rubachev & Babenko 2022): how far a number reaches through each of its bins, between
 * 0 and 1 (open at both ends), and the number itself, times the weights of its feature.
 */
export interface Pieces {
  readonly kind: 'pieces'
  readonly features: number
  readonly rest: number
  readonly bins: number
  readonly width: number
  /** features × bins, fixed: reach = clip(x · slope + offset, low, high). */
  readonly slopes: Float32Array
  readonly offsets: Float32Array
  readonly low: Float32Array
  readonly high: Float32Array
  /** features × (bins + 1) × width; the last row of a feature is for the number itself. */
  readonly weights: Float32Array
  /** features × width. */
  readonly biases: Float32Array
}

/**
 * Periodic embedding with bias, linear layer and the number itself beside it (PBLD; Holzmüller, Grinsztajn & Steinwart 2024):
 * `cos(2π · frequency · x + phase)` times weights; the numbers follow their vectors: `| features × width | features | rest |`.
 */
export interface Waves {
  readonly kind: 'waves'
  readonly features: number
  readonly rest: number
  /** Waves per feature. */
  readonly count: number
  readonly width: number
  /** features × count. */
  readonly frequencies: Float32Array
  readonly phases: Float32Array
  /** features × count × width. */
  readonly weights: Float32Array
  /** features × width. */
  readonly biases: Float32Array
}

/** The numbers, feature by feature: `[features, B, 1]`. */
export const numbersOf = (graph: Graph, { features }: Pieces | Waves, input: Tensor): Tensor =>
  graph.once(`${features} numbers of ${input.name}`, () => {
    const own = graph.op('Slice', [input, graph.i64(0), graph.i64(features), graph.i64(1)])
    const turned = graph.op('Transpose', [own], { perm: { ints: [1, 0] } })
    return graph.op('Unsqueeze', [turned, graph.i64(2)])
  })

const restOf = (graph: Graph, { features, rest }: Pieces | Waves, input: Tensor): Tensor[] =>
  rest === 0
    ? []
    : [graph.op('Slice', [input, graph.i64(features), graph.i64(features + rest), graph.i64(1)])]

/** Several nets may stand in one graph and read the same input: what is made once is made once for the same arrays. */
const keyOf = (what: string, input: Tensor, ...arrays: readonly Tensor[]): string =>
  `${what} of ${[input, ...arrays].map(({ name }) => name).join(' ')}`

/** What the weights of a feature are multiplied with: `[features, B, bins + 1]`. */
export function reaches(graph: Graph, layer: Pieces, input: Tensor): Tensor {
  const { features, bins } = layer
  const [slopes, offsets, low, high] = [layer.slopes, layer.offsets, layer.low, layer.high].map(values =>
    graph.constant(input.type === 'double' ? Float64Array.from(values) : values, [features, 1, bins]),
  ) as [Tensor, Tensor, Tensor, Tensor]
  return graph.once(keyOf('reaches', input, slopes, offsets, low, high), () => {
    const x = numbersOf(graph, layer, input)
    const line = graph.op('Add', [graph.op('Mul', [x, slopes]), offsets])
    const clipped = graph.op('Min', [graph.op('Max', [line, low]), high])
    return graph.op('Concat', [clipped, x], { axis: 2 })
  })
}

/** `2π · frequency · x + phase`: `[features, B, count]`. */
export function angles(graph: Graph, layer: Waves, input: Tensor, [frequencies, phases]: readonly Tensor[]) {
  return graph.once(keyOf('angles', input, frequencies!, phases!), () => {
    const shape = graph.i64(layer.features, 1, layer.count)
    const turns = graph.op('Mul', [
      graph.op('Reshape', [frequencies!, shape]),
      scalar(graph, 2 * Math.PI, input),
    ])
    const product = graph.op('Mul', [numbersOf(graph, layer, input), turns])
    return graph.op('Add', [product, graph.op('Reshape', [phases!, shape])])
  })
}

export const cosines = (graph: Graph, layer: Waves, input: Tensor, parameters: readonly Tensor[]): Tensor =>
  graph.once(keyOf('cosines', input, parameters[0]!, parameters[1]!), () =>
    graph.op('Cos', [angles(graph, layer, input, parameters)]),
  )

/** `[features, B, n] · [features, n, width]` and biases, laid out as rows: `[B, features · width]`. */
function perFeature(
  graph: Graph,
  { features, width }: Pieces | Waves,
  codes: Tensor,
  weights: Tensor,
  biases: Tensor,
) {
  const vectors = graph.op('Add', [
    graph.op('MatMul', [codes, weights]),
    graph.op('Reshape', [biases, graph.i64(features, 1, width)]),
  ])
  const rows = graph.op('Transpose', [vectors], { perm: { ints: [1, 0, 2] } })
  return graph.op('Reshape', [rows, graph.i64(-1, features * width)])
}

export function emitPieces(graph: Graph, layer: Pieces, input: Tensor, [weights, biases]: readonly Tensor[]) {
  const vectors = perFeature(graph, layer, reaches(graph, layer, input), weights!, biases!)
  const rest = restOf(graph, layer, input)
  return rest.length === 0 ? vectors : graph.op('Concat', [vectors, ...rest], { axis: 1 })
}

export function emitWaves(graph: Graph, layer: Waves, input: Tensor, parameters: readonly Tensor[]): Tensor {
  const codes = cosines(graph, layer, input, parameters)
  const vectors = perFeature(graph, layer, codes, parameters[2]!, parameters[3]!)
  return graph.op('Concat', [vectors, input], { axis: 1 })
}
