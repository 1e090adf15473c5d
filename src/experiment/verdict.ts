import { bestOf, chanceOfAgreement } from '../metrics/chance.ts'
import { evaluate, higherIsBetter } from '../metrics/index.ts'
import type { MetricName } from '../metrics/index.ts'
import { outputWidth } from '../pipeline/pipeline.ts'
import { blend } from '../tune/ensemble.ts'
import { readOutputs } from './assemble.ts'
import { scoredRows, takeValues } from './data.ts'
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
  const p = bestOf(chanceOfAgreement({ ...truth, outputs }), looks)
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

/** For each fold the class shares, the mean or (where absolute errors count) the median of what it is trained on. */
export function constantOutputs(
  { target, folds }: Pick<Prepared, 'target' | 'folds'>,
  width: number,
  objective: MetricName,
): Float64Array {
  const parts = folds.folds.map(({ train, validation }) => {
    const known = takeValues(target.values, train)
    const answer = new Float64Array(width)
    if (target.task !== 'regression') for (const label of known) answer[label]! += 1 / known.length
    else
      answer[0] =
        objective === 'MAE' ? median(known) : known.reduce((sum, value) => sum + value / known.length, 0)
    return Array.from({ length: validation.length }, () => [...answer]).flat()
  })
  return Float64Array.from(parts.flat())
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
