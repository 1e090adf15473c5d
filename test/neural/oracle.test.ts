import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adamScalars, type Pace } from '../../src/neural/adamw.ts'
import type { Loss } from '../../src/neural/losses.ts'
import { trainingGraph } from '../../src/neural/training-graph.ts'
import type { Layer } from '../../src/onnx/layers.ts'
import { parametersOf, type Network } from '../../src/onnx/network.ts'
import { feed, openSession, type Feed } from '../../src/onnx/session.ts'

interface Case {
  readonly layers: readonly Readonly<Record<string, unknown>>[]
  readonly inputs: number
  readonly outputs: number
  readonly loss: Loss
  readonly smoothing: number
  readonly matrix: number[]
  readonly target: number[]
  readonly order: number[]
  readonly paces?: readonly Pace[]
  readonly shares?: number[]
  readonly before: number[][]
  readonly after: number[][]
}
const { settings, cases } = JSON.parse(
  readFileSync(new URL('../fixtures/neural/goldens.json', import.meta.url), 'utf8'),
) as {
  readonly settings: {
    readonly rows: number
    readonly batch: number
    readonly steps: number
    readonly rate: number
    readonly beta1: number
    readonly beta2: number
    readonly weightDecay: number
  }
  readonly cases: Readonly<Record<string, Case>>
}

const layerOf = (given: Readonly<Record<string, unknown>>): Layer =>
  Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      Array.isArray(value) ? Float32Array.from(value as number[]) : value,
    ]),
  ) as unknown as Layer

async function train(given: Case): Promise<Float32Array> {
  const { inputs, outputs, loss, smoothing, paces, shares } = given
  const { rows, batch, steps, rate, ...adam } = settings
  const net: Network = {
    numeric: Int32Array.from({ length: inputs }, (_, j) => j),
    scale: new Float32Array(inputs).fill(1),
    shift: new Float32Array(inputs),
    squash: 0,
    embeddings: [],
    layers: given.layers.map(layerOf),
  }
  expect(parametersOf(net).map(({ values }) => [...values])).toEqual(given.before)
  const statistics = parametersOf(net).map(({ role }) => ({ rate: 1, decay: Number(role !== 'statistics') }))
  const shape = { net, loss, outputs, batch, smoothing, store: 'float', weighted: false, adam } as const
  const session = await openSession(
    trainingGraph({ ...shape, paces: paces ?? statistics, blended: shares !== undefined }),
  )
  const start = Float32Array.from(given.before.flat())
  const scalars = Array.from({ length: steps }, (_, i) => adamScalars(rate, i + 1, adam))
  const perStep = (values: readonly number[]) => feed(Float32Array.from(values), [steps])
  const feeds: Record<string, Feed> = {
    matrix: await feed(Float32Array.from(given.matrix), [rows, inputs]),
    target:
      loss === 'cross-entropy'
        ? await feed(Int32Array.from(given.target), [rows])
        : await feed(Float32Array.from(given.target), [rows, 1]),
    order: await feed(Int32Array.from(given.order), [steps * batch]),
    steps: await feed(BigInt64Array.of(BigInt(steps)), []),
    alpha: await perStep(scalars.map(({ alpha }) => alpha)),
    epsilon: await perStep(scalars.map(({ epsilon }) => epsilon)),
    decay: await perStep(scalars.map(({ decay }) => decay)),
    weights: await feed(start, [start.length]),
    first: await feed(new Float32Array(start.length), [start.length]),
    second: await feed(new Float32Array(start.length), [start.length]),
    ...(shares && { blend: await perStep(shares) }),
  }
  const result = await session.run(feeds)
  await session.release()
  return result['weights after']!.data as Float32Array
}

describe('five steps of training end where torch ends (test/fixtures/neural/make.py)', () => {
  it.each(Object.entries(cases))('with %s', async (_, given) => {
    const weights = await train(given)
    given.after.flat().forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 4))
    expect(given.after.flat()).not.toEqual(given.before.flat())
  })
})
