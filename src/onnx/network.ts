import type { Graph, Tensor } from './graph.ts'
import { emitLayer, visitLayer, type Layer, type Parameter, type Visit } from './layers.ts'
import { scalar } from './scalar.ts'

/** A learnt vector per category; the last row is for missing values and for codes never seen. */
export interface Embedding {
  /** Which feature holds the codes. */
  readonly feature: number
  readonly categories: number
  readonly width: number
  /** Row-major (categories + 1) × width. */
  readonly table: Float32Array
}

/** A category as one column per value; a missing one and one never seen are all 0. */
export interface OneHot {
  readonly feature: number
  readonly categories: number
}

/**
 * A feed-forward net. Numeric features are scaled (`x · scale + shift`) and softly clipped (`x / √(1 + (x / squash)²)`, 0 for
 * no clipping), both fixed; categories follow, those of few values as one column of 0 and 1 for each:
 *
 *     | numeric 0 … n) | one-hot 0 | … | embedding 0 | embedding 1 | … |  →  layers
 */
export interface Network {
  /** Which features are read as numbers. */
  readonly numeric: Int32Array
  readonly scale: Float32Array
  readonly shift: Float32Array
  readonly squash: number
  readonly oneHots?: readonly OneHot[]
  readonly embeddings: readonly Embedding[]
  readonly layers: readonly Layer[]
}

/** The net with every trained array replaced by what `visit` returns for it, in one fixed order. */
export function visitParameters(net: Network, visit: Visit): Network {
  const embeddings = net.embeddings.map(embedding => {
    const { categories, width, table } = embedding
    return { ...embedding, table: visit({ values: table, dims: [categories + 1, width], role: 'table' }) }
  })
  return { ...net, embeddings, layers: net.layers.map(layer => visitLayer(layer, visit)) }
}

/** Every trained array, in the order of `visitParameters`. */
export function parametersOf(net: Network): Parameter[] {
  const parameters: Parameter[] = []
  visitParameters(net, parameter => {
    parameters.push(parameter)
    return parameter.values
  })
  return parameters
}

/** From here on the soft clip is its bound in float32; the square of what lies beyond would be infinite. */
const FARTHEST = 1e15

/** Numeric features as the first layer sees them. */
export function emitEntry(graph: Graph, { scale, shift, squash }: Network, numeric: Tensor): Tensor {
  const vector = (values: Float32Array) =>
    graph.constant(numeric.type === 'double' ? Float64Array.from(values) : values, [values.length])
  const scaled = graph.op('Add', [graph.op('Mul', [numeric, vector(scale)]), vector(shift)])
  if (squash === 0) return scaled
  const bound = graph.op('Clip', [
    scaled,
    scalar(graph, -FARTHEST, numeric),
    scalar(graph, FARTHEST, numeric),
  ])
  const ratio = graph.op('Mul', [bound, scalar(graph, 1 / squash, numeric)])
  const root = graph.op('Sqrt', [
    graph.op('Add', [graph.op('Mul', [ratio, ratio]), scalar(graph, 1, numeric)]),
  ])
  return graph.op('Div', [bound, root])
}

/** The fixed entry of one feature in plain arithmetic, as `emitEntry` computes it. */
export function entryValue({ scale, shift, squash }: Network, position: number, value: number): number {
  const scaled = value * scale[position]! + shift[position]!
  const bound = Math.min(FARTHEST, Math.max(-FARTHEST, scaled))
  return squash === 0 ? scaled : bound / Math.sqrt(1 + (bound / squash) ** 2)
}

/** Columns of numbers that enter the first layer: numeric features and one-hot columns. */
export const fixedWidth = ({ numeric, oneHots = [] }: Network): number =>
  oneHots.reduce((sum, { categories }) => sum + categories, numeric.length)

/** Width of what enters the first layer. */
export const joinedWidth = (net: Network): number =>
  net.embeddings.reduce((sum, { width }) => sum + width, fixedWidth(net))

/** The whole net over features `[N, features]`, float: the values of its last layer. */
export function emitNetwork(graph: Graph, net: Network, features: Tensor): Tensor {
  const parts: Tensor[] = []
  if (net.numeric.length > 0) {
    const columns = graph.constant(net.numeric, [net.numeric.length])
    parts.push(emitEntry(graph, net, graph.op('Gather', [features, columns], { axis: 1 })))
  }
  if (net.oneHots && net.oneHots.length > 0) parts.push(emitOneHots(graph, net.oneHots, features))
  for (const embedding of net.embeddings) parts.push(emitEmbedding(graph, embedding, features))
  const joined = parts.length === 1 ? parts[0]! : graph.op('Concat', parts, { axis: 1 })
  return emitLayers(graph, net.layers, joined)
}

function emitLayers(graph: Graph, layers: readonly Layer[], input: Tensor): Tensor {
  let value = input
  for (const layer of layers) {
    if (layer.kind === 'sum') {
      const from = value
      value = graph.op(
        'Sum',
        layer.branches.map(branch => emitLayers(graph, branch, from)),
      )
      continue
    }
    const parameters: Tensor[] = []
    visitLayer(layer, ({ values, dims }) => {
      parameters.push(graph.constant(values, dims))
      return values
    })
    value = emitLayer(graph, layer, value, parameters)
  }
  return value
}

function emitOneHots(graph: Graph, oneHots: readonly OneHot[], features: Tensor): Tensor {
  const columns = oneHots.flatMap(({ feature, categories }) => new Array<number>(categories).fill(feature))
  const values = oneHots.flatMap(({ categories }) => Array.from({ length: categories }, (_, code) => code))
  const codes = graph.op('Gather', [features, graph.constant(Int32Array.from(columns), [columns.length])], {
    axis: 1,
  })
  const own = graph.constant(Float32Array.from(values), [values.length])
  return graph.cast(graph.op('Equal', [codes, own], {}, { type: 'bool' }), 'float')
}

function emitEmbedding(
  graph: Graph,
  { feature, categories, width, table }: Embedding,
  features: Tensor,
): Tensor {
  const codes = graph.op('Gather', [features, graph.constant(Int32Array.of(feature), [])], { axis: 1 })
  // NaN and codes outside 0 … categories − 1 go to the last row. Comparisons with NaN are false.
  const known = graph.op(
    'And',
    [
      graph.op('GreaterOrEqual', [codes, graph.f32(0)], {}, { type: 'bool' }),
      graph.op('LessOrEqual', [codes, graph.f32(categories - 1)], {}, { type: 'bool' }),
    ],
    {},
    { type: 'bool' },
  )
  const rows = graph.op('Where', [known, codes, graph.f32(categories)], {}, { type: 'float' })
  const vectors = graph.constant(table, [categories + 1, width])
  return graph.op('Gather', [vectors, graph.cast(rows, 'int32')], { axis: 0 })
}
