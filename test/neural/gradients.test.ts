import { describe, expect, it } from 'vitest'
import { Graph, type Tensor } from '../../src/onnx/graph.ts'
import type { ActivationName, Layer } from '../../src/onnx/network.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { backward, forward } from '../../src/neural/gradients.ts'
import { emitLoss, type Loss } from '../../src/neural/losses.ts'
import { createRng } from '../../src/util/rng.ts'

const BATCH = 5
const STEP = 1e-5

const dense = (inputs: number, outputs: number): Layer => ({
  kind: 'dense',
  inputs,
  outputs,
  weights: new Float32Array(inputs * outputs),
  biases: new Float32Array(outputs),
})
const activation = (name: ActivationName): Layer => ({ kind: 'activation', name })

function shapesOf(layers: readonly Layer[]): number[][] {
  return layers.flatMap(layer => {
    if (layer.kind === 'dense') return [[layer.inputs, layer.outputs], [layer.outputs]]
    return layer.kind === 'sum' ? layer.branches.flatMap(shapesOf) : []
  })
}

interface Case {
  readonly layers: readonly Layer[]
  readonly inputs: number
  readonly loss: Loss
  readonly outputs: number
  /** Width of the values that a mask of fixed zeros and twos multiplies, or 0. */
  readonly masked?: number
}

/** Loss and its gradients by parameter and by input, all in float64. */
async function openCase({ layers, inputs, loss, outputs, masked = 0 }: Case) {
  const graph = new Graph('check')
  const shapes = shapesOf(layers)
  const x = graph.input('x', 'double', [BATCH, inputs])
  const target = graph.input('target', 'double', [BATCH, outputs])
  const weights = graph.input('weights', 'double', [BATCH, 1])
  const parameters = shapes.map((dims, i) => graph.input(`p${i}`, 'double', dims))
  const mask = masked
    ? graph.constant(
        Float64Array.from({ length: BATCH * masked }, (_, i) => (i % 3 ? 2 : 0)),
        [BATCH, masked],
      )
    : undefined
  const tape = forward(graph, layers, x, { parameters, next: 0, mask: () => mask })
  const nodes = emitLoss(graph, loss, tape.output, target, BATCH, weights)
  const gradients: Tensor[] = []
  const dx = backward(graph, tape.played, nodes.gradient, gradients, true)!
  graph.output('loss', nodes.value(), [])
  gradients.forEach((gradient, i) => graph.output(`g${i}`, gradient, shapes[i]!))
  graph.output('gx', dx, [BATCH, inputs])
  const session = await openSession(graph.encode())
  return { session, shapes }
}

/** Largest difference from central differences, relative to the largest gradient. */
async function worstError(test: Case, seed: number): Promise<number> {
  const rng = createRng(seed)
  const { session, shapes } = await openCase(test)
  const draw = (count: number) => Float64Array.from({ length: count }, () => rng.normal())
  const size = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1)
  const values: Record<string, Float64Array> = { x: draw(BATCH * test.inputs) }
  const dims: Record<string, readonly number[]> = { x: [BATCH, test.inputs] }
  shapes.forEach((shape, i) => {
    values[`p${i}`] = draw(size(shape))
    dims[`p${i}`] = shape
  })
  const target = draw(BATCH * test.outputs)
  if (test.loss === 'cross-entropy') {
    target.fill(0.1 / test.outputs)
    for (let row = 0; row < BATCH; row++) target[row * test.outputs + rng.int(test.outputs)]! += 0.9
  }
  values['target'] = target
  dims['target'] = [BATCH, test.outputs]
  values['weights'] = Float64Array.from({ length: BATCH }, () => 0.5 + rng.next())
  dims['weights'] = [BATCH, 1]

  const run = async () => {
    const feeds: Record<string, Awaited<ReturnType<typeof feed>>> = {}
    for (const [name, data] of Object.entries(values)) feeds[name] = await feed(data, dims[name]!)
    return session.run(feeds)
  }
  const analytic = await run()
  let worst = 0
  for (const name of ['x', ...shapes.map((_, i) => `p${i}`)]) {
    const gradient = analytic[name === 'x' ? 'gx' : `g${name.slice(1)}`]!.data as Float64Array
    const largest = Math.max(1e-3, ...gradient.map(Math.abs))
    for (let i = 0; i < gradient.length; i++) {
      const held = values[name]![i]!
      const at = async (value: number) => {
        values[name]![i] = value
        return Number((await run())['loss']!.data[0])
      }
      const numeric = ((await at(held + STEP)) - (await at(held - STEP))) / (2 * STEP)
      values[name]![i] = held
      worst = Math.max(worst, Math.abs(numeric - gradient[i]!) / largest)
    }
  }
  await session.release()
  return worst
}

describe('gradients against central differences in float64', () => {
  it.each(['relu', 'silu', 'tanh'] as const)('of dense layers with %s and cross-entropy', async name => {
    const layers = [dense(4, 6), activation(name), dense(6, 3)]
    expect(await worstError({ layers, inputs: 4, loss: 'cross-entropy', outputs: 3 }, 1)).toBeLessThan(1e-6)
  })

  it.each(['relu', 'silu', 'tanh'] as const)('of dense layers with %s and squared error', async name => {
    const layers = [dense(3, 5), activation(name), dense(5, 1)]
    expect(await worstError({ layers, inputs: 3, loss: 'squared-error', outputs: 1 }, 2)).toBeLessThan(1e-6)
  })

  it('of dropout with a fixed mask', async () => {
    const layers: Layer[] = [dense(3, 6), activation('relu'), { kind: 'dropout', rate: 0.5 }, dense(6, 2)]
    expect(
      await worstError({ layers, inputs: 3, loss: 'cross-entropy', outputs: 2, masked: 6 }, 3),
    ).toBeLessThan(1e-6)
  })

  it('of a wide branch beside a deep one', async () => {
    const layers: Layer[] = [
      { kind: 'sum', branches: [[dense(3, 4), activation('tanh'), dense(4, 2)], [dense(3, 2)]] },
    ]
    expect(await worstError({ layers, inputs: 3, loss: 'cross-entropy', outputs: 2 }, 4)).toBeLessThan(1e-6)
  })
})
