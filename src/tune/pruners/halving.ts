/** Resource (rows, rounds, epochs, folds) of each rung, smallest first, each `eta` times the one before, the last `max`. */
export function rungs(min: number, max: number, eta: number): readonly number[] {
  const steps = Math.max(0, Math.floor(Math.log(max / min) / Math.log(eta) + 1e-9))
  return Array.from({ length: steps + 1 }, (_, i) => Math.round(max / eta ** (steps - i)))
}

/**
 * Who goes on to the next rung: the best ⌈n / eta⌉ by score (higher is better), NaN last, equals by position.
 * Positions in ascending order.
 */
export function promote(scores: readonly number[], eta: number): readonly number[] {
  const worth = scores.map(score => (Number.isNaN(score) ? -Infinity : score))
  return worth
    .map((_, i) => i)
    .sort((a, b) => (worth[a] === worth[b] ? a - b : worth[b]! - worth[a]!))
    .slice(0, Math.ceil(scores.length / eta))
    .sort((a, b) => a - b)
}
