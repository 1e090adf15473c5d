import type { Task } from '../data/dataset.ts'

/**
 * What the bins of one column know of the target, for each part of the rows. Rows of one bin have one score, so these sums are
 * all that boosting needs: it costs bins, not rows, and gives the trees that boosting on the rows themselves would.
 */
export interface BinSums {
  readonly task: Task
  /** Value bins in order, and one more for missing. */
  readonly bins: number
  /** Numbers kept per bin. Classification: rows of each class. Regression: rows, Σy, Σy². */
  readonly width: number
  readonly parts: number
  /** parts × bins × width. */
  readonly sums: Float64Array
}

/** How well a column alone foretells the target on rows it was not fitted on. */
export interface ColumnScore {
  /** AUC, accuracy or R², averaged over the folds. */
  readonly score: number
  /** The score of an answer that knows nothing: 0.5, the most frequent class, 0. */
  readonly baseline: number
  /** Standard error of the score. */
  readonly error: number
  /** max((score − baseline) / (1 − baseline), 0). */
  readonly power: number
  /** Share of the loss (log loss or squared error) of a constant answer that it takes away; finer than accuracy. */
  readonly lossReduction: number
}

const ROUNDS = 50
const PATIENCE = 10
const LEARNING_RATE = 0.3
const DEPTH = 6
const LAMBDA = 1
const LEAST_HESSIAN = 1
const LEAST_GAIN = 1e-9

/** Sums of rows whose bin, part (−1: in every training part) and target are given. */
export function sumBins(
  binOf: Uint8Array,
  { task, values, classes }: { task: Task; values: Float64Array; classes: number },
  partOf: Int32Array,
  { bins, parts }: { bins: number; parts: number },
): BinSums {
  const width = task === 'regression' ? 3 : classes
  // One more part holds the rows that are never scored.
  const sums = new Float64Array((parts + 1) * bins * width)
  for (let row = 0; row < binOf.length; row++) {
    const part = partOf[row]! < 0 ? parts : partOf[row]!
    const at = (part * bins + binOf[row]!) * width
    if (task === 'regression') {
      const value = values[row]!
      sums[at]!++
      sums[at + 1]! += value
      sums[at + 2]! += value * value
    } else sums[at + values[row]!]!++
  }
  return { task, bins, width, parts, sums }
}

/** Boosts on all parts but one and scores that one, for the first `folds` parts; undefined where nothing can be scored. */
export function scoreColumn(given: BinSums, folds: number): ColumnScore | undefined {
  const { task } = given
  let score = 0
  let baseline = 0
  let rows = 0
  let scored = 0
  let lossReduction = 0
  const positives = [0, 0]
  for (let part = 0; part < folds; part++) {
    const { train, held } = splitSums(given, part)
    const result = task === 'regression' ? fitValues(train, held, given) : fitClasses(train, held, given)
    if (!result || !Number.isFinite(result.score)) continue
    scored++
    score += result.score
    baseline += result.baseline
    lossReduction += result.lossReduction
    rows += result.rows
    positives[0]! += result.rows - result.positives
    positives[1]! += result.positives
  }
  if (scored === 0) return undefined
  score /= scored
  baseline /= scored
  return {
    score,
    baseline,
    error: standardError(task, score, rows, positives[0]!, positives[1]!),
    power: baseline < 1 ? Math.max(0, (score - baseline) / (1 - baseline)) : 0,
    lossReduction: lossReduction / scored,
  }
}

function splitSums({ sums, bins, width, parts }: BinSums, held: number) {
  const size = bins * width
  const train = new Float64Array(size)
  for (let part = 0; part <= parts; part++)
    if (part !== held) for (let i = 0; i < size; i++) train[i]! += sums[part * size + i]!
  return { train, held: sums.slice(held * size, (held + 1) * size) }
}

interface Fit {
  readonly score: number
  readonly baseline: number
  readonly rows: number
  readonly positives: number
  readonly lossReduction: number
}

/** Squared error; the score is R². */
function fitValues(train: Float64Array, held: Float64Array, { bins }: BinSums): Fit | undefined {
  const [n, sum, squares] = totals(train, 3)
  if (!(n! > 1)) return undefined
  const mean = sum! / n!
  const spread = Math.sqrt(Math.max(0, squares! / n! - mean * mean))
  if (!(spread > 0)) return undefined
  const scores = new Float64Array(bins) // in units of `spread` from `mean`
  const grower = new OneColumnTree(bins)
  const errorOf = () => {
    let error = 0
    for (let b = 0; b < bins; b++) {
      const answer = mean + spread * scores[b]!
      error += held[3 * b + 2]! - 2 * answer * held[3 * b + 1]! + held[3 * b]! * answer * answer
    }
    return error
  }
  const best = boost(scores, errorOf, () => {
    for (let b = 0; b < bins; b++) {
      grower.hessians[b] = train[3 * b]!
      grower.gradients[b] = train[3 * b]! * scores[b]! - (train[3 * b + 1]! - mean * train[3 * b]!) / spread
    }
    grower.addTo(scores, 0)
  })
  const [rows, heldSum, heldSquares] = totals(held, 3)
  const total = heldSquares! - (heldSum! * heldSum!) / rows!
  const score = total > 0 ? 1 - best.loss / total : NaN
  return { score, baseline: 0, rows: rows!, positives: 0, lossReduction: best.reduction }
}

/** Log loss; the score is AUC for two classes, else accuracy. */
function fitClasses(train: Float64Array, held: Float64Array, { bins, width }: BinSums): Fit | undefined {
  const classes = totals(train, width)
  const size = classes.reduce((a, b) => a + b, 0)
  const inHeld = totals(held, width)
  const rows = inHeld.reduce((a, b) => a + b, 0)
  if (size === 0 || rows === 0) return undefined
  const rowsOf = Float64Array.from({ length: bins }, (_, b) =>
    train.subarray(b * width, (b + 1) * width).reduce((a, c) => a + c, 0),
  )
  const scores = new Float64Array(width * bins) // class after class
  for (let k = 0; k < width; k++)
    scores.fill(Math.log(Math.max(1e-6, classes[k]! / size)), k * bins, (k + 1) * bins)
  const shares = new Float64Array(width * bins)
  const grower = new OneColumnTree(bins)
  const lossOf = () => {
    softmax(scores, shares, bins, width)
    let loss = 0
    for (let b = 0; b < bins; b++)
      for (let k = 0; k < width; k++) {
        const count = held[b * width + k]!
        if (count > 0) loss -= count * Math.log(Math.max(1e-15, shares[k * bins + b]!))
      }
    return loss
  }
  // Two classes need one tree per round: the second score stays where it began.
  const outputs = width === 2 ? [1] : classes.map((_, k) => k)
  const best = boost(scores, lossOf, () => {
    // `shares` are those of the current scores: the loss was asked for last.
    for (const k of outputs) {
      for (let b = 0; b < bins; b++) {
        const share = shares[k * bins + b]!
        grower.gradients[b] = rowsOf[b]! * share - train[b * width + k]!
        grower.hessians[b] = rowsOf[b]! * share * (1 - share)
      }
      grower.addTo(scores, k * bins)
    }
  })
  if (width === 2) {
    const margin = Float64Array.from({ length: bins }, (_, b) => best.scores[bins + b]! - best.scores[b]!)
    return {
      score: aucOfBins(margin, held),
      baseline: 0.5,
      rows,
      positives: inHeld[1]!,
      lossReduction: best.reduction,
    }
  }
  let right = 0
  for (let b = 0; b < bins; b++) {
    let top = 0
    for (let k = 1; k < width; k++) if (best.scores[k * bins + b]! > best.scores[top * bins + b]!) top = k
    right += held[b * width + top]!
  }
  return {
    score: right / rows,
    baseline: Math.max(...inHeld) / rows,
    rows,
    positives: 0,
    lossReduction: best.reduction,
  }
}

function totals(sums: Float64Array, width: number): number[] {
  const result = new Array<number>(width).fill(0)
  for (let i = 0; i < sums.length; i++) result[i % width]! += sums[i]!
  return result
}

/** Rounds until the loss on held-back rows has not fallen for a while; none at all may be the best. */
function boost(scores: Float64Array, lossOf: () => number, round: () => void) {
  const first = lossOf()
  let best = { loss: first, scores: scores.slice(), round: 0 }
  for (let r = 1; r <= ROUNDS && r - best.round <= PATIENCE; r++) {
    round()
    const loss = lossOf()
    if (loss < best.loss) best = { loss, scores: scores.slice(), round: r }
  }
  return { ...best, reduction: first > 0 ? (first - best.loss) / first : 0 }
}

function softmax(scores: Float64Array, shares: Float64Array, bins: number, classes: number): void {
  for (let b = 0; b < bins; b++) {
    let top = -Infinity
    for (let k = 0; k < classes; k++) if (scores[k * bins + b]! > top) top = scores[k * bins + b]!
    let sum = 0
    for (let k = 0; k < classes; k++) sum += shares[k * bins + b] = Math.exp(scores[k * bins + b]! - top)
    for (let k = 0; k < classes; k++) shares[k * bins + b]! /= sum
  }
}

/** Probability that a row of class 1 has a higher score than one of class 0; `counts` holds both classes bin by bin. */
export function aucOfBins(scores: Float64Array, counts: Float64Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!)
  let below = 0 // rows of class 0 with a smaller score
  let won = 0
  let positives = 0
  for (let i = 0; i < order.length;) {
    let negative = 0
    let positive = 0
    const score = scores[order[i]!]!
    for (; i < order.length && scores[order[i]!] === score; i++) {
      negative += counts[2 * order[i]!]!
      positive += counts[2 * order[i]! + 1]!
    }
    won += positive * (below + negative / 2)
    below += negative
    positives += positive
  }
  return won / (below * positives)
}

/** One Newton tree over the bins of a column, grown by halving intervals; missing goes to the better side of each cut. */
class OneColumnTree {
  readonly gradients: Float64Array
  readonly hessians: Float64Array
  private readonly sumG: Float64Array // sums of the value bins before a position
  private readonly sumH: Float64Array
  private readonly values: number

  constructor(bins: number) {
    this.gradients = new Float64Array(bins)
    this.hessians = new Float64Array(bins)
    this.values = bins - 1
    this.sumG = new Float64Array(bins)
    this.sumH = new Float64Array(bins)
  }

  /** Adds the tree's answers to the scores of all bins. */
  addTo(scores: Float64Array, offset: number): void {
    const { sumG, sumH, gradients, hessians, values } = this
    for (let b = 0; b < values; b++) {
      sumG[b + 1] = sumG[b]! + gradients[b]!
      sumH[b + 1] = sumH[b]! + hessians[b]!
    }
    this.split(0, values, true, DEPTH, scores, offset)
  }

  private split(
    from: number,
    to: number,
    missing: boolean,
    depth: number,
    scores: Float64Array,
    offset: number,
  ) {
    const { sumG, sumH, values } = this
    const missingG = missing ? this.gradients[values]! : 0
    const missingH = missing ? this.hessians[values]! : 0
    const g = sumG[to]! - sumG[from]! + missingG
    const h = sumH[to]! - sumH[from]! + missingH
    let best = (g * g) / (h + LAMBDA) + LEAST_GAIN
    let cut = -1
    let missingLeft = false
    // With missing rows a cut behind the last bin sets them alone.
    const last = missingH > 0 ? to : to - 1
    for (let at = depth > 0 ? from + 1 : Infinity; at <= last; at++) {
      for (let side = missingH > 0 && at < to ? 0 : 1; side < 2; side++) {
        const leftG = sumG[at]! - sumG[from]! + (side === 0 ? missingG : 0)
        const leftH = sumH[at]! - sumH[from]! + (side === 0 ? missingH : 0)
        const rightH = h - leftH
        if (leftH < LEAST_HESSIAN || rightH < LEAST_HESSIAN) continue
        const gain = (leftG * leftG) / (leftH + LAMBDA) + ((g - leftG) * (g - leftG)) / (rightH + LAMBDA)
        if (gain > best) [best, cut, missingLeft] = [gain, at, side === 0]
      }
    }
    if (cut < 0) {
      const step = (-LEARNING_RATE * g) / (h + LAMBDA)
      for (let b = from; b < to; b++) scores[offset + b]! += step
      if (missing) scores[offset + values]! += step
      return
    }
    this.split(from, cut, missing && missingLeft, depth - 1, scores, offset)
    this.split(cut, to, missing && !missingLeft, depth - 1, scores, offset)
  }
}

/** AUC: Hanley & McNeil 1982; accuracy: binomial; R²: Olkin & Finn 1995. */
export function standardError(
  task: Task,
  score: number,
  rows: number,
  negatives: number,
  positives: number,
): number {
  if (task === 'multiclass') return Math.sqrt((score * (1 - score)) / rows)
  if (task === 'regression') {
    const r2 = Math.min(1, Math.max(0, score))
    return Math.sqrt((4 * r2 * (1 - r2) ** 2) / rows)
  }
  const auc = Math.min(1, Math.max(0.5, score))
  const q1 = auc / (2 - auc)
  const q2 = (2 * auc * auc) / (1 + auc)
  const variance = auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc)
  return Math.sqrt(Math.max(0, variance) / Math.max(1, positives * negatives))
}
