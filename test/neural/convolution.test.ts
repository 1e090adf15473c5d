import { describe, expect, it } from 'vitest'
import { convGradients, poolGradient } from '../../src/neural/convolution.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { emitLayer, type Layer } from '../../src/onnx/layers.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { createRng } from '../../src/util/rng.ts'

const [N, I, O, H, W] = [11, 2, 3, 6, 4]
const rng = createRng(2)
const draw = (count: number) => Float32Array.from({ length: count }, () => rng.normal())
const conv = {
  kind: 'conv' as const,
  inputs: I,
  outputs: O,
  weights: draw(O * I * 9),
  biases: draw(O),
} satisfies Layer
const x = draw(N * I * H * W)
const dy = draw(N * O * H * W)
const at = (channels: number, n: number, c: number, h: number, w: number) =>
  ((n * channels + c) * H + h) * W + w

/** Σ dy · conv(x) differentiated by plain loops: it is bilinear, so each product feeds two sums. */
function naive() {
  const kernel = new Float64Array(O * I * 9)
  const biases = new Float64Array(O)
  const image = new Float64Array(x.length)
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let h = 0; h < H; h++)
        for (let w = 0; w < W; w++) {
          const d = dy[at(O, n, o, h, w)]!
          biases[o]! += d
          for (let i = 0; i < I; i++)
            for (let r = 0; r < 3; r++)
              for (let s = 0; s < 3; s++) {
                const [y, z] = [h + r - 1, w + s - 1]
                if (y < 0 || y >= H || z < 0 || z >= W) continue
                const weight = ((o * I + i) * 3 + r) * 3 + s
                kernel[weight]! += d * x[at(I, n, i, y, z)]!
                image[at(I, n, i, y, z)]! += d * conv.weights[weight]!
              }
        }
  return { kernel, biases, image }
}

describe('gradients of images against plain loops', () => {
  it('of a convolution by kernel, biases and image', async () => {
    const graph = new Graph('conv')
    const input = graph.input('x', 'float', [N, I, H, W])
    const gradient = graph.input('dy', 'float', [N, O, H, W])
    const weights = graph.constant(conv.weights, [O, I, 3, 3])
    const [kernel, biases, image] = convGradients(graph, conv, { input, dy: gradient, weights }, true)
    graph.output('kernel', kernel, [O, I, 3, 3])
    graph.output('biases', biases, [O])
    graph.output('image', image!, [N, I, H, W])
    const session = await openSession(graph.encode())
    const found = await session.run({ x: await feed(x, [N, I, H, W]), dy: await feed(dy, [N, O, H, W]) })
    await session.release()
    for (const [name, expected] of Object.entries(naive())) {
      const values = found[name]!.data as Float32Array
      expect(values).toHaveLength(expected.length)
      for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 4)
    }
  })

  it('of pooling: everything to the largest of four', async () => {
    const graph = new Graph('pool')
    const input = graph.input('x', 'float', [N, I, H, W])
    const gradient = graph.input('dy', 'float', [N, I, H / 2, W / 2])
    const output = emitLayer(graph, { kind: 'max-pool', width: W }, input, [])
    graph.output('dx', poolGradient(graph, W, input, output, gradient), [N, I, H, W])
    const session = await openSession(graph.encode())
    const d = draw((N * I * H * W) / 4)
    const found = await session.run({
      x: await feed(x, [N, I, H, W]),
      dy: await feed(d, [N, I, H / 2, W / 2]),
    })
    await session.release()
    const dx = found['dx']!.data as Float32Array
    const expected = new Float32Array(x.length)
    for (let plane = 0; plane < N * I; plane++)
      for (let h = 0; h < H; h += 2)
        for (let w = 0; w < W; w += 2) {
          const four = [0, 1, W, W + 1].map(step => (plane * H + h) * W + w + step)
          const largest = four.reduce((best, i) => (x[i]! > x[best]! ? i : best))
          expected[largest] = d[((plane * H) / 2 + h / 2) * (W / 2) + w / 2]!
        }
    // Zeros of either sign are alike.
    for (const [i, value] of expected.entries()) expect(Math.abs(dx[i]! - value)).toBe(0)
  })
})
