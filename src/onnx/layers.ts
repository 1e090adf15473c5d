import type { Graph, Tensor } from './graph.ts'
import { emitActivation, type ActivationName } from './activations.ts'
import { emitFactors, factorWidth, type Factors } from './factor-layer.ts'
import { emitPieces, emitWaves, type Pieces, type Waves } from './number-layers.ts'
import { emitBatchNorm, type BatchNorm } from './normal-layer.ts'
import { emitMemberLayer, type MemberLayer } from './member-layers.ts'

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
  /** Each value times the learnt factor of its column. */
  | { readonly kind: 'scale'; readonly factors: Float32Array }
  /** `x + slope · (f(x) − x)` with a learnt slope per column: 0 is no activation, 1 all of it. */
  | { readonly kind: 'parametric'; readonly name: ActivationName; readonly slopes: Float32Array }
  | Pieces
  | Waves
  | Factors
  | MemberLayer
  | BatchNorm
  /** The sum of what several stacks of layers make of the same input. */
  | { readonly kind: 'sum'; readonly branches: readonly (readonly Layer[])[] }

/** What a trained array is to its layer (`statistics` follow the batches); how fast and how far it may move can depend on it. */
export type ParameterRole =
  'weights' | 'biases' | 'table' | 'scale' | 'slope' | 'embedding' | 'adapter' | 'statistics'

/** A trained array with its shape. */
export interface Parameter {
  readonly values: Float32Array
  readonly dims: readonly number[]
  readonly role: ParameterRole
}

export type Visit = (parameter: Parameter) => Float32Array

/** The layer with every trained array replaced by what `visit` returns for it. */
export function visitLayer(layer: Layer, visit: Visit): Layer {
  switch (layer.kind) {
    case 'dense':
    case 'conv': {
      const { inputs, outputs } = layer
      const dims = layer.kind === 'dense' ? [inputs, outputs] : [outputs, inputs, 3, 3]
      const weights = visit({ values: layer.weights, dims, role: 'weights' })
      return { ...layer, weights, biases: visit({ values: layer.biases, dims: [outputs], role: 'biases' }) }
    }
    case 'sum':
      return {
        ...layer,
        branches: layer.branches.map(branch => branch.map(inner => visitLayer(inner, visit))),
      }
    case 'scale':
      return {
        ...layer,
        factors: visit({ values: layer.factors, dims: [layer.factors.length], role: 'scale' }),
      }
    case 'parametric':
      return { ...layer, slopes: visit({ values: layer.slopes, dims: [layer.slopes.length], role: 'slope' }) }
    case 'pieces': {
      const { features, bins, width } = layer
      const weights = visit({ values: layer.weights, dims: [features, bins + 1, width], role: 'embedding' })
      return {
        ...layer,
        weights,
        biases: visit({ values: layer.biases, dims: [features, width], role: 'embedding' }),
      }
    }
    case 'factors': {
      const { inputs, outputs } = layer
      const dims = [inputs, factorWidth(layer)]
      const weights = inputs > 0 ? visit({ values: layer.weights, dims, role: 'weights' }) : layer.weights
      return { ...layer, weights, biases: visit({ values: layer.biases, dims: [outputs], role: 'biases' }) }
    }
    case 'waves': {
      const { features, count, width } = layer
      const own = (values: Float32Array, ...dims: number[]) =>
        visit({ values, dims: [features, ...dims], role: 'embedding' })
      return {
        ...layer,
        frequencies: own(layer.frequencies, count),
        phases: own(layer.phases, count),
        weights: own(layer.weights, count, width),
        biases: own(layer.biases, width),
      }
    }
    case 'batch-norm': {
      const own = (values: Float32Array, role: ParameterRole) => visit({ values, dims: [layer.width], role })
      return {
        ...layer,
        factors: own(layer.factors, 'scale'),
        shifts: own(layer.shifts, 'biases'),
        means: own(layer.means, 'statistics'),
        variances: own(layer.variances, 'statistics'),
      }
    }
    case 'members':
    case 'member-scale':
      return {
        ...layer,
        factors: visit({ values: layer.factors, dims: [layer.members, layer.width], role: 'adapter' }),
      }
    case 'member-shift':
      return {
        ...layer,
        biases: visit({ values: layer.biases, dims: [layer.members, layer.width], role: 'biases' }),
      }
    case 'member-heads': {
      const { members, inputs, outputs } = layer
      const weights = visit({ values: layer.weights, dims: [members, inputs, outputs], role: 'weights' })
      return {
        ...layer,
        weights,
        biases: visit({ values: layer.biases, dims: [members, 1, outputs], role: 'biases' }),
      }
    }
    default:
      return layer
  }
}

/** How many tensors of parameters a layer without branches takes from the list. */
export function parameterCount(layer: Layer): number {
  let count = 0
  visitLayer(layer, ({ values }) => {
    count++
    return values
  })
  return count
}

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
      return emitActivation(graph, layer.name, input)
    case 'parametric': {
      const change = graph.op('Sub', [emitActivation(graph, layer.name, input), input])
      return graph.op('Add', [input, graph.op('Mul', [change, parameters[0]!])])
    }
    case 'scale':
      return graph.op('Mul', [input, parameters[0]!])
    case 'batch-norm':
      return emitBatchNorm(graph, input, parameters)
    case 'pieces':
      return emitPieces(graph, layer, input, parameters)
    case 'waves':
      return emitWaves(graph, layer, input, parameters)
    case 'factors':
      return emitFactors(graph, layer, input, parameters)
    case 'members':
    case 'member-scale':
    case 'member-shift':
    case 'member-heads':
    case 'member-mean':
      return emitMemberLayer(graph, layer, input, parameters)
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
