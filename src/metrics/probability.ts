import type { Work } from './metric.ts'

/** Probabilities are held this far from 0 and 1, so that one certain mistake costs 34.5 and not infinity. */
export const LOG_LOSS_CLIP = 1e-15

/** Mean of −ln of the probability given to the true class. */
export function logLoss({ scored: { target, outputs, width, weights }, total }: Work): number {
  let sum = 0
  for (let row = 0; row < target.length; row++) {
    const probability = Math.min(
      1 - LOG_LOSS_CLIP,
      Math.max(LOG_LOSS_CLIP, outputs[row * width + target[row]]),
    )
    sum -= Math.log(probability) * (weights ? weights[row] : 1)
  }
  return sum / total
}

/**
 * Probability that a positive row scores above a negative one, half for equal scores (Mann–Whitney).
 * With one class absent there is no pair to order: 0.5, as much as is known.
 */
export function auc({ ranking: { positives, negatives } }: Work): number {
  let above = 0 // weight of positives with a higher score
  let won = 0
  let allNegatives = 0
  for (let group = 0; group < positives.length; group++) {
    won += negatives[group] * (above + positives[group] / 2)
    above += positives[group]
    allNegatives += negatives[group]
  }
  return above > 0 && allNegatives > 0 ? won / above / allNegatives : 0.5
}

/** Average precision: precision at each score, weighted by the recall it adds. 0 without positives. */
export function averagePrecision({ ranking: { positives, negatives } }: Work): number {
  let hits = 0
  let named = 0
  let sum = 0
  for (let group = 0; group < positives.length; group++) {
    hits += positives[group]
    named += positives[group] + negatives[group]
    if (positives[group] > 0) sum += positives[group] * (hits / named)
  }
  return hits > 0 ? sum / hits : 0
}
