import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Examples, TrainingData } from '../algorithm.ts'
import type { Scales } from './grower.ts'
import { checkDomain, type PointLoss, type Slope, weightedQuantile } from './point-losses.ts'

/** What boosting minimises: scores per output (one, or one per class) and their gradients in the kernels' memory. */
export interface Loss {
  /** Score arrays, and trees per round. */
  readonly outputs: number
  /** Best constant scores. */
  readonly base: Float64Array
  /** Called once per round, before the gradients of any output. */
  startRound(scores: Pointer): void
  /** Writes gradients of one output; returns their fixed-point factors. */
  gradients(scores: Pointer, output: number, into: Pointer): Scales
  /** Better values for leaves than their Newton steps, where the loss has some: of the rows listed, given their scores. */
  leafValue?(rows: Int32Array, scores: Float32Array): number
  /** Losses of other rows, given their scores (float32, one array of `stride` rows per output). */
  lossOf(scores: Float32Array, stride: number, target: ArrayLike<number>): (row: number) => number
}

export interface LossInput {
  readonly arena: Arena
  readonly examples: Examples
  /** Rows padded to a multiple of four. */
  readonly stride: number
}

const CLIP = 1e-15
const MAX_FIXED_BITS = 30
const G_SUM_BITS = 51 // sums become doubles by adding to their bits
const H_SUM_BITS = 38 // Σh shares 63 bits with a 24-bit count

const powerBelow = (value: number): number => 2 ** Math.floor(Math.log2(value))

/** Largest powers of two for which single values fit 31 bits and sums fit their lanes. */
export const scalesFor = (rows: number, largestG: number, largestH: number): Scales => ({
  g: powerBelow(2 ** Math.min(MAX_FIXED_BITS, G_SUM_BITS - Math.log2(rows)) / largestG),
  h: powerBelow(2 ** Math.min(MAX_FIXED_BITS, H_SUM_BITS - Math.log2(rows)) / largestH),
})

function padded(arena: Arena, values: ArrayLike<number>, stride: number): Pointer {
  const pointer = arena.allocate(4 * stride)
  arena.f32(pointer, stride).fill(0).set(values)
  return pointer
}

const putWeights = ({ arena, examples, stride }: LossInput): Pointer =>
  examples.weights ? padded(arena, examples.weights, stride) : 0

export const weightAt = (examples: Examples, row: number): number =>
  examples.weights ? examples.weights[row]! : 1

const largestWeight = ({ weights }: Examples): number =>
  weights
    ? Math.max(
        1e-30,
        weights.reduce((top, weight) => Math.max(top, weight), 0),
      )
    : 1

/** Weighted share of each class. */
export function classShares(examples: Examples, classes: number): Float64Array {
  const shares = new Float64Array(classes)
  let total = 0
  for (let row = 0; row < examples.target.length; row++) {
    shares[examples.target[row]!]! += weightAt(examples, row)
    total += weightAt(examples, row)
  }
  return shares.map(share => Math.min(1 - 1e-6, Math.max(1e-6, share / total)))
}

/** The loss of a task: log loss for classes, `formula` or squared error for values. */
export function lossFor(
  input: LossInput,
  { task, classes }: Pick<TrainingData, 'task' | 'classes'>,
  formula?: PointLoss,
): Loss {
  if (task === 'regression') return formula ? pointLoss(input, formula) : squaredLoss(input)
  return task === 'binary' ? logisticLoss(input) : softmaxLoss(input, classes)
}

/** Binary log loss; the score is the log-odds of class 1. */
export function logisticLoss(input: LossInput): Loss {
  const { arena, examples, stride } = input
  const target = padded(arena, examples.target, stride)
  const weights = putWeights(input)
  const top = largestWeight(examples)
  const scales = scalesFor(examples.target.length, top, 0.25 * top)
  const share = classShares(examples, 2)[1]!
  return {
    outputs: 1,
    base: Float64Array.of(Math.log(share / (1 - share))),
    startRound: () => undefined,
    gradients(scores, _, into) {
      arena.kernels.logisticGradients(scores, target, weights, stride, scales.g, scales.h, into)
      return scales
    },
    lossOf: (scores, _, targets) => row => {
      const margin = targets[row]! > 0.5 ? scores[row]! : -scores[row]!
      return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin
    },
  }
}

/** Multiclass log loss; the scores are log-probabilities up to a constant per row. */
export function softmaxLoss(input: LossInput, classes: number): Loss {
  const { arena, examples, stride } = input
  const target = padded(arena, examples.target, stride)
  const weights = putWeights(input)
  const peak = arena.allocate(4 * stride)
  const total = arena.allocate(4 * stride)
  const top = largestWeight(examples)
  const scales = scalesFor(examples.target.length, top, 0.25 * top)
  return {
    outputs: classes,
    base: classShares(examples, classes).map(Math.log),
    startRound: scores => arena.kernels.softmaxTotals(scores, stride, classes, stride, peak, total),
    gradients(scores, output, into) {
      const own = scores + 4 * stride * output
      arena.kernels.softmaxGradients(own, target, weights, stride, output, peak, total, scales.g, scales.h, into) // prettier-ignore
      return scales
    },
    lossOf: (scores, step, targets) => row => {
      let largest = -Infinity
      for (let k = 0; k < classes; k++) largest = Math.max(largest, scores[k * step + row]!)
      let sum = 0
      for (let k = 0; k < classes; k++) sum += Math.exp(scores[k * step + row]! - largest)
      return Math.min(-Math.log(CLIP), Math.log(sum) + largest - scores[targets[row]! * step + row]!)
    },
  }
}

/** Squared error. The target must be centred and scaled by the caller, so that rules do not depend on its unit. */
export function squaredLoss(input: LossInput): Loss {
  const { arena, examples, stride } = input
  const target = padded(arena, examples.target, stride)
  const weights = putWeights(input)
  const topWeight = largestWeight(examples)
  return {
    outputs: 1,
    base: Float64Array.of(0),
    startRound: () => undefined,
    gradients(scores, _, into) {
      const largest = arena.kernels.largestResidual(scores, target, weights, stride)
      const scales = scalesFor(examples.target.length, Math.max(1e-30, largest), topWeight)
      arena.kernels.squaredGradients(scores, target, weights, stride, scales.g, scales.h, into)
      return scales
    },
    lossOf: (scores, _, targets) => row => (scores[row]! - targets[row]!) ** 2,
  }
}

/** A loss of one score by its formula; the target must be in the unit it asks for. */
export function pointLoss({ arena, examples, stride }: LossInput, formula: PointLoss): Loss {
  checkDomain(formula, examples)
  const { target } = examples
  const rows = target.length
  const g = new Float64Array(rows)
  const h = new Float64Array(rows)
  const slope: Slope = { g: 0, h: 0 }
  const weightOf = (row: number) => weightAt(examples, row)
  const every = Int32Array.from({ length: rows }, (_, row) => row).filter(row => weightOf(row) > 0)
  const { start, leafQuantile } = formula
  const base =
    start === 'mean' ? 0 : start > 0 ? weightedQuantile(every, start, row => target[row]!, weightOf) : 0
  return {
    outputs: 1,
    base: Float64Array.of(base),
    startRound: () => undefined,
    gradients(scores, _, into) {
      const current = arena.f32(scores, stride)
      let largestG = 1e-30
      let largestH = 1e-30
      for (let row = 0; row < rows; row++) {
        formula.slope(current[row]!, target[row]!, slope)
        const weight = weightOf(row)
        g[row] = weight * slope.g
        h[row] = weight * slope.h
        largestG = Math.max(largestG, Math.abs(g[row]!))
        largestH = Math.max(largestH, h[row]!)
      }
      const scales = scalesFor(rows, largestG, largestH)
      const pairs = arena.i32(into, 2 * rows)
      for (let row = 0; row < rows; row++) {
        pairs[2 * row] = Math.round(g[row]! * scales.g)
        pairs[2 * row + 1] = Math.round(h[row]! * scales.h)
      }
      return scales
    },
    ...(leafQuantile !== undefined && {
      leafValue: (members: Int32Array, scores: Float32Array) =>
        weightedQuantile(members, leafQuantile, row => target[row]! - scores[row]!, weightOf),
    }),
    lossOf: (held, _, targets) => row => formula.loss(held[row]!, targets[row]!),
  }
}
