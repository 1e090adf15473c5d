import type { Task } from '../data/dataset.ts'
import { InputError, TrialError } from '../util/errors.ts'
import { nearest, quoted } from '../util/text.ts'
import * as labels from './classification.ts'
import { customScore, hasCustom } from './custom.ts'
import { predictedLabels } from './labels.ts'
import type { Direction, Metric, Scored, Work } from './metric.ts'
import * as probability from './probability.ts'
import * as regression from './regression.ts'
import { checkScored, shareWork } from './work.ts'

export { isModulePath, loadMetric } from './custom.ts'
export { confusionMatrix, predictedLabels } from './labels.ts'

type Formula = (work: Work) => number

function metric(
  tasks: readonly Task[],
  direction: Direction,
  smooth: boolean,
  summary: string,
  from: Formula,
  decides = false,
): Metric {
  return {
    tasks,
    direction,
    best: direction === 'maximize' ? 1 : 0,
    summary,
    smooth,
    decides,
    from,
    score(scored) {
      checkScored(scored)
      const value = from(shareWork(scored))
      if (Number.isFinite(value)) return value
      throw new TrialError(
        'E_NON_FINITE_SCORE',
        `the score of ${scored.target.length} rows is ${value}: expected a finite number; the metric is not defined on these values, choose another objective`,
      )
    },
  }
}

const BINARY = ['binary'] as const
const MULTICLASS = ['multiclass'] as const
const CLASSES = ['binary', 'multiclass'] as const
const VALUES = ['regression'] as const
const ALL = ['binary', 'multiclass', 'regression'] as const

/** Every metric by the name users type. A new metric is a function and one entry here. */
export const metrics = {
  Accuracy: metric(CLASSES, 'maximize', false, 'Share of rows whose label is right.', labels.accuracy),
  AUC: metric(
    BINARY,
    'maximize',
    true,
    'Probability that a positive row is scored above a negative one.',
    probability.auc,
  ),
  BalancedAccuracy: metric(
    CLASSES,
    'maximize',
    false,
    'Share of right labels in each class, averaged over classes.',
    labels.balancedAccuracy,
    true,
  ),
  F1: metric(
    BINARY,
    'maximize',
    false,
    'Harmonic mean of precision and recall of the positive class.',
    labels.f1,
    true,
  ),
  LogLoss: metric(
    CLASSES,
    'minimize',
    true,
    'Mean of −ln of the probability given to the true class.',
    probability.logLoss,
  ),
  Precision: metric(
    BINARY,
    'maximize',
    false,
    'Share of rows called positive that are positive.',
    labels.precision,
  ),
  Recall: metric(
    BINARY,
    'maximize',
    false,
    'Share of positive rows that are called positive.',
    labels.recall,
  ),
  F1macro: metric(
    MULTICLASS,
    'maximize',
    false,
    'F1 of each class, averaged over classes.',
    labels.f1macro,
    true,
  ),
  PrecisionMacro: metric(
    MULTICLASS,
    'maximize',
    false,
    'Precision of each class, averaged over classes.',
    labels.precisionMacro,
  ),
  RecallMacro: metric(
    MULTICLASS,
    'maximize',
    false,
    'Recall of each class, averaged over classes.',
    labels.recallMacro,
    true,
  ),
  MAE: metric(VALUES, 'minimize', true, 'Mean absolute error.', regression.mae),
  MSE: metric(VALUES, 'minimize', true, 'Mean squared error.', regression.mse),
  RMSE: metric(VALUES, 'minimize', true, 'Square root of the mean squared error.', regression.rmse),
  R2: metric(
    VALUES,
    'maximize',
    true,
    'Share of the variance of the target that is explained.',
    regression.r2,
  ),
  AUCPR: metric(
    BINARY,
    'maximize',
    true,
    'Average precision: area under the precision–recall curve.',
    probability.averagePrecision,
  ),
  MAPE: metric(
    VALUES,
    'minimize',
    true,
    'Mean absolute error as a share of the true value.',
    regression.mape,
  ),
  RMSLE: metric(
    VALUES,
    'minimize',
    true,
    'Root mean squared error of ln(1 + value); for targets of 0 and above.',
    regression.rmsle,
  ),
  MedianAE: metric(VALUES, 'minimize', true, 'Median absolute error.', regression.medianAe),
  Quantile10: metric(
    VALUES,
    'minimize',
    true,
    'Pinball loss of a value that 10 % stay below.',
    regression.pinball(0.1),
  ),
  Quantile90: metric(
    VALUES,
    'minimize',
    true,
    'Pinball loss of a value that 90 % stay below.',
    regression.pinball(0.9),
  ),
  Custom: {
    ...metric(
      ALL,
      'maximize',
      true,
      'A function of your own: --objective MODULE.mjs, which exports score({task, target, outputs, labels, width, weights}), higher is better.',
      customScore(({ outputs, width, labelWeights }) => predictedLabels(outputs, width, labelWeights)),
    ),
    best: Infinity,
  },
} satisfies Record<string, Metric>
export type MetricName = keyof typeof metrics

/** Scored only where its module was loaded. */
export const CUSTOM = 'Custom' satisfies MetricName

const NAMES = Object.keys(metrics) as MetricName[]

/** The objectives SageMaker Autopilot allows for each task, its default first. */
const AUTOPILOT: Readonly<Record<Task, readonly MetricName[]>> = {
  binary: ['F1', 'Accuracy', 'AUC', 'BalancedAccuracy', 'Precision', 'Recall'],
  multiclass: ['Accuracy', 'BalancedAccuracy', 'F1macro', 'PrecisionMacro', 'RecallMacro'],
  regression: ['MSE', 'MAE', 'R2', 'RMSE'],
}

/** The objectives Autopilot itself allows for a task. */
export const autopilotObjectives = (task: Task): readonly MetricName[] => AUTOPILOT[task]

/** Every metric a search of this task may optimise: Autopilot's first, then ours. */
export const objectivesOf = (task: Task): readonly MetricName[] => [
  ...AUTOPILOT[task],
  ...metricsOf(task).filter(name => !AUTOPILOT[task].includes(name)),
]

export const defaultObjective = (task: Task): MetricName => AUTOPILOT[task][0]!

/** Every metric of a task, in table order. */
export const metricsOf = (task: Task): readonly MetricName[] =>
  NAMES.filter(name => metrics[name].tasks.includes(task) && (name !== CUSTOM || hasCustom()))

/** Checks a metric name at the border (case does not matter); inside, a `MetricName` needs no more checking. */
export function parseMetricName(text: string, task?: Task): MetricName {
  const name = NAMES.find(known => known.toLowerCase() === text.trim().toLowerCase())
  const allowed = task ? objectivesOf(task) : NAMES
  if (!name) {
    const near = nearest(text, allowed)
    throw new InputError(
      'E_UNKNOWN_METRIC',
      `unknown metric ${quoted(text)}: ${near ? `did you mean "${near}"? ` : ''}expected one of ${allowed.join(', ')}`,
      { exit: 'usage' },
    )
  }
  if (!allowed.includes(name)) {
    throw new InputError(
      'E_METRIC_NOT_FOR_TASK',
      `metric "${name}" is for ${metrics[name].tasks.join(' and ')} problems and this one is ${task}: expected one of ${allowed.join(', ')}`,
      { exit: 'usage' },
    )
  }
  return name
}

/** Every metric of the task, work shared between them; one that is not defined on these rows is left out. */
export function evaluate(scored: Scored): Partial<Record<MetricName, number>> {
  checkScored(scored)
  const work = shareWork(scored)
  const values: Partial<Record<MetricName, number>> = {}
  for (const name of metricsOf(scored.task)) {
    const value = metrics[name].from(work)
    if (Number.isFinite(value)) values[name] = value
  }
  return values
}

/** A score as a number where higher is better, whatever the metric. */
export const higherIsBetter = (name: MetricName, score: number): number =>
  metrics[name].direction === 'maximize' ? score : -score
