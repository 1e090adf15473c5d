import process from 'node:process'
import { mlp } from '../src/algorithms/mlp.ts'
import type { Features } from '../src/data/features.ts'
import { denseStack } from '../src/neural/build.ts'
import { ENGINE_VARIABLE, type EngineName } from '../src/neural/engine.ts'
import { residentTable } from '../src/neural/table.ts'
import { loadTfjs } from '../src/neural/tfjs/tf.ts'
import { trainNetwork } from '../src/neural/trainer.ts'
import { Graph } from '../src/onnx/graph.ts'
import type { Network } from '../src/onnx/network.ts'
import { feed, openSession } from '../src/onnx/session.ts'
import { defaults } from '../src/params/space.ts'
import { createRng } from '../src/util/rng.ts'
import { benchOptions, describeMachine, note } from './harness.ts'

// How near the training loop comes to plain matrix products, whether memory stays flat over many fits, and what TensorFlow.js
// takes for the same steps. Processor seconds, one thread, the best of some runs: other work on the machine takes none of them.

const { quick } = benchOptions()
const print = (line: string) => process.stdout.write(`${line}\n`)
note(describeMachine())

async function processorSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

async function best(runs: number, work: () => Promise<unknown>): Promise<number> {
  let seconds = Infinity
  for (let run = 0; run < runs; run++) seconds = Math.min(seconds, await processorSeconds(work))
  return seconds
}

/** Products of a square matrix as onnxruntime has them: returns how many multiplications and additions a second. */
async function gemm(size: number): Promise<() => Promise<number>> {
  const graph = new Graph('gemm')
  const a = graph.input('a', 'float', [size, size])
  const b = graph.constant(new Float32Array(size * size).fill(0.5), [size, size])
  let product = a
  const times = 8
  for (let i = 0; i < times; i++) product = graph.op('MatMul', [product, b])
  graph.output('y', graph.op('ReduceMax', [product], { keepdims: 0 }), [])
  const session = await openSession(graph.encode())
  const fed = { a: await feed(new Float32Array(size * size).fill(1e-3), [size, size]) }
  await session.run(fed)
  return async () => (2 * times * size ** 3) / (await best(2, () => session.run(fed)))
}

interface Size {
  readonly rows: number
  readonly widths: readonly number[]
  readonly batch: number
  readonly store: 'uint8' | 'float'
}

async function prepare({ rows, widths, batch, store }: Size) {
  const rng = createRng(1)
  const inputs = widths[0]!
  const outputs = widths.at(-1)!
  const columns = Array.from({ length: inputs }, (_, j) => ({
    kind: 'dense' as const,
    name: `x${j}`,
    values: Float32Array.from({ length: rows }, () => (store === 'uint8' ? rng.int(256) : rng.normal())),
  }))
  const target = Float64Array.from({ length: rows }, () => rng.int(outputs))
  const net: Network = {
    numeric: Int32Array.from({ length: inputs }, (_, j) => j),
    scale: new Float32Array(inputs).fill(store === 'uint8' ? 1 / 255 : 1),
    shift: new Float32Array(inputs),
    squash: 0,
    embeddings: [],
    layers: denseStack({ inputs, hidden: widths.slice(1, -1), outputs, activation: 'relu', dropout: 0, rng }),
  }
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  const features: Features = { rows, columns }
  const table = await residentTable({ features, target }, net, { rows: order, store, loss: 'cross-entropy' })
  return (engine: EngineName, steps: number) => {
    process.env[ENGINE_VARIABLE] = engine
    return trainNetwork(net, table, undefined, {
      loss: 'cross-entropy',
      outputs,
      batch,
      steps,
      learningRate: 1e-3,
      schedule: 'cosine',
      adam: { beta1: 0.9, beta2: 0.999, weightDecay: 1e-2 },
      smoothing: 0,
      stepsPerScore: steps,
      patience: 1,
      seed: 1,
      signal: new AbortController().signal,
      deadline: Infinity,
      threads: 1,
    })
  }
}

const digits: Size = {
  rows: quick ? 15_000 : 60_000,
  widths: [784, 512, 256, 10],
  batch: 256,
  store: 'uint8',
}
const small: Size = { rows: 10_000, widths: [30, 128, 128, 128, 2], batch: 128, store: 'float' }

{
  const products512 = await gemm(512)
  const products1024 = await gemm(1024)
  const train = await prepare(digits)
  const steps = Math.floor(digits.rows / digits.batch)
  // In turn, as what else runs on the machine slows both.
  let [peak, seconds] = [0, Infinity]
  for (let turn = 0; turn < (quick ? 3 : 6); turn++) {
    peak = Math.max(peak, await products512(), await products1024())
    seconds = Math.min(seconds, await best(1, () => train('onnxruntime', steps)))
  }
  // Forward, by weights and by inputs; the first layer needs no gradient by its inputs.
  const products = digits.widths.slice(1).map((width, i) => width * digits.widths[i]!)
  const flops = 2 * (3 * products.reduce((a, b) => a + b) - products[0]!) * steps * digits.batch
  print(`784-512-256-10, batch 256: ${seconds.toFixed(2)} s of processor for ${steps} steps, ${(flops / seconds / 1e9).toFixed(1)} GFLOP/s; products alone ${(peak / 1e9).toFixed(1)} GFLOP/s: ${((100 * flops) / seconds / peak).toFixed(0)} %`) // prettier-ignore
}

{
  const rng = createRng(2)
  const columns = Array.from({ length: 8 }, (_, j) => ({
    kind: 'dense' as const,
    name: `x${j}`,
    values: Float32Array.from({ length: 200 }, () => rng.normal()),
  }))
  const target = Float64Array.from(columns[0]!.values, value => Number(value > 0))
  const data = { features: { rows: 200, columns }, target, task: 'binary', classes: 2 } as const
  const fits = quick ? 200 : 1000
  const sizes: number[] = []
  delete process.env[ENGINE_VARIABLE]
  for (let fit = 0; fit < fits; fit++) {
    const params = { ...defaults(mlp.space), layers: ['50,25', '100,50', '256'][fit % 3]! }
    await mlp.fit(data, params, { seed: fit, signal: new AbortController().signal, deadline: performance.now() + 40, threads: 1 }) // prettier-ignore
    if (fit % 100 === 99) sizes.push(process.memoryUsage.rss() / 1e6)
  }
  print(
    `resident memory over ${fits} fits, every hundredth: ${sizes.map(size => size.toFixed(0)).join(' ')} MB`,
  )
}

const tfjs = await loadTfjs()
if (!tfjs) note('no package of TensorFlow.js is installed: the engines are not compared')
else {
  print(`TensorFlow.js: ${tfjs.found}`)
  for (const [size, steps] of [
    [digits, quick ? 12 : 40],
    [small, quick ? 60 : 300],
  ] as const) {
    const train = await prepare(size)
    const perStep = async (engine: EngineName) => {
      const few = await best(2, () => train(engine, 4)) // what does not grow with the steps
      return ((await best(2, () => train(engine, 4 + steps))) - few) / steps
    }
    const [ours, theirs] = [await perStep('onnxruntime'), await perStep('tfjs')]
    print(`${size.widths.join('-')}, batch ${size.batch}: ${(1e3 * ours).toFixed(2)} ms of processor per step by onnxruntime, ${(1e3 * theirs).toFixed(1)} by tfjs: ${(theirs / ours).toFixed(0)} times as long`) // prettier-ignore
  }
}
