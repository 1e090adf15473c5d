import type { LossCurve, Pruner } from '../pruner.ts'
import { losesRace, mean } from '../statistics.ts'

/** The best trials, as many as an ensemble picks from: a trial that cannot join them cannot matter. */
export const RIVALS = 12

/**
 * Fold racing: a step is a fold, its loss the objective there. Stops a trial that is worse than the weakest of the best so
 * many whole trials, fold by fold, by a paired test whose variance is enlarged for folds that share training rows.
 */
export function createRacing(rivals: number = RIVALS): Pruner {
  return {
    name: 'racing',
    summary:
      'Stops a trial whose finished folds are worse, beyond doubt, than those of trials good enough for the ensemble.',
    shouldPrune(curve, others) {
      const folds = Math.max(0, ...others.map(({ length }) => length))
      const whole = others.filter(other => other.length === folds && other.every(Number.isFinite))
      if (curve.length < 2 || curve.length >= folds || whole.length < rivals) return false
      const weakest = whole.sort((a, b) => mean(a) - mean(b))[rivals - 1]!
      const gains = (losses: LossCurve) => losses.slice(0, curve.length).map(loss => -loss)
      return losesRace(gains(curve), gains(weakest), 1 / (folds - 1))
    },
  }
}

export const racing = createRacing()
