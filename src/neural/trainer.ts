import { parametersOf, visitParameters, type Network } from '../onnx/network.ts'
import { trainingDevice } from '../onnx/device.ts'
import { feed, type Feed, type Session } from '../onnx/session.ts'
import { createTape, type ClockTape, type Track } from '../util/clock-tape.ts'
import { TrialError } from '../util/errors.ts'
import { adamScalars, type AdamOptions, type Pace } from './adamw.ts'
import { batchSource } from './batches.ts'
import { openTraining } from './engine.ts'
import type { Loss } from './losses.ts'
import { dropoutOf } from './masks.ts'
import { schedules, type Schedule, type ScheduleName } from './schedule.ts'
import { scoringGraph, trainingGraph, type TrainingShape } from './training-graph.ts'
import { scoreNetwork, type Judged } from './scoring.ts'
import type { ResidentTable } from './table.ts'
import type { ImageWarps } from './warps.ts'

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
  /** Keeps, or repeats, what the deadline changes. */
  readonly tape?: ClockTape
  readonly threads: number
  readonly warps?: ImageWarps
  /** How each parameter moves, in the order of `parametersOf`; all alike without. */
  readonly paces?: readonly Pace[]
  /** Dropout and weight decay as shares of theirs along the training; constant without. */
  readonly fade?: Schedule
  /** Parameter of mixup's beta distribution; none without. */
  readonly mixup?: number
  /** As in `SessionOptions`. */
  readonly optimization?: 'all' | 'extended'
  readonly report?: (step: number, loss: number) => void
}

export interface Chosen {
  readonly net: Network
  /** What the outputs have to be multiplied by to be calibrated on the validation rows. */
  readonly outputScale: number
}

export interface Trained extends Chosen {
  /** The net as the validation rows without every fourth, from row 0, 1, 2 and 3 on, would have it: an honest judge for those left out. */
  readonly without?: readonly Chosen[]
}

const SECONDS_PER_CALL = 0.3 // a stop is seen between calls
const FIRST_STEPS = 4 // enough to time a step
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
  const { loss, outputs, batch, smoothing, adam, warps, threads, optimization = 'all' } = options
  const paces = options.paces ?? steadyStatistics(net)
  const weighted = 'importance' in table.feeds
  const shape: TrainingShape = {
    net,
    loss,
    outputs,
    batch,
    smoothing,
    adam,
    store: table.store,
    weighted,
    fading: options.fade !== undefined,
    blended: (options.mixup ?? 0) > 0,
    ...(warps && { warps }),
    ...(paces && { paces }),
  }
  const device = trainingDevice()
  const training = await openTraining(trainingGraph(shape), { threads, optimization, device })
  try {
    const scoring = validation && (await openTraining(scoringGraph(shape), { threads, optimization }))
    try {
      const score =
        scoring && ((weights: Feed) => scoreNetwork(scoring, validation, weights, { net, loss, outputs }))
      const { without, ...whole } = await run(training, score, net, table, options)
      const chosen = ({ weights, scale }: Best): Chosen => ({
        net: withWeights(net, weights.data as Float32Array),
        outputScale: scale,
      })
      return { ...chosen(whole), ...(without && { without: without.map(chosen) }) }
    } finally {
      await scoring?.release()
    }
  } finally {
    await training.release()
  }
}

/** Running statistics follow the batches alone: nothing else may move them. */
function steadyStatistics(net: Network): readonly Pace[] | undefined {
  const roles = parametersOf(net).map(({ role }) => role)
  if (!roles.includes('statistics')) return undefined
  return roles.map(role => ({ rate: 1, decay: role === 'statistics' ? 0 : 1 }))
}

/** The weights with the lowest loss so far. */
interface Best {
  readonly loss: number
  readonly scale: number
  readonly weights: Feed
}

/** What a training has come to. */
interface Progress {
  state: State
  /** Steps made, and steps that the schedule now ends at. */
  done: number
  planned: number
  /** Steps of all calls but the first, which also allocates, and the seconds they took. */
  timedSteps: number
  timedSeconds: number
  /** The number of planned steps, and whether there is time for more, as the clock has them. */
  readonly plan: Track
  readonly inTime: Track
}

async function run(
  training: Session,
  score: ((weights: Feed) => Promise<Judged>) | undefined,
  net: Network,
  table: ResidentTable,
  options: TrainOptions,
): Promise<Best & { readonly without?: readonly Best[] }> {
  const { signal, deadline, stepsPerScore, steps, patience, tape = createTape() } = options
  const batches = await batchSource(net, table.rows, { ...options, fading: options.fade !== undefined })
  const { rate: dropout, sizes } = dropoutOf(net)
  const progress: Progress = {
    state: await initialState(net),
    done: 0,
    planned: steps,
    timedSteps: 0,
    timedSeconds: 0,
    plan: tape.track(),
    inTime: tape.track(),
  }
  let best = { loss: Infinity, scale: 1, weights: progress.state.weights, look: 0 }
  let without: readonly Best[] | undefined
  for (let look = 0; progress.done < progress.planned;) {
    signal.throwIfAborted()
    const isInTime = () => Number(progress.done === 0 || performance.now() < deadline)
    if (progress.inTime.follow(progress.done, 1, isInTime) === 0) break
    await advance(training, progress, table, batches, { ...options, dropout: sizes.length > 0 ? dropout : 0 })
    if (!score || (progress.done % stepsPerScore !== 0 && progress.done < progress.planned)) continue
    const { weights } = progress.state
    const { loss, scale, without: losses } = await score(weights)
    look++
    without = losses?.map((own, part) => {
      const known = without?.[part] ?? best
      return own < known.loss ? { loss: own, scale, weights } : known
    })
    options.report?.(look, loss)
    if (loss < best.loss) best = { loss, scale, weights, look }
    else if (look - best.look >= patience) break
  }
  const ended: Best = best.loss < Infinity ? best : { ...best, weights: progress.state.weights }
  if ((ended.weights.data as Float32Array).every(Number.isFinite))
    return { ...ended, ...(without?.every(one => one.loss < Infinity) && { without }) }
  throw new TrialError(
    'E_DIVERGED',
    `training with learning rate ${options.learningRate} left weights that are not numbers: expected finite ones; use a lower learning rate`,
  )
}

/** As many steps as take `SECONDS_PER_CALL`, but not past the next look at the validation rows. */
async function advance(
  training: Session,
  progress: Progress,
  table: ResidentTable,
  batches: (steps: number) => Promise<Record<string, Feed>>,
  {
    steps,
    stepsPerScore,
    schedule,
    learningRate,
    adam,
    deadline,
    fade,
    dropout,
  }: TrainOptions & { readonly dropout: number },
): Promise<void> {
  const { done, planned, plan, inTime } = progress
  const perStep = progress.timedSeconds / Math.max(1, progress.timedSteps)
  const nextLook = (Math.floor(done / stepsPerScore) + 1) * stepsPerScore
  const wanted = perStep > 0 ? Math.max(1, Math.floor(SECONDS_PER_CALL / perStep)) : FIRST_STEPS
  const count = Math.min(wanted, Math.min(planned, nextLook, plan.next(done), inTime.next(done)) - done)
  const feeds: Record<string, Feed> = { ...table.feeds, ...progress.state, ...(await batches(count)) }
  const shares = Array.from({ length: count }, (_, i) => fade?.((done + i) / planned) ?? 1)
  const scalars = shares.map((share, i) =>
    adamScalars(learningRate * schedules[schedule]((done + i) / planned), done + i + 1, {
      ...adam,
      weightDecay: share * adam.weightDecay,
    }),
  )
  if (fade && dropout > 0)
    feeds['rates'] = await feed(
      Float32Array.from(shares, share => share * dropout),
      [count],
    )
  for (const name of ['alpha', 'epsilon', 'decay'] as const) {
    feeds[name] = await feed(
      Float32Array.from(scalars, entry => entry[name]),
      [count],
    )
  }
  feeds['steps'] = await feed(BigInt64Array.of(BigInt(count)), [])
  const started = performance.now()
  const after = await training.run(feeds)
  const now = performance.now()
  progress.state = {
    weights: after['weights after']!,
    first: after['first after']!,
    second: after['second after']!,
  }
  progress.done += count
  if (done === 0) return
  progress.timedSteps += count
  progress.timedSeconds += (now - started) / 1e3
  progress.planned = plan.follow(progress.done, planned, () => {
    // All calls together, so that one slow moment of a busy machine does not cut the plan for good.
    const left = (DEADLINE_MARGIN * (deadline - now)) / 1e3
    const affordable = Math.floor((left * progress.timedSteps) / progress.timedSeconds)
    return Math.min(steps, progress.done + Math.max(0, affordable))
  })
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
