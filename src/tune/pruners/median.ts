import type { LossCurve, Pruner } from '../pruner.ts'
import { median as middle } from '../statistics.ts'

const STARTUP = 5 // curves before there is anything to compare with
const WARMUP = 5 // steps that say little

/**
 * The median rule (Golovin et al. 2017): stops a trial whose best loss so far is worse than the median, over the
 * other trials, of the mean loss up to the same step. A trial that ended earlier counts with all it had.
 */
export const median: Pruner = {
  name: 'median',
  summary: 'Stops a trial that is worse than the median of the others at the same step.',
  shouldPrune(curve, others) {
    const step = curve.length
    const usable = others.filter(other => other.length > 0)
    if (step < WARMUP || usable.length < STARTUP) return false
    return Math.min(...curve) > middle(usable.map(other => meanUpTo(other, step)))
  },
}

function meanUpTo(curve: LossCurve, step: number): number {
  const seen = Math.min(step, curve.length)
  let sum = 0
  for (let i = 0; i < seen; i++) sum += curve[i]!
  return sum / seen
}
