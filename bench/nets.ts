import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Features } from '../src/data/features.ts'
import { denseStack } from '../src/neural/build.ts'
import { residentTable } from '../src/neural/table.ts'
import { trainNetwork } from '../src/neural/trainer.ts'
import { predictModel } from '../src/models/index.ts'
import type { NetworkModel } from '../src/models/network.ts'
import type { Network } from '../src/onnx/network.ts'
import { createRng } from '../src/util/rng.ts'
import {
  benchOptions,
  finish,
  interleave,
  measurementLine,
  note,
  npmVersion,
  pythonVersions,
  pythonPath,
  startPython,
  type Ratio,
  ratio,
  type RunResult,
} from './harness.ts'

/** The same net trained for the same number of steps by both. */
interface Match {
  readonly name: string
  readonly rows: number
  readonly inputs: number
  readonly store: 'uint8' | 'float'
  readonly hidden: readonly number[]
  readonly outputs: number
  readonly batch: number
  readonly epochs: number
  readonly bound: number
}

const RATE = 1e-3
const DECAY = 1e-2
const { quick, json } = benchOptions()
const matches: readonly Match[] = [
  { name: 'one epoch of 784-512-256-10, batch 256', rows: quick ? 15_000 : 60_000, inputs: 784, store: 'uint8', hidden: [512, 256], outputs: 10, batch: 256, epochs: 1, bound: 1 }, // prettier-ignore
  { name: 'small fit of 1000 × 10, 3 × 128', rows: 1000, inputs: 10, store: 'float', hidden: [128, 128, 128], outputs: 2, batch: 128, epochs: quick ? 40 : 100, bound: 0.5 }, // prettier-ignore
  { name: 'small fit of 10000 × 30, 3 × 128', rows: 10_000, inputs: 30, store: 'float', hidden: [128, 128, 128], outputs: 2, batch: 128, epochs: quick ? 5 : 20, bound: 0.5 }, // prettier-ignore
]

/** Columns of bytes or normals, and a class that some of them decide. */
function tableOf({ rows, inputs, store, outputs }: Match): { features: Features; target: Float64Array } {
  const rng = createRng(0x9e3779b9)
  const draw = () => (store === 'uint8' ? (rng.next() < 0.8 ? 0 : rng.int(256)) : rng.normal())
  const columns = Array.from({ length: inputs }, (_, j) => ({
    kind: 'dense' as const,
    name: `x${j}`,
    values: Float32Array.from({ length: rows }, draw),
  }))
  const unit = store === 'uint8' ? 255 : 2
  const target = Float64Array.from({ length: rows }, (_, row) => {
    const sum = columns
      .slice(0, 9)
      .reduce((total, column, j) => total + column.values[row]! * (j % 2 ? -1 : 1), 0)
    return Math.max(0, Math.min(outputs - 1, Math.floor(outputs / 2 + sum / unit)))
  })
  return { features: { rows, columns }, target }
}

const folder = mkdtempSync(join(tmpdir(), 'nets-'))
const versions = { ...pythonVersions(['torch', 'numpy']), 'onnxruntime-node': npmVersion('onnxruntime-node') }
const python =
  'torch' in versions ? startPython<{ seconds: number; loss: number }>('bench/peers/nets.py') : undefined
if (!python) note(`torch cannot be imported by ${pythonPath()}: our side is measured alone`)

const ratios: Ratio[] = []
for (const match of matches) {
  note(match.name)
  const contenders = await contendersOf(match)
  const measured = await interleave(contenders, { runs: quick ? 3 : 5 })
  for (const measurement of measured) note(measurementLine(measurement))
  const [mine, peer] = measured
  if (mine && peer) ratios.push(ratio(match.name, mine.seconds, peer.seconds, match.bound))
}
python?.close()
rmSync(folder, { recursive: true })
finish(ratios, versions, json)

async function contendersOf(match: Match) {
  const { rows, inputs, store, hidden, outputs, batch, epochs } = match
  const data = tableOf(match)
  const steps = epochs * Math.floor(rows / batch)
  const net: Network = {
    numeric: Int32Array.from({ length: inputs }, (_, j) => j),
    scale: new Float32Array(inputs).fill(store === 'uint8' ? 1 / 255 : 1),
    shift: new Float32Array(inputs),
    squash: 0,
    embeddings: [],
    layers: denseStack({ inputs, hidden, outputs, activation: 'relu', dropout: 0, rng: createRng(1) }),
  }
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  const table = await residentTable(data, net, { rows: order, store, loss: 'cross-entropy' })
  const ours = async (): Promise<RunResult> => {
    const start = performance.now()
    const trained = await trainNetwork(net, table, undefined, {
      loss: 'cross-entropy',
      outputs,
      batch,
      steps,
      learningRate: RATE,
      schedule: 'cosine',
      adam: { beta1: 0.9, beta2: 0.999, weightDecay: DECAY },
      smoothing: 0,
      stepsPerScore: steps,
      patience: 1,
      seed: 1,
      signal: new AbortController().signal,
      deadline: Infinity,
      threads: 1,
    })
    const seconds = (performance.now() - start) / 1000
    const loss = await lossOf({ kind: 'network', outputs, features: inputs, net: trained.net, link: 'softmax', outputScale: 1, outputShift: 0 }, data) // prettier-ignore
    return { sink: loss, seconds, quality: { loss } }
  }
  const contenders = [{ name: 'glasspilot', run: ours }]
  if (!python) return contenders
  const files = { x: join(folder, 'x'), target: join(folder, 'target') }
  const matrix = new (store === 'uint8' ? Uint8Array : Float32Array)(rows * inputs)
  for (const [j, column] of data.features.columns.entries()) {
    for (let row = 0; row < rows; row++) matrix[row * inputs + j] = column.values[row]!
  }
  writeFileSync(files.x, matrix)
  writeFileSync(files.target, Int32Array.from(data.target))
  const type = store === 'uint8' ? 'uint8' : 'float32'
  const request = { ...files, type, rows, inputs, hidden, outputs, batch, steps, rate: RATE, decay: DECAY }
  const theirs = async (): Promise<RunResult> => {
    const { seconds, loss } = await python.ask(request)
    return { sink: loss, seconds, quality: { loss } }
  }
  return [...contenders, { name: 'torch', run: theirs }]
}

/** Log loss on the first 2000 rows, as the peer computes it. */
async function lossOf(
  model: NetworkModel,
  { features, target }: { features: Features; target: Float64Array },
) {
  const rows = Math.min(2000, features.rows)
  const columns = features.columns.map(column => ({
    ...column,
    values: column.values.subarray(0, rows),
  })) as Features['columns']
  const p = await predictModel(model, { rows, columns })
  let loss = 0
  for (let row = 0; row < rows; row++)
    loss -= Math.log(Math.max(1e-15, p[row * model.outputs + target[row]!]!)) / rows
  return loss
}
