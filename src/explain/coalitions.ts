import { solve, Matrix, SVD } from 'ml-matrix'
import { createRng } from '../util/rng.ts'

/** Subsets of players whose answers are asked for, and how much each counts in the fit. Neither the empty set nor all are among them. */
export interface Coalitions {
  readonly players: number
  readonly count: number
  /** Coalition, then player: 1 where the player takes part. */
  readonly masks: Uint8Array
  /** Sum to 1. */
  readonly weights: Float64Array
  /** All subsets are there: the values are Shapley's, not an estimate. */
  readonly exact: boolean
}

/**
 * The subsets KernelSHAP fits its values to (Lundberg & Lee 2017, §4.1): whole sizes from the outside in, a subset beside its
 * complement, as long as `samples` lasts; the sizes left are drawn from in proportion to their weight. Never fewer than two
 * per player, without which the values are not determined.
 */
export function chooseCoalitions(players: number, samples: number, seed: number): Coalitions {
  const limit = Math.max(samples, 2 * players)
  const sizes = Array.from({ length: Math.max(0, players - 1) }, (_, i) => i + 1)
  const sizeWeight = sizes.map(size => (players - 1) / (size * (players - size)))
  const total = sizeWeight.reduce((sum, weight) => sum + weight, 0)
  const chosen = new Map<string, number>()
  const add = (members: readonly number[], weight: number) => {
    const key = members.join()
    chosen.set(key, (chosen.get(key) ?? 0) + weight)
  }
  let used = 0
  let low = 1
  for (; low <= players - low; low++) {
    const pair = low < players - low
    const subsets = binomial(players, low)
    if (used + (pair ? 2 : 1) * subsets > limit) break
    const weight = sizeWeight[low - 1]! / total / subsets
    for (const members of combinations(players, low)) {
      add(members, weight)
      if (pair) add(complement(members, players), weight)
    }
    used += (pair ? 2 : 1) * subsets
  }
  const left = sizes.filter(size => size >= low && size <= players - low)
  if (left.length > 0) drawRest(players, left, limit - used, sizeWeight, total, seed, add)
  return table(players, chosen, left.length === 0)
}

function drawRest(
  players: number,
  left: readonly number[],
  draws: number,
  sizeWeight: readonly number[],
  total: number,
  seed: number,
  add: (members: readonly number[], weight: number) => void,
): void {
  const rng = createRng(seed)
  const weightLeft = left.reduce((sum, size) => sum + sizeWeight[size - 1]!, 0)
  const pairs = Math.max(1, Math.floor(draws / 2))
  const each = weightLeft / total / (2 * pairs)
  const order = Int32Array.from({ length: players }, (_, player) => player)
  for (let draw = 0; draw < pairs; draw++) {
    let spot = rng.next() * weightLeft
    const size = left.find(size => (spot -= sizeWeight[size - 1]!) < 0) ?? left.at(-1)!
    const members = [...rng.shuffle(order.slice()).subarray(0, size)].sort((a, b) => a - b)
    add(members, each)
    add(complement(members, players), each)
  }
}

function table(players: number, chosen: ReadonlyMap<string, number>, exact: boolean): Coalitions {
  const masks = new Uint8Array(chosen.size * players)
  const weights = new Float64Array(chosen.size)
  let row = 0
  for (const [key, weight] of chosen) {
    for (const member of key.split(',')) masks[row * players + Number(member)] = 1
    weights[row++] = weight
  }
  return { players, count: chosen.size, masks, weights, exact }
}

const complement = (members: readonly number[], players: number): number[] => {
  const inside = new Set(members)
  return Array.from({ length: players }, (_, player) => player).filter(player => !inside.has(player))
}

/** As a float: huge values only ever mean "too many". */
function binomial(n: number, k: number): number {
  let value = 1
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i
  return Math.round(value)
}

function* combinations(n: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) {
    yield []
    return
  }
  for (let first = from; first <= n - k; first++)
    for (const rest of combinations(n, k - 1, first + 1)) yield [first, ...rest]
}

/**
 * The weighted least squares of KernelSHAP as one matrix: what stands in it depends on the subsets alone, so it serves any
 * number of rows. The last player takes what the others leave of the sum, which is thereby exact.
 */
export function shapleyFit({ players, count, masks, weights }: Coalitions) {
  const free = players - 1
  const lastOf = (row: number) => masks[row * players + free]!
  const design = new Matrix(count, free)
  const weighted = new Matrix(free, count)
  for (let row = 0; row < count; row++) {
    for (let player = 0; player < free; player++) {
      const value = masks[row * players + player]! - lastOf(row)
      design.set(row, player, value)
      weighted.set(player, row, value * weights[row]!)
    }
  }
  const projection = free > 0 ? solveSafely(weighted.mmul(design), weighted) : undefined
  /** `answers`: of every coalition; values of all players, which sum to `whole` − `base`. */
  return (answers: ArrayLike<number>, base: number, whole: number): Float64Array => {
    const values = new Float64Array(players)
    let rest = whole - base
    for (let player = 0; player < free; player++) {
      let value = 0
      for (let row = 0; row < count; row++)
        value += projection!.get(player, row) * (answers[row]! - base - lastOf(row) * (whole - base))
      values[player] = value
      rest -= value
    }
    values[free] = rest
    return values
  }
}

function solveSafely(left: Matrix, right: Matrix): Matrix {
  try {
    return solve(left, right)
  } catch {
    return new SVD(left, { autoTranspose: true }).solve(right)
  }
}
