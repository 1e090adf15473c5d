import { describe, expect, it } from 'vitest'
import type { Features } from '../../src/data/features.ts'
import { denseStack } from '../../src/neural/build.ts'
import { schedules } from '../../src/neural/schedule.ts'
import { calibrate } from '../../src/neural/scoring.ts'
import { residentTable, storeOf } from '../../src/neural/table.ts'
import { trainNetwork, type TrainOptions } from '../../src/neural/trainer.ts'
import { parametersOf, type Network } from '../../src/onnx/network.ts'
import { createRng } from '../../src/util/rng.ts'

const rng = createRng(5)
const ROWS = 200
const features: Features = {
  rows: ROWS,
  columns: ['a', 'b'].map(name => ({
    kind: 'dense' as const,
    name,
    values: Float32Array.from({ length: ROWS }, () => rng.normal()),
  })),
}
const [a, b] = features.columns.map(column => column.values)
const target = Float64Array.from({ length: ROWS }, (_, i) => (a![i]! * b![i]! > 0 ? 1 : 0))
const net = (dropout = 0.1): Network => ({
  numeric: Int32Array.of(0, 1),
  scale: Float32Array.of(1, 1),
  shift: Float32Array.of(0, 0),
  squash: 3,
  embeddings: [],
  layers: denseStack({
    inputs: 2,
    hidden: [16, 8],
    outputs: 2,
    activation: 'relu',
    dropout,
    rng: createRng(1),
  }),
})
const options = (extra: Partial<TrainOptions> = {}): TrainOptions => ({
  loss: 'cross-entropy',
  outputs: 2,
  batch: 20,
  steps: 400,
  learningRate: 0.01,
  schedule: 'cosine',
  adam: { beta1: 0.9, beta2: 0.999, weightDecay: 0.01 },
  smoothing: 0,
  stepsPerScore: 20,
  patience: 100,
  seed: 3,
  signal: new AbortController().signal,
  deadline: Infinity,
  threads: 1,
  ...extra,
})
const part = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i)
const tableOf = (rows: Int32Array) =>
  residentTable({ features, target }, net(), { rows, store: 'float', loss: 'cross-entropy' })
const train = async (extra: Partial<TrainOptions> = {}, dropout = 0.1) =>
  trainNetwork(net(dropout), await tableOf(part(0, 150)), await tableOf(part(150, ROWS)), options(extra))
const weightsOf = (network: Network) => parametersOf(network).flatMap(({ values }) => [...values])

describe('training', () => {
  it('learns what no straight line can separate', async () => {
    const losses: number[] = []
    await train({ report: (_, loss) => losses.push(loss) })
    expect(losses[0]).toBeGreaterThan(0.5)
    expect(losses.at(-1)).toBeLessThan(0.35)
  })

  it('gives the same bits for the same seed and others for another', async () => {
    const [first, again, other] = [await train(), await train(), await train({ seed: 4 })]
    expect(weightsOf(first.net)).toEqual(weightsOf(again.net))
    expect(weightsOf(first.net)).not.toEqual(weightsOf(other.net))
  })

  it('returns the weights that were best on the validation rows, not the last', async () => {
    // At a rate this high the loss jumps about; training to the best look only must give the same weights.
    const losses: number[] = []
    const wild = { learningRate: 0.3, schedule: 'cosine' as const, seed: 8 }
    const full = await train({ ...wild, report: (_, loss) => losses.push(loss) }, 0)
    const best = losses.indexOf(Math.min(...losses))
    expect(best).toBeLessThan(losses.length - 1)
    const seen: number[] = []
    const stopped = await train(
      { ...wild, patience: losses.length - 1 - best, report: (_, loss) => seen.push(loss) },
      0,
    )
    expect(weightsOf(stopped.net)).toEqual(weightsOf(full.net))
  })

  it('stops after `patience` looks without a better one', async () => {
    const losses: number[] = []
    await train({ learningRate: 1e-9, patience: 3, report: (_, loss) => losses.push(loss) })
    expect(losses.length).toBeLessThan(10)
  })

  it('ends before its deadline with a schedule cut to fit', async () => {
    const started = performance.now()
    const trained = await train({ steps: 1e7, patience: 1e7, stepsPerScore: 2000, deadline: started + 1500 })
    expect(performance.now() - started).toBeLessThan(60_000) // all its steps would take hours
    expect(weightsOf(trained.net).every(Number.isFinite)).toBe(true)
  })

  it('throws what the signal was aborted with', async () => {
    const controller = new AbortController()
    const running = train({
      steps: 1e7,
      patience: 1e7,
      signal: controller.signal,
      report: () => controller.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('enough')
  })

  it('says when the weights diverged', async () => {
    await expect(train({ learningRate: 1e38 })).rejects.toMatchObject({ code: 'E_DIVERGED' })
  })

  it('uses flat memory over many trainings', async () => {
    const short = { steps: 20, stepsPerScore: 20 }
    for (let i = 0; i < 20; i++) await train(short)
    const before = process.memoryUsage().rss
    for (let i = 0; i < 120; i++) await train(short)
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6)
  })
})

describe('a resident table', () => {
  it('keeps large tables of bytes as bytes and everything else as float32', () => {
    const wide = { ...net(), numeric: Int32Array.from({ length: 500 }, (_, j) => j) }
    const bytes = (rows: number, value: number): Features => {
      const values = new Float32Array(rows).fill(value)
      return {
        rows,
        columns: Array.from({ length: 500 }, (_, j) => ({ kind: 'dense', name: `p${j}`, values })),
      }
    }
    expect(storeOf(bytes(10_000, 7), wide)).toBe('uint8')
    expect(storeOf(bytes(10_000, 7.5), wide)).toBe('float')
    expect(storeOf(bytes(100, 7), wide)).toBe('float')
  })

  it('holds numbers as the first layer sees them', async () => {
    const { feeds } = await tableOf(Int32Array.of(7, 3))
    const z = a![7]!
    expect(feeds['matrix']!.data[0]).toBeCloseTo(z / Math.sqrt(1 + (z / 3) ** 2), 6)
    expect([...(feeds['target']!.data as Int32Array)]).toEqual([target[7], target[3]])
  })
})

describe('calibration', () => {
  it('finds the scale that a fine grid finds', () => {
    const draws = createRng(9)
    const values = Float32Array.from({ length: 3000 }, () => 6 * draws.normal())
    const targets = Array.from({ length: 1000 }, (_, row) => {
      const exps = [0, 1, 2].map(k => Math.exp(0.4 * values[3 * row + k]!))
      let draw = draws.next() * exps.reduce((x, y) => x + y)
      return Math.max(
        0,
        exps.findIndex(value => (draw -= value) < 0),
      )
    })
    const shares = new Float32Array(1000).fill(1)
    const { scale } = calibrate({ values, targets, shares, total: 1000 }, 3)
    expect(scale).toBeCloseTo(0.4, 1)
  })

  it('stays near 1 when a handful of rows are all right', () => {
    const values = Float32Array.of(2, 0, 2, 0, 0, 2)
    const { scale } = calibrate({ values, targets: [0, 0, 1], shares: Float32Array.of(1, 1, 1), total: 3 }, 2)
    expect(scale).toBeGreaterThan(1)
    expect(scale).toBeLessThan(1.3)
  })
})

describe('schedules', () => {
  it.each(Object.entries(schedules))('%s stays within 0 and 1 and ends near 0', (_, schedule) => {
    const rates = Array.from({ length: 1001 }, (_, i) => schedule(i / 1000))
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...rates)).toBeLessThanOrEqual(1 + 1e-9)
    expect(Math.max(...rates)).toBeGreaterThan(0.99)
    expect(rates.at(-1)).toBeLessThan(0.001)
  })
})
