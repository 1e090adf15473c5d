import { bestOf, chanceOfAgreement } from '../metrics/chance.ts'
import { evaluate, higherIsBetter, metrics as known } from '../metrics/index.ts'
import type { MetricName } from '../metrics/index.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { blend } from '../tune/ensemble.ts'
import { readOutputs } from './assemble.ts'
import { onePerRow, scoredRows, takeValues } from './data.ts'
import type { Prepared } from './prepare.ts'
import type { Layout } from './store.ts'
import type { Ensemble, Trial, Verdict } from './types.ts'

const SURE = 0.05
const MOST_LABELS = 30 // that are tried as the one answer

/** Whether the model knows more of held-out rows than an answer that is the same for every row. */
export function judgeModel(
  paths: Layout,
  {
    target,
    task,
    folds,
    weights,
    objective,
  }: Pick<Prepared, 'target' | 'task' | 'folds' | 'weights' | 'objective'>,
  { members, metrics }: Ensemble,
  trials: readonly Trial[],
): Verdict {
  const rows = scoredRows(folds)
  const width = outputWidth(task)
  const truth = { task: target.task, target: takeValues(target.values, rows), width }
  const outputs = blend(
    members.map(({ trial, weight }) => [readOutputs(paths, trial), weight]),
    rows.length * width,
  )
  const looks = trials.filter(trial => trial.state === 'COMPLETE').length
  // Rows that were scored several times are evidence once.
  const once = onePerRow(rows, outputs, width)
  const agreement = { ...truth, target: takeValues(target.values, once.rows), outputs: once.outputs }
  const p = bestOf(chanceOfAgreement(agreement), looks)
  const constant = constantScore({ target, task, folds, objective, ...(weights && { weights }) })
  const score = metrics[objective.name]!
  const isAbove =
    constant === undefined || higherIsBetter(objective.name, score) > higherIsBetter(objective.name, constant)
  return { ...(constant !== undefined && { constant }), p, looks, isBetter: p < SURE && isAbove }
}

/**
 * What the best constant answer scores on the rows held out. Where labels count, not their chances, that may be another label than
 * the most frequent one: F1 asks for the positive.
 */
export function constantScore({
  target,
  task,
  folds,
  weights,
  objective: { name },
}: Pick<Prepared, 'target' | 'task' | 'folds' | 'weights' | 'objective'>): number | undefined {
  const rows = scoredRows(folds)
  const width = outputWidth(task)
  const truth = { task: target.task, target: takeValues(target.values, rows), width }
  const answers = [constantOutputs({ target, folds }, width, name)]
  if (target.task !== 'regression' && known[name].decides)
    for (let label = 0; label < Math.min(width, MOST_LABELS); label++)
      answers.push(Float64Array.from({ length: rows.length * width }, (_, i) => Number(i % width === label)))
  let best: number | undefined
  for (const outputs of answers) {
    const score = evaluate({ ...truth, outputs, ...(weights && { weights: takeValues(weights, rows) }) })[name] // prettier-ignore
    if (
      best === undefined ||
      (score !== undefined && higherIsBetter(name, score) > higherIsBetter(name, best))
    )
      best = score
  }
  return best
}

/** For each fold the class shares, the mean or (where absolute errors or a quantile count) the median or that quantile of what it is trained on. */
export function constantOutputs(
  { target, folds }: Pick<Prepared, 'target' | 'folds'>,
  width: number,
  objective: MetricName,
): Float64Array {
  const level = levelOf(objective)
  const parts = folds.folds.map(({ train, validation }) => {
    const known = takeValues(target.values, train)
    const answer = new Float64Array(width)
    if (target.task !== 'regression') for (const label of known) answer[label]! += 1 / known.length
    else
      answer[0] =
        level === undefined
          ? known.reduce((sum, value) => sum + value / known.length, 0)
          : quantile(known, level)
    return Array.from({ length: validation.length }, () => [...answer]).flat()
  })
  return Float64Array.from(parts.flat())
}

/** The quantile that is the best constant. */
function levelOf(objective: MetricName): number | undefined {
  const level = /^Quantile(\d+)$/.exec(objective)?.[1]
  if (level !== undefined) return Number(level) / 100
  return objective === 'MAE' ? 0.5 : undefined
}

/** Between the two values beside it, as many tools do. */
function quantile(values: Float64Array, level: number): number {
  const sorted = values.slice().sort()
  const place = level * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(sorted.length - 1, below + 1)
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!)
}
