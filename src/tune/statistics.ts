import type { Direction } from '../metrics/metric.ts'

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length > 0 ? sum / values.length : 0
}

/** Sample standard deviation (n − 1), as of scores over folds; 0 with fewer than two values. */
export function standardDeviation(values: ArrayLike<number>): number {
  if (values.length < 2) return 0
  const centre = mean(values)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] - centre) ** 2
  return Math.sqrt(sum / (values.length - 1))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Place of each score, 1 for the best; equal scores share a place and the next place is skipped (1, 2, 2, 4). */
export function ranks(scores: readonly number[], direction: Direction): number[] {
  const order = sortedRows(scores, direction)
  const places = new Array<number>(scores.length)
  for (const [i, row] of order.entries()) {
    const before = order[i - 1]
    places[row] = before !== undefined && scores[before] === scores[row] ? places[before]! : i + 1
  }
  return places
}

/** Row numbers, best score first, equal scores in row order. */
export function sortedRows(scores: readonly number[], direction: Direction): number[] {
  const sign = direction === 'maximize' ? -1 : 1
  return scores.map((_, row) => row).sort((a, b) => sign * (scores[a]! - scores[b]!) || a - b)
}

/**
 * Probability of differences at least this far below zero if there were none in truth: one-sided paired t-test
 * with the variance enlarged for folds that share training rows (Nadeau & Bengio 2003). `testShare` is held-out
 * rows / training rows, 1/4 in 5-fold. 1 with fewer than two folds: one fold proves nothing.
 */
export function pairedPValue(ours: readonly number[], theirs: readonly number[], testShare = 0): number {
  const folds = Math.min(ours.length, theirs.length)
  if (folds < 2) return 1
  const differences = Array.from({ length: folds }, (_, i) => ours[i]! - theirs[i]!)
  const centre = mean(differences)
  const spread = standardDeviation(differences)
  if (spread === 0) return centre < 0 ? 0 : 1
  return studentCdf(centre / (spread * Math.sqrt(1 / folds + testShare)), folds - 1)
}

/**
 * Fold racing: whether to stop a candidate after some folds, because it is worse than the leader on the same folds
 * beyond doubt. Scores are higher-is-better.
 */
export const losesRace = (ours: readonly number[], leader: readonly number[], testShare = 0, doubt = 0.05) =>
  pairedPValue(ours, leader, testShare) < doubt

/** Student's t, whole degrees of freedom, by its finite series (Abramowitz & Stegun 26.7.3–4). */
export function studentCdf(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const cosine = Math.cos(angle)
  const odd = degrees % 2 === 1
  let term = odd ? cosine : 1
  let sum = degrees === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k
    sum += term
  }
  const inside = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
  return (1 + inside) / 2
}
