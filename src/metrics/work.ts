import { TrialError } from '../util/errors.ts'
import { argsort } from './argsort.ts'
import { confusionMatrix } from './labels.ts'
import type { Ranking, Scored, Work } from './metric.ts'

/** Work over rows already checked. */
export function shareWork(scored: Scored): Work {
  let confusion: Float64Array | undefined
  let ranking: Ranking | undefined
  let total: number | undefined
  return {
    scored,
    get total() {
      return (total ??= weightOf(scored))
    },
    get confusion() {
      return (confusion ??= confusionMatrix(scored))
    },
    get ranking() {
      return (ranking ??= rankRows(scored))
    },
  }
}

/** Refuses what cannot be scored: shapes that do not fit, NaN or infinite outputs, no rows. */
export function checkScored(scored: Scored): void {
  const { target, outputs, width, weights } = scored
  const rows = target.length
  if (outputs.length !== rows * width || (weights && weights.length !== rows)) {
    throw new TrialError(
      'E_BAD_SHAPE',
      `predictions have ${outputs.length} values${weights ? ` and ${weights.length} weights` : ''}: expected ${rows} rows × ${width} outputs`,
    )
  }
  for (let i = 0; i < outputs.length; i++) {
    if (outputs[i] - outputs[i] !== 0) {
      throw new TrialError(
        'E_NON_FINITE_SCORE',
        `prediction of row ${Math.floor(i / width)}, output ${i % width} is ${outputs[i]}: expected a finite number; the fit diverged, lower its learning rate or scale its features`,
      )
    }
  }
  if (!(weightOf(scored) > 0)) {
    throw new TrialError(
      'E_NO_ROWS_TO_SCORE',
      `the total weight of the ${rows} rows to score is not positive: expected at least one row with a positive weight`,
    )
  }
}

function weightOf({ target, weights }: Scored): number {
  if (!weights) return target.length
  let total = 0
  for (let row = 0; row < weights.length; row++) total += weights[row]
  return total
}

function rankRows({ target, outputs, width, weights }: Scored): Ranking {
  const rows = target.length
  const positive = new Float64Array(rows)
  for (let row = 0; row < rows; row++) positive[row] = outputs[row * width + 1]
  const order = argsort(positive)
  const scores = new Float64Array(rows)
  const positives = new Float64Array(rows)
  const negatives = new Float64Array(rows)
  let groups = 0
  for (let i = rows - 1; i >= 0; i--) {
    const row = order[i]
    if (groups === 0 || positive[row] !== scores[groups - 1]) scores[groups++] = positive[row]
    const side = target[row] === 1 ? positives : negatives
    side[groups - 1] += weights ? weights[row] : 1
  }
  return {
    scores: scores.subarray(0, groups),
    positives: positives.subarray(0, groups),
    negatives: negatives.subarray(0, groups),
  }
}
