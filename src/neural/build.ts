import type { ActivationName } from '../onnx/activations.ts'
import type { Layer } from '../onnx/layers.ts'
import type { Embedding } from '../onnx/network.ts'
import type { Rng } from '../util/rng.ts'

const normals = (count: number, deviation: number, rng: Rng): Float32Array =>
  Float32Array.from({ length: count }, () => deviation * rng.normal())

/** A dense layer whose outputs have about `gain` times the spread of its inputs (He et al. 2015 for gain √2). */
export function dense(inputs: number, outputs: number, gain: number, rng: Rng): Layer {
  const weights = normals(inputs * outputs, gain / Math.sqrt(inputs), rng)
  return { kind: 'dense', inputs, outputs, weights, biases: new Float32Array(outputs) }
}

const GAINS = { relu: Math.SQRT2, silu: 1.68, tanh: 1, selu: 1, mish: 1.6 } as const satisfies Record<
  ActivationName,
  number
>

interface StackOptions {
  readonly inputs: number
  readonly hidden: readonly number[]
  readonly outputs: number
  readonly activation: ActivationName
  readonly dropout: number
  /** Batch normalization before each activation. */
  readonly normalized?: boolean
  readonly rng: Rng
}

/** Dense, batch normalization if wanted, activation, dropout, again and again, and a last dense layer. */
export function denseStack(options: StackOptions): Layer[] {
  const { inputs, hidden, outputs, activation, dropout, normalized, rng } = options
  const layers: Layer[] = []
  let width = inputs
  for (const next of hidden) {
    layers.push(dense(width, next, GAINS[activation], rng))
    if (normalized) layers.push(batchNorm(next))
    layers.push({ kind: 'activation', name: activation })
    if (dropout > 0) layers.push({ kind: 'dropout', rate: dropout })
    width = next
  }
  layers.push(dense(width, outputs, 1, rng))
  return layers
}

/** Batch normalization that starts without factor and shift. */
export const batchNorm = (width: number): Layer => ({
  kind: 'batch-norm',
  width,
  factors: new Float32Array(width).fill(1),
  shifts: new Float32Array(width),
  means: new Float32Array(width),
  variances: new Float32Array(width).fill(1),
})

/** An embedding with small random vectors; the row for the unknown starts at the origin. */
export function embedding(feature: number, categories: number, width: number, rng: Rng): Embedding {
  const table = new Float32Array((categories + 1) * width)
  table.set(normals(categories * width, 0.5, rng))
  return { feature, categories, width, table }
}

/** A 3 × 3 convolution before a relu, with weights as `dense` draws them. */
export function conv(inputs: number, outputs: number, rng: Rng): Layer {
  const weights = normals(outputs * inputs * 9, GAINS.relu / Math.sqrt(9 * inputs), rng)
  return { kind: 'conv', inputs, outputs, weights, biases: new Float32Array(outputs) }
}
