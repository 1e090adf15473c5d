import { describe, expect, it } from 'vitest'
import { adamScalars } from '../../src/neural/adamw.ts'
import { trainingGraph, type TrainingShape } from '../../src/neural/training-graph.ts'
import { parametersOf, type Network } from '../../src/onnx/network.ts'
import { feed, openSession, type Feed } from '../../src/onnx/session.ts'
import { createRng } from '../../src/util/rng.ts'

// numbers a, b | embedding of 3 categories, 2 wide  →  dense 4 → 5, relu, dropout, dense 5 → 3
const ROWS = 12
const BATCH = 4
const STEPS = 6
const ADAM = { beta1: 0.9, beta2: 0.99, weightDecay: 0.1 }
const RATE = 0.05
const SMOOTHING = 0.1

const rng = createRng(1)
const draw = (count: number) => Float32Array.from({ length: count }, () => rng.normal())
const net: Network = {
  numeric: Int32Array.of(0, 1),
  scale: Float32Array.of(1 / 64, 1 / 32),
  shift: Float32Array.of(-2, -3),
  squash: 3,
  embeddings: [{ feature: 2, categories: 3, width: 2, table: draw(8) }],
  layers: [
    { kind: 'dense', inputs: 4, outputs: 5, weights: draw(20), biases: draw(5) },
    { kind: 'activation', name: 'relu' },
    { kind: 'dropout', rate: 0.5 },
    { kind: 'dense', inputs: 5, outputs: 3, weights: draw(15), biases: draw(3) },
  ],
}
const bytes = Uint8Array.from({ length: ROWS * 2 }, () => rng.int(256))
const codes = Int32Array.from({ length: ROWS }, () => rng.int(4))
const target = Int32Array.from({ length: ROWS }, () => rng.int(3))
const importance = Float32Array.from({ length: ROWS }, () => 0.5 + rng.next())
const order = Int32Array.from({ length: STEPS * BATCH }, () => rng.int(ROWS))
const pool = Float32Array.from({ length: 100 }, () => (rng.next() < 0.5 ? 0 : 2))
const offsets = Array.from({ length: STEPS }, () => rng.int(100 - BATCH * 5))

const shape: TrainingShape = {
  net,
  loss: 'cross-entropy',
  outputs: 3,
  batch: BATCH,
  smoothing: SMOOTHING,
  store: 'uint8',
  weighted: true,
  adam: ADAM,
}
const start = parametersOf(net).flatMap(({ values }) => [...values])

/** The same training in plain float64 loops. */
function naive(): number[] {
  const weights = [...start]
  const first = weights.map(() => 0)
  const second = weights.map(() => 0)
  const at = { table: 0, w1: 8, b1: 28, w2: 33, b2: 48 }
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map(() => 0)
    for (let i = 0; i < BATCH; i++) {
      const row = order[step * BATCH + i]!
      const squashed = [0, 1].map(j => {
        const z = bytes[row * 2 + j]! * net.scale[j]! + net.shift[j]!
        return z / Math.sqrt(1 + (z / 3) ** 2)
      })
      const x = [...squashed, weights[at.table + 2 * codes[row]!]!, weights[at.table + 2 * codes[row]! + 1]!]
      const mask = Array.from(pool.subarray(offsets[step]! + i * 5, offsets[step]! + i * 5 + 5))
      const hidden = mask.map((_, k) =>
        x.reduce((sum, value, j) => sum + value * weights[at.w1 + j * 5 + k]!, weights[at.b1 + k]!),
      )
      const active = hidden.map((value, k) => Math.max(0, value) * mask[k]!)
      const logits = [0, 1, 2].map(c =>
        active.reduce((sum, value, k) => sum + value * weights[at.w2 + k * 3 + c]!, weights[at.b2 + c]!),
      )
      const exps = logits.map(Math.exp)
      const total = exps.reduce((a, b) => a + b)
      const dz = exps.map((value, c) => {
        const wanted = (c === target[row] ? 1 - SMOOTHING : 0) + SMOOTHING / 3
        return ((value / total - wanted) * importance[row]!) / BATCH
      })
      const dHidden = active.map((value, k) => {
        const back = dz.reduce((sum, d, c) => sum + d * weights[at.w2 + k * 3 + c]!, 0)
        dz.forEach((d, c) => (gradient[at.w2 + k * 3 + c]! += d * value))
        return hidden[k]! > 0 ? back * mask[k]! : 0
      })
      dz.forEach((d, c) => (gradient[at.b2 + c]! += d))
      x.forEach((value, j) => {
        let back = 0
        dHidden.forEach((d, k) => {
          gradient[at.w1 + j * 5 + k]! += d * value
          back += d * weights[at.w1 + j * 5 + k]!
        })
        if (j >= 2) gradient[at.table + 2 * codes[row]! + j - 2]! += back
      })
      dHidden.forEach((d, k) => (gradient[at.b1 + k]! += d))
    }
    for (let p = 0; p < weights.length; p++) {
      first[p] = ADAM.beta1 * first[p]! + (1 - ADAM.beta1) * gradient[p]!
      second[p] = ADAM.beta2 * second[p]! + (1 - ADAM.beta2) * gradient[p]! ** 2
      const m = first[p]! / (1 - ADAM.beta1 ** (step + 1))
      const v = second[p]! / (1 - ADAM.beta2 ** (step + 1))
      weights[p] = weights[p]! * (1 - RATE * ADAM.weightDecay) - (RATE * m) / (Math.sqrt(v) + 1e-8)
    }
  }
  return weights
}

/** Runs the graph in calls of the given numbers of steps and returns the final weights. */
async function trained(calls: readonly number[]): Promise<Float32Array> {
  const session = await openSession(trainingGraph(shape))
  const size = start.length
  let state: Record<string, Feed> = {
    weights: await feed(Float32Array.from(start), [size]),
    first: await feed(new Float32Array(size), [size]),
    second: await feed(new Float32Array(size), [size]),
  }
  let done = 0
  for (const steps of calls) {
    const scalars = Array.from({ length: steps }, (_, i) => adamScalars(RATE, done + i + 1, ADAM))
    const result = await session.run({
      ...state,
      matrix: await feed(bytes, [ROWS, 2]),
      codes: await feed(codes, [ROWS, 1]),
      target: await feed(target, [ROWS]),
      importance: await feed(importance, [ROWS, 1]),
      order: await feed(order.slice(done * BATCH, (done + steps) * BATCH), [steps * BATCH]),
      steps: await feed(BigInt64Array.of(BigInt(steps)), []),
      alpha: await feed(
        Float32Array.from(scalars, entry => entry.alpha),
        [steps],
      ),
      epsilon: await feed(
        Float32Array.from(scalars, entry => entry.epsilon),
        [steps],
      ),
      decay: await feed(
        Float32Array.from(scalars, entry => entry.decay),
        [steps],
      ),
      pool: await feed(pool, [pool.length]),
      offsets: await feed(BigInt64Array.from(offsets.slice(done, done + steps), BigInt), [steps]),
    })
    state = {
      weights: result['weights after']!,
      first: result['first after']!,
      second: result['second after']!,
    }
    done += steps
  }
  await session.release()
  return state['weights']!.data as Float32Array
}

describe('the training graph', () => {
  it('does in its loop what plain loops do: bytes, embeddings, dropout, weights, smoothing and AdamW', async () => {
    const expected = naive()
    const weights = await trained([STEPS])
    for (const [i, value] of expected.entries()) expect(weights[i]).toBeCloseTo(value, 4)
    const moved = expected.filter((value, i) => Math.abs(value - start[i]!) > 0.01)
    expect(moved.length).toBeGreaterThan(start.length / 2)
  })

  it('gives the same bits however its steps are cut into calls', async () => {
    expect(await trained([1, 3, 2])).toEqual(await trained([STEPS]))
  })
})
