import { bestOf, chanceOfAgreement } from '../metrics/chance.ts'
import { evaluate, higherIsBetter } from '../metrics/index.ts'
import type { MetricName } from '../metrics/index.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { blend } from '../tune/ensemble.ts'
import { readOutputs } from './assemble.ts'
import { onePerRow, scoredRows, takeValues } from './data.ts'
import type { Prepared } from './prepare.ts'
import type { Layout } from './store.ts'
import type { Ensemble, Trial, Verdict } from './types.ts'

const SURE = 0.05

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
  const constant = evaluate({
    ...truth,
    outputs: constantOutputs({ target, folds }, width, objective.name),
    ...(weights && { weights: takeValues(weights, rows) }),
  })[objective.name]
  const score = metrics[objective.name]!
  const isAbove =
    constant === undefined || higherIsBetter(objective.name, score) > higherIsBetter(objective.name, constant)
  return { ...(constant !== undefined && { constant }), p, looks, isBetter: p < SURE && isAbove }
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
