import type { Graph, Tensor } from '../onnx/graph.ts'
import { SAME_SIZE, type Layer } from '../onnx/layers.ts'
import { product } from './products.ts'

type Conv = Extract<Layer, { kind: 'conv' }>
interface Passed {
  readonly input: Tensor
  readonly dy: Tensor
  readonly weights: Tensor
}

/**
 * Gradients of a 3 × 3 convolution by its kernel, its biases and, if wanted, its image.
 *
 * The kernel's: dW[o, i, r, s] = Σ over images and pixels of dy[o, h, w] · x[i, h + r, w + s]. Three copies of the padded
 * image, shifted by s = 0, 1, 2 columns, are joined channel on channel; a window of rows r … r + height of the joined image
 * is contiguous, so each r is one matrix product [O, pixels] · [3I, pixels]ᵀ per image.
 */
export function convGradients(
  graph: Graph,
  { inputs, outputs }: Conv,
  { input, dy, weights }: Passed,
  wantsInput: boolean,
): readonly [kernel: Tensor, biases: Tensor, image: Tensor | undefined] {
  const padded = graph.op('Pad', [input, graph.i64(0, 0, 1, 1, 0, 0, 1, 1)])
  const flatDy = graph.op('Reshape', [dy, graph.i64(0, 0, -1)])
  const ends = [-2, -1, 2 ** 31]
  const cut = (from: Tensor, start: number, axis: number) =>
    graph.op('Slice', [from, graph.i64(start), graph.i64(ends[start]!), graph.i64(axis)])
  const joined = graph.op(
    'Concat',
    [0, 1, 2].map(s => cut(padded, s, 3)),
    { axis: 1 },
  )
  const rows = [0, 1, 2].map(r => {
    const window = graph.op('Reshape', [cut(joined, r, 2), graph.i64(0, 0, -1)])
    const perImage = product(graph, flatDy, window, { second: true }) // [B, O, 3I]
    return graph.op('ReduceSum', [perImage, graph.i64(0)], { keepdims: 0 })
  })
  // | r = 0: s, i | r = 1: s, i | r = 2: s, i |  →  outputs × inputs × r × s
  const byShift = graph.op('Reshape', [
    graph.op('Concat', rows, { axis: 1 }),
    graph.i64(outputs, 3, 3, inputs),
  ])
  const kernel = graph.op('Transpose', [byShift], { perm: { ints: [0, 3, 1, 2] } })
  const biases = graph.op('ReduceSum', [flatDy, graph.i64(0, 2)], { keepdims: 0 })
  const image = wantsInput ? graph.op('ConvTranspose', [dy, weights], SAME_SIZE) : undefined
  return [kernel, biases, image]
}

/** The gradient goes to the value that was the largest of its four; equal ones each get it. `width` is that of the input. */
export function poolGradient(graph: Graph, width: number, input: Tensor, output: Tensor, dy: Tensor): Tensor {
  const shape = graph.op('Shape', [input], {}, { type: 'int64' })
  const up = (values: Tensor) => graph.op('Reshape', [doubled(graph, values, width / 2), shape])
  const chosen = graph.op('Equal', [input, up(output)], {}, { type: 'bool' })
  return graph.op('Mul', [graph.cast(chosen, dy.type), up(dy)])
}

/**
 * Every value four times, as a product with zeros and ones, which is ten times faster than copying one by one. A row of
 * pooled values becomes the two rows of pixels it came from:
 *
 *     | a b |  →  | a a b b | a a b b |
 */
function doubled(graph: Graph, values: Tensor, width: number): Tensor {
  const ones = new Float32Array(width * 4 * width)
  for (let j = 0; j < width; j++) {
    for (const column of [2 * j, 2 * j + 1, 2 * width + 2 * j, 2 * width + 2 * j + 1])
      ones[j * 4 * width + column] = 1
  }
  const copies = graph.cast(graph.constant(ones, [width, 4 * width]), values.type)
  return graph.op('MatMul', [graph.op('Reshape', [values, graph.i64(-1, width)]), copies])
}
