import { describe, expect, it } from 'vitest'
import { Graph, type Tensor } from '../../src/onnx/graph.ts'
import type { ActivationName } from '../../src/onnx/activations.ts'
import type { Layer } from '../../src/onnx/layers.ts'
import { visitParameters } from '../../src/onnx/network.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { backward, forward } from '../../src/neural/gradients.ts'
import { pieces, waves } from '../../src/neural/build-numbers.ts'
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

const shapesOf = (layers: readonly Layer[]): (readonly number[])[] => {
  const shapes: (readonly number[])[] = []
  const net = { numeric: new Int32Array(), scale: new Float32Array(), shift: new Float32Array(), squash: 0 }
  visitParameters({ ...net, embeddings: [], layers }, ({ values, dims }) => {
    shapes.push(dims)
    return values
  })
  return shapes
}

interface Case {
  readonly layers: readonly Layer[]
  readonly inputs: number
  readonly loss: Loss
  readonly outputs: number
  /** Width of the values that a mask of fixed zeros and twos multiplies, or 0. */
  readonly masked?: number
  /** First columns of the input that are data: no gradient is asked for them. */
  readonly fixed?: number
  /** Rows that a row becomes. */
  readonly members?: number
}

/** Loss and its gradients by parameter and by input, all in float64. */
async function openCase({ layers, inputs, loss, outputs, masked = 0, members = 1 }: Case) {
  const graph = new Graph('check')
  const shapes = shapesOf(layers)
  const x = graph.input('x', 'double', [BATCH, inputs])
  const target = graph.input('target', 'double', [BATCH * members, outputs])
  const weights = graph.input('weights', 'double', [BATCH * members, 1])
  const parameters = shapes.map((dims, i) => graph.input(`p${i}`, 'double', dims))
  const mask = masked
    ? graph.constant(
        Float64Array.from({ length: BATCH * masked }, (_, i) => (i % 3 ? 2 : 0)),
        [BATCH, masked],
      )
    : undefined
  const tape = forward(graph, layers, x, { parameters, next: 0, mask: () => mask })
  const nodes = emitLoss(graph, loss, tape.output, target, BATCH * members, weights)
  const gradients: Tensor[] = []
  const dx = backward(graph, tape.played, nodes.gradient, gradients, true)
  graph.output('loss', nodes.value(), [])
  gradients.forEach((gradient, i) => graph.output(`g${i}`, gradient, shapes[i]!))
  if (dx) graph.output('gx', dx, [BATCH, inputs])
  const session = await openSession(graph.encode())
  return { session, shapes }
}

/** Largest difference from central differences, relative to the largest gradient. */
async function worstError(test: Case, seed: number): Promise<number> {
  const rng = createRng(seed)
  const { session, shapes } = await openCase(test)
  const rows = BATCH * (test.members ?? 1)
  const fixed = test.fixed ?? 0
  const draw = (count: number) => Float64Array.from({ length: count }, () => rng.normal())
  const size = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1)
  const values: Record<string, Float64Array> = { x: draw(BATCH * test.inputs) }
  const dims: Record<string, readonly number[]> = { x: [BATCH, test.inputs] }
  shapes.forEach((shape, i) => {
    values[`p${i}`] = draw(size(shape))
    dims[`p${i}`] = shape
  })
  const target = draw(rows * test.outputs)
  if (test.loss === 'cross-entropy') {
    target.fill(0.1 / test.outputs)
    for (let row = 0; row < rows; row++) target[row * test.outputs + rng.int(test.outputs)]! += 0.9
  }
  values['target'] = target
  dims['target'] = [rows, test.outputs]
  values['weights'] = Float64Array.from({ length: rows }, () => 0.5 + rng.next())
  dims['weights'] = [rows, 1]

  const run = async () => {
    const feeds: Record<string, Awaited<ReturnType<typeof feed>>> = {}
    for (const [name, data] of Object.entries(values)) feeds[name] = await feed(data, dims[name]!)
    return session.run(feeds)
  }
  const analytic = await run()
  let worst = 0
  for (const name of [...(fixed < test.inputs ? ['x'] : []), ...shapes.map((_, i) => `p${i}`)]) {
    const gradient = analytic[name === 'x' ? 'gx' : `g${name.slice(1)}`]!.data as Float64Array
    expect(gradient).toHaveLength(values[name]!.length)
    const largest = Math.max(1e-3, ...gradient.map(Math.abs))
    for (let i = 0; i < gradient.length; i++) {
      if (name === 'x' && i % test.inputs < fixed) continue
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
  it.each(['relu', 'silu', 'tanh', 'selu', 'mish'] as const)(
    'of dense layers with %s and cross-entropy',
    async name => {
      const layers = [dense(4, 6), activation(name), dense(6, 3)]
      expect(await worstError({ layers, inputs: 4, loss: 'cross-entropy', outputs: 3 }, 1)).toBeLessThan(1e-6)
    },
  )

  it.each(['relu', 'silu', 'tanh', 'selu', 'mish'] as const)(
    'of dense layers with %s and squared error',
    async name => {
      const layers = [dense(3, 5), activation(name), dense(5, 1)]
      expect(await worstError({ layers, inputs: 3, loss: 'squared-error', outputs: 1 }, 2)).toBeLessThan(1e-6)
    },
  )

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

  it.each(['selu', 'mish', 'silu'] as const)('of learnt scales and learnt shares of %s', async name => {
    const layers: Layer[] = [
      { kind: 'scale', factors: new Float32Array(3) },
      dense(3, 5),
      { kind: 'parametric', name, slopes: new Float32Array(5) },
      dense(5, 2),
    ]
    expect(await worstError({ layers, inputs: 3, loss: 'cross-entropy', outputs: 2 }, 5)).toBeLessThan(1e-6)
  })

  const columns = [0, 1].map(seed => {
    const rng = createRng(seed)
    return Float32Array.from({ length: 50 }, () => rng.normal())
  })
  it.each([0, 2])('of piecewise-linear vectors, %i other columns behind them', async rest => {
    const own = pieces(columns, { rest, bins: 4, width: 3, rng: createRng(1) })
    const test = { layers: [own, dense(6 + rest, 2)], inputs: 2 + rest, fixed: 2, outputs: 2 }
    expect(await worstError({ ...test, loss: 'cross-entropy' }, 6)).toBeLessThan(1e-6)
  })

  it.each([0, 2])('of periodic vectors, %i other columns behind them', async rest => {
    const own = waves({ features: 2, rest, count: 4, width: 3, spread: 1, rng: createRng(1) })
    const test = { layers: [own, dense(8 + rest, 1)], inputs: 2 + rest, fixed: 2, outputs: 1 }
    expect(await worstError({ ...test, loss: 'squared-error' }, 7)).toBeLessThan(1e-6)
  })

  it.each([
    [3, 0],
    [0, 2],
    [2, 2],
  ])('of a factorization machine of %i numbers and %i categories', async (inputs, categories) => {
    const shape = { factors: 2, outputs: 2 }
    const layers: Layer[] = [
      { kind: 'factors', inputs, categories, ...shape, weights: new Float32Array(inputs * 6), biases: new Float32Array(2) }, // prettier-ignore
    ]
    const test = { layers, inputs: inputs + 6 * categories, fixed: inputs, outputs: 2 }
    expect(await worstError({ ...test, loss: 'cross-entropy' }, 9)).toBeLessThan(1e-6)
  })

  it.each(['cross-entropy', 'squared-error'] as const)('of members that share layers, by %s', async loss => {
    const members = 3
    const outputs = loss === 'cross-entropy' ? 2 : 1
    const layers: Layer[] = [
      { kind: 'members', members, width: 3, factors: new Float32Array(9) },
      dense(3, 4),
      { kind: 'member-scale', members, width: 4, factors: new Float32Array(12) },
      { kind: 'member-shift', members, width: 4, biases: new Float32Array(12) },
      activation('tanh'),
      { kind: 'member-heads', members, inputs: 4, outputs, weights: new Float32Array(12 * outputs), biases: new Float32Array(3 * outputs) }, // prettier-ignore
    ]
    expect(await worstError({ layers, inputs: 3, loss, outputs, members }, 8)).toBeLessThan(1e-6)
  })
})
