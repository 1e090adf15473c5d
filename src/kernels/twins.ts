/**
 * The kernels again, in plain TypeScript on plain arrays and without any of their tricks: what they must compute. Tests hold
 * the two together; nothing else uses these.
 */

/** A histogram entry, or the total of a node. */
export interface Sums {
  g: bigint
  h: bigint
  count: number
}

export interface Row {
  /** Fixed point. */
  readonly g: number
  readonly h: number
}

const zero = (): Sums => ({ g: 0n, h: 0n, count: 0 })

export const add = (into: Sums, { g, h, count }: Sums): void => {
  into.g += g
  into.h += h
  into.count += count
}

export const minus = (a: Sums, b: Sums): Sums => ({ g: a.g - b.g, h: a.h - b.h, count: a.count - b.count })

const sumsOf = ({ g, h }: Row): Sums => ({ g: BigInt(g), h: BigInt(h), count: 1 })

/** Bin of a value: how many thresholds lie below it; `missingBin` for NaN. */
export const binOfValue = (value: number, thresholds: readonly number[], missingBin: number): number =>
  Number.isNaN(value) ? missingBin : thresholds.filter(threshold => value > threshold).length

/** Sums per bin of one feature over the listed rows. */
export function histogramOf(
  bins: ArrayLike<number>,
  binCount: number,
  rows: Iterable<number>,
  gradients: readonly Row[],
): Sums[] {
  const histogram = Array.from({ length: binCount }, zero)
  for (const row of rows) add(histogram[bins[row]!]!, sumsOf(gradients[row]!))
  return histogram
}

export function totalOf(rows: Iterable<number>, gradients: readonly Row[]): Sums {
  const total = zero()
  for (const row of rows) add(total, sumsOf(gradients[row]!))
  return total
}

export interface SplitRules {
  /** By feature: 1 or −1 where leaf values −T(G) / (H + λ) may only rise or fall from left to right. */
  readonly directions?: readonly number[]
  readonly lambda: number
  readonly alpha: number
  readonly minWeight: number
  readonly minRows: number
}

export interface Split {
  readonly gain: number
  readonly feature: number
  readonly bin: number
  readonly missingLeft: boolean
  readonly left: Sums
}

const shrunk = (g: number, alpha: number): number => Math.sign(g) * Math.max(0, Math.abs(g) - alpha)

/** T(G)² / (H + λ), T shrinking by α: twice what the best constant takes off the loss. */
export const scoreOf = ({ g, h }: Sums, { lambda, alpha }: SplitRules): number =>
  shrunk(Number(g), alpha) ** 2 / (Number(h) + lambda)

/** The leaf value of a node. */
const stepOf = ({ g, h }: Sums, { lambda, alpha }: SplitRules): number =>
  -shrunk(Number(g), alpha) / (Number(h) + lambda)

/** Every split of every feature, the last bin of each histogram being the missing one; the one of largest gain. */
export function bestSplit(
  histograms: readonly (readonly Sums[])[],
  total: Sums,
  rules: SplitRules,
): Split | undefined {
  let best: Split | undefined
  const parent = scoreOf(total, rules)
  for (const [feature, histogram] of histograms.entries()) {
    const missing = histogram.at(-1)!
    for (const missingLeft of missing.count > 0 ? [false, true] : [false]) {
      const left = zero()
      if (missingLeft) add(left, missing)
      for (let bin = 0; bin < histogram.length - 1; bin++) {
        add(left, histogram[bin]!)
        if (histogram[bin]!.count === 0) continue
        const right = minus(total, left)
        const allowed = [left, right].every(
          side => side.count >= Math.max(1, rules.minRows) && Number(side.h) >= rules.minWeight,
        )
        const gain = scoreOf(left, rules) + scoreOf(right, rules) - parent
        const rise = stepOf(right, rules) - stepOf(left, rules)
        if ((rules.directions?.[feature] ?? 0) * rise < 0) continue
        if (allowed && gain > (best?.gain ?? 0)) best = { gain, feature, bin, missingLeft, left: { ...left } }
      }
    }
  }
  return best
}

/** The rows that go left, then those that go right, both in their order; and how many go left. */
export function partition(
  rows: readonly number[],
  goesLeft: (row: number) => boolean,
): { rows: number[]; left: number } {
  const left = rows.filter(goesLeft)
  return { rows: [...left, ...rows.filter(row => !goesLeft(row))], left: left.length }
}

export const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score))

export function softmax(scores: readonly number[]): number[] {
  const peak = Math.max(...scores)
  const powers = scores.map(score => Math.exp(score - peak))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map(power => power / sum)
}
