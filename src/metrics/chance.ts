import type { Scored } from './metric.ts'

/**
 * Probability that predictions agree with the truth as well as these do when the truth is dealt to the rows at random: the
 * permutation test of T = Σ a(i, truth of i), by its exact mean and variance and the normal limit (Hoeffding 1951). For a
 * quantity a is the product of ranks (Spearman), for two classes the rank of the probability (Mann–Whitney), for more
 * the probability of the class.
 */
export function chanceOfAgreement({ task, target, outputs, width }: Omit<Scored, 'weights'>): number {
  const rows = target.length
  if (rows < 3) return 1
  if (task === 'regression') {
    const [x, y] = [midRanks(outputs), midRanks(target)]
    return upperTail(correlation(x, y) * Math.sqrt(rows - 1))
  }
  const score =
    width === 2 ? twoColumns(midRanks(outputs.filter((_, i) => i % 2 === 1))) : Float64Array.from(outputs)
  return upperTail(deviation(target, score, width))
}

/** Row-major rows × 2: nothing for the first class, the rank for the second. */
function twoColumns(ranks: Float64Array): Float64Array {
  const score = new Float64Array(2 * ranks.length)
  ranks.forEach((rank, row) => (score[2 * row + 1] = rank))
  return score
}

/** T in standard deviations from what chance gives. */
function deviation(target: Float64Array, score: Float64Array, width: number): number {
  const rows = target.length
  const sizes = new Float64Array(width)
  const ofClass = new Float64Array(width)
  for (let row = 0; row < rows; row++) {
    sizes[target[row]!]!++
    for (let k = 0; k < width; k++) ofClass[k]! += score[row * width + k]! / rows
  }
  // Means of rows are over truths as often as each stands there.
  let mean = 0
  for (let k = 0; k < width; k++) mean += (sizes[k]! * ofClass[k]!) / rows
  let total = 0
  let variance = 0
  for (let row = 0; row < rows; row++) {
    let ofRow = 0
    for (let k = 0; k < width; k++) ofRow += (sizes[k]! * score[row * width + k]!) / rows
    for (let k = 0; k < width; k++)
      variance += sizes[k]! * (score[row * width + k]! - ofRow - ofClass[k]! + mean) ** 2
    total += score[row * width + target[row]!]!
  }
  const spread = Math.sqrt(variance / (rows - 1))
  return spread > 1e-12 * Math.max(1, Math.abs(total)) ? (total - rows * mean) / spread : 0
}

function correlation(x: Float64Array, y: Float64Array): number {
  const mean = (x.length + 1) / 2
  let xy = 0
  let xx = 0
  let yy = 0
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean)
    xx += (x[i]! - mean) ** 2
    yy += (y[i]! - mean) ** 2
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0
}

/** Ranks from 1; equal values share the mean of theirs. */
function midRanks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b)
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2
    start = end
  }
  return ranks
}

/** Of several looks the best: the chance that any of them is as good. */
export const bestOf = (chance: number, looks: number): number =>
  -Math.expm1(looks * Math.log1p(-Math.min(chance, 1)))

/** Chebyshev fit of erfc; relative error below 1.2e-7 (Press et al., Numerical Recipes, erfcc). */
const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
] // prettier-ignore

/** Probability that a standard normal number is above z. */
export function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const tail = (t * Math.exp(-x * x + COEFFICIENTS.reduceRight((sum, c) => c + t * sum, 0))) / 2
  return z >= 0 ? tail : 1 - tail
}
