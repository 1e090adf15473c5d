/** Between which values the leaves of a node must stay, so that a prediction never runs against a direction. */
export interface Bounds {
  readonly low: number
  readonly high: number
}

export const UNBOUNDED: Bounds = { low: -Infinity, high: Infinity }

export const clip = (value: number, { low, high }: Bounds): number => Math.min(high, Math.max(low, value))

/**
 * Bounds of both children. Where the split is on a feature with a direction, the middle of their values keeps everything
 * below one apart from everything below the other; otherwise they inherit.
 */
export function splitBounds(
  bounds: Bounds,
  direction: number,
  left: () => number,
  right: () => number,
): readonly [Bounds, Bounds] {
  if (direction === 0) return [bounds, bounds]
  const middle = (clip(left(), bounds) + clip(right(), bounds)) / 2
  const below = { low: bounds.low, high: middle }
  const above = { low: middle, high: bounds.high }
  return direction > 0 ? [below, above] : [above, below]
}
