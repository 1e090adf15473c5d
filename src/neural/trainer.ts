import { parametersOf, visitParameters, type Network } from '../onnx/network.ts'
import { feed, openSession, type Feed, type Session } from '../onnx/session.ts'
import { TrialError } from '../util/errors.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'
import { adamScalars, type AdamOptions } from './adamw.ts'
import type { Loss } from './losses.ts'
import { schedules, type ScheduleName } from './schedule.ts'
import { dropoutOf, scoringGraph, trainingGraph } from './training-graph.ts'
import { scoreNetwork, type Score } from './scoring.ts'
import type { ResidentTable } from './table.ts'

export interface TrainOptions {
  readonly loss: Loss
  readonly outputs: number
  readonly batch: number
  /** Mini-batches to see in all, unless the deadline or early stopping ends it before. */
  readonly steps: number
  readonly learningRate: number
  readonly schedule: ScheduleName
  readonly adam: AdamOptions
  readonly smoothing: number
  /** Steps between two looks at the validation rows. */
  readonly stepsPerScore: number
  /** Looks without a better validation loss before the training ends. */
  readonly patience: number
  readonly seed: number
  readonly signal: AbortSignal
  /** `performance.now()` at which to be done. */
  readonly deadline: number
  readonly threads: number
  readonly report?: (step: number, loss: number) => void
}

export interface Trained {
  readonly net: Network
  /** What the outputs have to be multiplied by to be calibrated on the validation rows. */
  readonly outputScale: number
}

const SECONDS_PER_CALL = 0.3 // a stop is seen between calls
const FIRST_STEPS = 4 // enough to time a step
const POOL_VALUES = 1 << 22
const DEADLINE_MARGIN = 0.95 // share of the time left that the schedule may plan with

/**
 * Trains a net on a resident table; with validation rows, the weights with the lowest loss on them are returned. The schedule
 * ends at `steps`, or is shortened, as soon as steps can be timed, to end before the deadline.
 */
export async function trainNetwork(
  net: Network,
  table: ResidentTable,
  validation: ResidentTable | undefined,
  options: TrainOptions,
): Promise<Trained> {
  const { loss, outputs, batch, smoothing, adam, threads } = options
  const shape = {
    net,
    loss,
    outputs,
    batch,
    smoothing,
    adam,
    store: table.store,
    weighted: 'importance' in table.feeds,
  }
  const training = await openSession(trainingGraph(shape), { threads })
  try {
    const scoring = validation && (await openSession(scoringGraph(shape), { threads }))
    try {
      const { weights, score } = await run(training, scoring, net, table, validation, options)
      return { net: withWeights(net, weights), outputScale: score.scale }
    } finally {
      await scoring?.release()
    }
  } finally {
    await training.release()
  }
}

async function run(
  training: Session,
  scoring: Session | undefined,
  net: Network,
  table: ResidentTable,
  validation: ResidentTable | undefined,
  options: TrainOptions,
): Promise<{ readonly weights: Float32Array; readonly score: Score }> {
  const { signal, deadline, stepsPerScore, learningRate, adam } = options
  const batches = await batchSource(net, table.rows, options)
  const schedule = schedules[options.schedule]
  let state = await initialState(net)
  let best: Best = { score: { loss: Infinity, scale: 1 }, weights: state.weights, looks: 0 }
  let planned = options.steps
  let perStep = 0 // seconds, of the last call
  let looks = 0
  for (let done = 0; done < planned;) {
    signal.throwIfAborted()
    if (done > 0 && performance.now() >= deadline) break
    const until = Math.min(planned, (Math.floor(done / stepsPerScore) + 1) * stepsPerScore)
    const count = Math.min(
      until - done,
      perStep > 0 ? Math.max(1, Math.floor(SECONDS_PER_CALL / perStep)) : FIRST_STEPS,
    )
    const scalars = Array.from({ length: count }, (_, i) =>
      adamScalars(learningRate * schedule((done + i) / planned), done + i + 1, adam),
    )
    const fed: Record<string, Feed> = { ...table.feeds, ...state, ...(await batches(count)) }
    for (const name of ['alpha', 'epsilon', 'decay'] as const) {
      fed[name] = await feed(
        Float32Array.from(scalars, entry => entry[name]),
        [count],
      )
    }
    fed['steps'] = await feed(BigInt64Array.of(BigInt(count)), [])
    const started = performance.now()
    const after = await training.run(fed)
    // The first call also allocates; what follows is the steady speed.
    perStep = (performance.now() - started) / 1e3 / count
    state = { weights: after['weights after']!, first: after['first after']!, second: after['second after']! }
    done += count
    const left = (deadline - performance.now()) / 1e3
    planned = Math.min(planned, done + Math.max(0, Math.floor((DEADLINE_MARGIN * left) / perStep)))
    if (!scoring || !validation || (done % stepsPerScore !== 0 && done < planned)) continue
    const score = await scoreNetwork(scoring, validation, state.weights, { net, ...options })
    looks++
    options.report?.(looks, score.loss)
    if (score.loss < best.score.loss) best = { score, weights: state.weights, looks }
    else if (looks - best.looks >= options.patience) break
  }
  const weights = (best.score.loss < Infinity ? best.weights : state.weights).data as Float32Array
  if (!weights.every(Number.isFinite)) {
    throw new TrialError(
      'E_DIVERGED',
      `training with learning_rate ${learningRate} left weights that are not numbers: expected finite ones; use a lower learning_rate`,
    )
  }
  return { weights, score: best.score }
}

interface Best {
  readonly score: Score
  readonly weights: Feed
  readonly looks: number
}

interface State {
  readonly weights: Feed
  readonly first: Feed
  readonly second: Feed
}

async function initialState(net: Network): Promise<State> {
  const parameters = parametersOf(net)
  const size = parameters.reduce((sum, { values }) => sum + values.length, 0)
  const flat = new Float32Array(size)
  let offset = 0
  for (const { values } of parameters) {
    flat.set(values, offset)
    offset += values.length
  }
  const zeros = () => feed(new Float32Array(size), [size])
  return { weights: await feed(flat, [size]), first: await zeros(), second: await zeros() }
}

/** The net with its parameters cut from a flat vector. */
function withWeights(net: Network, flat: Float32Array): Network {
  let offset = 0
  return visitParameters(net, ({ values }) => {
    offset += values.length
    return flat.slice(offset - values.length, offset)
  })
}

/** Feeds for any number of steps to come: shuffled row numbers, epoch after epoch, and dropout windows. */
async function batchSource(net: Network, rows: number, { batch, seed }: TrainOptions) {
  const next = rowStream(rows, createRng(hashSeed(seed, 'order')))
  const { rate, widths } = dropoutOf(net)
  const window = widths.reduce((sum, width) => sum + width * batch, 0)
  const pool =
    window > 0 ? maskPool(rate, Math.max(2 * window, Math.min(POOL_VALUES, 64 * window)), seed) : undefined
  const fedPool = pool && (await feed(pool, [pool.length]))
  const offsets = createRng(hashSeed(seed, 'offsets'))
  return async (steps: number): Promise<Record<string, Feed>> => {
    const order = await feed(next(steps * batch), [steps * batch])
    if (!pool || !fedPool) return { order }
    const starts = BigInt64Array.from({ length: steps }, () => BigInt(offsets.int(pool.length - window)))
    return { order, pool: fedPool, offsets: await feed(starts, [steps]) }
  }
}

/** Rows in shuffled order without end: each epoch is a new permutation, and batches may span two. */
function rowStream(rows: number, rng: Rng): (count: number) => Int32Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  let at = rows
  return count => {
    const taken = new Int32Array(count)
    for (let filled = 0; filled < count;) {
      if (at === rows) {
        rng.shuffle(order)
        at = 0
      }
      const some = Math.min(count - filled, rows - at)
      taken.set(order.subarray(at, at + some), filled)
      filled += some
      at += some
    }
    return taken
  }
}

/** Random masks to cut windows from: cheaper than fresh random numbers at every step, and reproducible anywhere. */
function maskPool(rate: number, length: number, seed: number): Float32Array {
  const rng = createRng(hashSeed(seed, 'dropout'))
  const kept = 1 / (1 - rate)
  const pool = new Float32Array(length)
  for (let i = 0; i < length; i++) pool[i] = rng.next() < rate ? 0 : kept
  return pool
}
