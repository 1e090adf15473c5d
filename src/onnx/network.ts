import type { Graph, Tensor } from './graph.ts'

/** A learnt vector per category; the last row is for missing values and for codes never seen. */
export interface Embedding {
  /** Which feature holds the codes. */
  readonly feature: number
  readonly categories: number
  readonly width: number
  /** Row-major (categories + 1) × width. */
  readonly table: Float32Array
}

export type ActivationName = 'relu' | 'silu' | 'tanh'

/** One layer of a feed-forward net: plain data, its numbers inside. Rows are batches; images are channels × height × width. */
export type Layer =
  | {
      readonly kind: 'dense'
      readonly inputs: number
      readonly outputs: number
      /** Row-major inputs × outputs. */
      readonly weights: Float32Array
      readonly biases: Float32Array
    }
  | { readonly kind: 'activation'; readonly name: ActivationName }
  /** While training, zeroes this share of the values and scales up the rest; nothing afterwards. */
  | { readonly kind: 'dropout'; readonly rate: number }
  /** A row of pixels, plane by plane, becomes an image with so many rows and columns of zeros added at its end. */
  | {
      readonly kind: 'image'
      readonly channels: number
      readonly height: number
      readonly width: number
      readonly padHeight: number
      readonly padWidth: number
    }
  /** 3 × 3 convolution; zeros around the image keep its size. */
  | {
      readonly kind: 'conv'
      readonly inputs: number
      readonly outputs: number
      /** outputs × inputs × 3 × 3. */
      readonly weights: Float32Array
      readonly biases: Float32Array
    }
  /** The largest of every 2 × 2 values of an image `width` wide; height and width must be even. */
  | { readonly kind: 'max-pool'; readonly width: number }
  /** An image becomes a row of so many values. */
  | { readonly kind: 'flatten'; readonly width: number }
  /** The sum of what several stacks of layers make of the same input. */
  | { readonly kind: 'sum'; readonly branches: readonly (readonly Layer[])[] }

/**
 * A feed-forward net. Numeric features are scaled (`x · scale + shift`) and softly clipped (`x / √(1 + (x / squash)²)`, 0 for
 * no clipping), both fixed; embedded categories are joined after them:
 *
 *     | numeric 0 … n) | embedding 0 | embedding 1 | … |  →  layers
 */
export interface Network {
  /** Which features are read as numbers. */
  readonly numeric: Int32Array
  readonly scale: Float32Array
  readonly shift: Float32Array
  readonly squash: number
  readonly embeddings: readonly Embedding[]
  readonly layers: readonly Layer[]
}

/** A trained array with its shape. */
export interface Parameter {
  readonly values: Float32Array
  readonly dims: readonly number[]
}

type Visit = (parameter: Parameter) => Float32Array

function visitLayer(layer: Layer, visit: Visit): Layer {
  switch (layer.kind) {
    case 'dense': {
      const { inputs, outputs } = layer
      const weights = visit({ values: layer.weights, dims: [inputs, outputs] })
      return { ...layer, weights, biases: visit({ values: layer.biases, dims: [outputs] }) }
    }
    case 'sum':
      return {
        ...layer,
        branches: layer.branches.map(branch => branch.map(inner => visitLayer(inner, visit))),
      }
    case 'conv': {
      const { inputs, outputs } = layer
      const weights = visit({ values: layer.weights, dims: [outputs, inputs, 3, 3] })
      return { ...layer, weights, biases: visit({ values: layer.biases, dims: [outputs] }) }
    }
    default:
      return layer
  }
}

/** The net with every trained array replaced by what `visit` returns for it, in one fixed order. */
export function visitParameters(net: Network, visit: Visit): Network {
  const embeddings = net.embeddings.map(embedding => {
    const { categories, width, table } = embedding
    return { ...embedding, table: visit({ values: table, dims: [categories + 1, width] }) }
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

/** How many tensors of parameters a layer takes from the list. */
export const parameterCount = (layer: Layer): number =>
  layer.kind === 'dense' || layer.kind === 'conv' ? 2 : 0

/** A number of the element type of `like`. */
export const scalar = (graph: Graph, value: number, like: Tensor): Tensor =>
  like.type === 'double' ? graph.f64(value) : graph.f32(value)

/** Forward nodes of one layer without branches. Dropout passes its input on. */
export function emitLayer(
  graph: Graph,
  layer: Exclude<Layer, { kind: 'sum' }>,
  input: Tensor,
  parameters: readonly Tensor[],
): Tensor {
  switch (layer.kind) {
    case 'dense':
      return graph.op('Gemm', [input, ...parameters])
    case 'activation':
      if (layer.name === 'silu') return graph.op('Mul', [input, graph.op('Sigmoid', [input])])
      return graph.op(layer.name === 'relu' ? 'Relu' : 'Tanh', [input])
    case 'dropout':
      return input
    case 'image': {
      const { channels, height, width, padHeight, padWidth } = layer
      const image = graph.op('Reshape', [input, graph.i64(-1, channels, height, width)])
      if (padHeight === 0 && padWidth === 0) return image
      return graph.op('Pad', [image, graph.i64(0, 0, 0, 0, 0, 0, padHeight, padWidth)])
    }
    case 'conv':
      return graph.op('Conv', [input, ...parameters], SAME_SIZE)
    case 'max-pool':
      return graph.op('MaxPool', [input], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } })
    case 'flatten':
      return graph.op('Reshape', [input, graph.i64(-1, layer.width)])
  }
}

/** Attributes of a 3 × 3 convolution that keeps the size of its image. */
export const SAME_SIZE = { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } } as const

/** Numeric features as the first layer sees them. */
export function emitEntry(graph: Graph, { scale, shift, squash }: Network, numeric: Tensor): Tensor {
  const vector = (values: Float32Array) =>
    graph.constant(numeric.type === 'double' ? Float64Array.from(values) : values, [values.length])
  const scaled = graph.op('Add', [graph.op('Mul', [numeric, vector(scale)]), vector(shift)])
  if (squash === 0) return scaled
  const ratio = graph.op('Mul', [scaled, scalar(graph, 1 / squash, numeric)])
  const root = graph.op('Sqrt', [
    graph.op('Add', [graph.op('Mul', [ratio, ratio]), scalar(graph, 1, numeric)]),
  ])
  return graph.op('Div', [scaled, root])
}

/** The fixed entry of one feature in plain arithmetic, as `emitEntry` computes it. */
export function entryValue({ scale, shift, squash }: Network, position: number, value: number): number {
  const scaled = value * scale[position]! + shift[position]!
  return squash === 0 ? scaled : scaled / Math.sqrt(1 + (scaled / squash) ** 2)
}

/** The whole net over features `[N, features]`, float: the values of its last layer. */
export function emitNetwork(graph: Graph, net: Network, features: Tensor): Tensor {
  const parts: Tensor[] = []
  if (net.numeric.length > 0) {
    const columns = graph.constant(net.numeric, [net.numeric.length])
    parts.push(emitEntry(graph, net, graph.op('Gather', [features, columns], { axis: 1 })))
  }
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
