/** A point of the receiver operating characteristic. */
export interface RocPoint {
  readonly falsePositiveRate: number
  readonly truePositiveRate: number
}

export interface PrecisionRecallPoint {
  readonly recall: number
  readonly precision: number
}

export interface CalibrationPoint {
  /** Mean predicted probability of the rows in the bin. */
  readonly predicted: number
  /** Share of them that are positive. */
  readonly observed: number
  readonly rows: number
}

/** Rows by falling score; rows of equal score share one step, so their order cannot matter. */
function* steps(positive: ArrayLike<boolean | number>, scores: ArrayLike<number>) {
  const order = Int32Array.from({ length: scores.length }, (_, row) => row).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  )
  let truePositives = 0
  let falsePositives = 0
  for (let i = 0; i < order.length; i++) {
    if (positive[order[i]!]) truePositives++
    else falsePositives++
    if (i === order.length - 1 || scores[order[i]!] !== scores[order[i + 1]!])
      yield { truePositives, falsePositives }
  }
}

const total = (positive: ArrayLike<boolean | number>) => {
  let sum = 0
  for (let row = 0; row < positive.length; row++) if (positive[row]) sum++
  return sum
}

/** From (0, 0) to (1, 1), one point per distinct score. Empty when only one class is there. */
export function rocCurve(positive: ArrayLike<boolean | number>, scores: ArrayLike<number>): RocPoint[] {
  const positives = total(positive)
  const negatives = positive.length - positives
  if (positives === 0 || negatives === 0) return []
  const points: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0 }]
  for (const { truePositives, falsePositives } of steps(positive, scores)) {
    points.push({
      falsePositiveRate: falsePositives / negatives,
      truePositiveRate: truePositives / positives,
    })
  }
  return points
}

/** From recall 0 upward, one point per distinct score. Empty when no row is positive. */
export function precisionRecallCurve(
  positive: ArrayLike<boolean | number>,
  scores: ArrayLike<number>,
): PrecisionRecallPoint[] {
  const positives = total(positive)
  if (positives === 0) return []
  const points: PrecisionRecallPoint[] = []
  for (const { truePositives, falsePositives } of steps(positive, scores)) {
    points.push({
      recall: truePositives / positives,
      precision: truePositives / (truePositives + falsePositives),
    })
  }
  return [{ recall: 0, precision: points[0]!.precision }, ...points]
}

/** Mean prediction and observed share in `bins` equal slices of [0, 1]; empty slices are left out. */
export function calibrationCurve(
  positive: ArrayLike<boolean | number>,
  probabilities: ArrayLike<number>,
  bins = 10,
): CalibrationPoint[] {
  const rows = new Float64Array(bins)
  const hits = new Float64Array(bins)
  const sums = new Float64Array(bins)
  for (let row = 0; row < probabilities.length; row++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(probabilities[row]! * bins)))
    rows[bin]!++
    sums[bin]! += probabilities[row]!
    if (positive[row]) hits[bin]!++
  }
  return Array.from(rows, (count, bin) => ({
    predicted: sums[bin]! / count,
    observed: hits[bin]! / count,
    rows: count,
  })).filter(point => point.rows > 0)
}

/** At most `limit` points, always with the first and the last: enough to draw. */
export function thin<T>(points: readonly T[], limit = 200): T[] {
  if (points.length <= limit) return [...points]
  return Array.from({ length: limit }, (_, i) => points[Math.round((i * (points.length - 1)) / (limit - 1))]!)
}

/** A point of the cumulative gain: this share of the rows, most probable first, holds that share of the positives. */
export interface GainPoint {
  readonly rows: number
  readonly gain: number
}

/** From (0, 0) to (1, 1), one point per distinct score. Empty when no row is positive. */
export function gainCurve(positive: ArrayLike<boolean | number>, scores: ArrayLike<number>): GainPoint[] {
  const positives = total(positive)
  if (positives === 0) return []
  const points: GainPoint[] = [{ rows: 0, gain: 0 }]
  for (const { truePositives, falsePositives } of steps(positive, scores)) {
    points.push({ rows: (truePositives + falsePositives) / positive.length, gain: truePositives / positives })
  }
  return points
}

/** What calling positive from some probability on would give. */
export interface ThresholdPoint {
  readonly threshold: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** Thresholds in even steps over (0, 1); those above every probability are left out. */
export function thresholdCurve(
  positive: ArrayLike<boolean | number>,
  probabilities: ArrayLike<number>,
  count = 99,
): ThresholdPoint[] {
  const positives = total(positive)
  const called = new Float64Array(count + 1)
  const hits = new Float64Array(count + 1)
  for (let row = 0; row < probabilities.length; row++) {
    // A row is called positive by the thresholds 1/(count + 1) … slot/(count + 1).
    const slot = Math.min(count, Math.floor(probabilities[row]! * (count + 1) + 1e-9))
    called[slot]!++
    if (positive[row]) hits[slot]!++
  }
  const points: ThresholdPoint[] = []
  let calledAbove = 0
  let hitsAbove = 0
  for (let slot = count; slot >= 1; slot--) {
    calledAbove += called[slot]!
    hitsAbove += hits[slot]!
    if (calledAbove === 0 || positives === 0) continue
    const precision = hitsAbove / calledAbove
    const recall = hitsAbove / positives
    points.push({
      threshold: slot / (count + 1),
      precision,
      recall,
      f1: hitsAbove > 0 ? (2 * precision * recall) / (precision + recall) : 0,
    })
  }
  return points.reverse()
}
