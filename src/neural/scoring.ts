import { joinedWidth, parametersOf, type Network } from '../onnx/network.ts'
import { feed, type Feed, type Session } from '../onnx/session.ts'
import { FEW_ROWS, PARTS } from '../util/judging.ts'
import type { Loss } from './losses.ts'
import { memberCount } from './members.ts'
import type { ResidentTable } from './table.ts'

export interface Score {
  /** Weighted mean loss: squared error, or log loss of the calibrated outputs. */
  readonly loss: number
  /** What the outputs have to be multiplied by for it: 1 for squared error. */
  readonly scale: number
}

export interface Judged extends Score {
  /** The loss of the rows but every fourth, from row 0, 1, 2 and 3 on; where there are few rows. */
  readonly without?: readonly number[]
}

const SCORE_CELLS = 1 << 21 // values of the widest layer per call
const PRIOR_ROWS = 10 // strength of the belief that outputs are calibrated as they are
const NEWTON_STEPS = 12
const MIN_SCALE = 0.02

/**
 * How well a net does on resident rows with some weights. Cross-entropy is taken at the best common factor of the logits
 * (temperature scaling, Guo et al. 2017), so that growing certainty is not mistaken for worse ranking.
 */
export async function scoreNetwork(
  session: Session,
  table: ResidentTable,
  weights: Feed,
  { net, loss, outputs }: { readonly net: Network; readonly loss: Loss; readonly outputs: number },
): Promise<Judged> {
  const { target, importance, ...inputs } = table.feeds
  const values = await networkOutputs(session, { rows: table.rows, inputs }, weights, { net, outputs })
  const targets = target!.data as Int32Array | Float32Array
  const shares = (importance?.data as Float32Array | undefined) ?? new Float32Array(table.rows).fill(1)
  const scoreOf = (part: Float32Array): Score => {
    const rows = { values, targets, shares: part, total: part.reduce((sum, share) => sum + share, 0) }
    return loss === 'squared-error' ? { loss: squaredError(rows), scale: 1 } : calibrate(rows, outputs)
  }
  if (table.rows > FEW_ROWS) return scoreOf(shares)
  const without = (part: number) =>
    scoreOf(shares.map((share, row) => (row % PARTS === part ? 0 : share))).loss
  return { ...scoreOf(shares), without: Array.from({ length: PARTS }, (_, part) => without(part)) }
}

async function networkOutputs(
  session: Session,
  { rows, inputs }: { readonly rows: number; readonly inputs: Readonly<Record<string, Feed>> },
  weights: Feed,
  { net, outputs }: { readonly net: Network; readonly outputs: number },
): Promise<Float32Array> {
  const widest = memberCount(net) * Math.max(joinedWidth(net), ...parametersOf(net).map(({ dims }) => dims.at(-1)!)) // prettier-ignore
  const step = Math.max(1, Math.floor(SCORE_CELLS / widest))
  const values = new Float32Array(rows * outputs)
  const bound = (row: number) => feed(BigInt64Array.of(BigInt(row)), [1])
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(rows, start + step)
    const part = await session.run({ ...inputs, weights, start: await bound(start), end: await bound(end) })
    values.set(part['outputs']!.data as Float32Array, start * outputs)
  }
  return values
}

interface ScoredRows {
  /** Row-major rows × outputs. */
  readonly values: Float32Array
  readonly targets: ArrayLike<number>
  readonly shares: Float32Array
  readonly total: number
}

function squaredError({ values, targets, shares, total }: ScoredRows): number {
  let sum = 0
  for (let row = 0; row < values.length; row++) sum += shares[row]! * (values[row]! - targets[row]!) ** 2
  return sum / total
}

/** Newton's method on the factor of the logits, a convex problem, with a prior that keeps few rows from wild answers. */
export function calibrate(rows: ScoredRows, outputs: number): Score {
  let scale = 1
  let { loss, slope, curvature } = crossEntropy(rows, outputs, scale)
  const prior = PRIOR_ROWS / rows.total
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const move = (slope + prior * (scale - 1)) / (curvature + prior)
    const next = Math.max(MIN_SCALE, scale / 2, Math.min(2 * scale, scale - move))
    if (!Number.isFinite(next) || Math.abs(next - scale) < 1e-6) break
    scale = next
    ;({ loss, slope, curvature } = crossEntropy(rows, outputs, scale))
  }
  return { loss, scale }
}

/** Mean of log Σ exp(scale · z) − scale · z[target], with its first two derivatives by the scale. */
function crossEntropy({ values, targets, shares, total }: ScoredRows, outputs: number, scale: number) {
  let loss = 0
  let slope = 0
  let curvature = 0
  for (let row = 0, at = 0; at < values.length; row++, at += outputs) {
    let highest = -Infinity
    for (let k = 0; k < outputs; k++) highest = Math.max(highest, values[at + k]!)
    let sum = 0
    let mean = 0
    let square = 0
    for (let k = 0; k < outputs; k++) {
      const z = values[at + k]! - highest
      const weight = Math.exp(scale * z)
      sum += weight
      mean += weight * z
      square += weight * z * z
    }
    mean /= sum
    const own = values[at + targets[row]!]! - highest
    loss += shares[row]! * (Math.log(sum) - scale * own)
    slope += shares[row]! * (mean - own)
    curvature += shares[row]! * (square / sum - mean * mean)
  }
  return { loss: loss / total, slope: slope / total, curvature: curvature / total }
}
