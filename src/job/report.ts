import { existsSync } from 'node:fs'
import { nameOf, type TablePath } from '../data/source.ts'
import { scoredRows, taskOf } from '../experiment/data.ts'
import { rankTrials, withEnsemble, type LeaderboardRow } from '../experiment/leaderboard.ts'
import { readDocument, type Layout } from '../experiment/store.ts'
import { constantOutputs, judgeModel } from '../experiment/verdict.ts'
import { spreadOf } from '../explain/resample.ts'
import { confusionMatrix, evaluate, type MetricName } from '../metrics/index.ts'
import { monitorStatistics, renderReport, sealed, type ReportInput } from '../report/index.ts'
import { count, shellWord } from '../util/text.ts'
import { decisionsOf, spentOf } from './decisions.ts'
import { openFinished, type Finished } from './finished.ts'
import { PROBLEM_TYPES } from './job.ts'
import { explanationsOf } from './report-explanations.ts'
import { scrutinyOf } from './report-scrutiny.ts'
import { VERSION } from './version.ts'

const DRAWN_ROWS = 5000 // of a picture with a point per row

export interface ReportOptions {
  /** Leaves out what takes predictions: importance, SHAP values, partial dependence, saliency. */
  readonly fast?: boolean
  /** Column to compare groups by. */
  readonly sensitive?: string
  /** Told of progress, a few words at a time. */
  readonly tell?: (what: string) => void
}

/** A report for people, and its figures in the form of SageMaker Model Monitor. */
export interface Report {
  readonly html: string
  readonly json: string
}

/** The report of an experiment that has a finished trial, as one HTML file. Every figure is of rows no model in it learnt from. */
export async function reportOf(
  folder: string,
  { fast = false, sensitive, tell = () => {} }: ReportOptions = {},
): Promise<Report> {
  const found = await openFinished(folder, 'report on')
  const { paths, spec, trials, data, profile, objective, ensemble, scored } = found
  const { members } = ensemble
  const single = members.length === 1 ? trials.find(({ id }) => id === members[0]!.trial) : undefined
  const explained = fast ? {} : await explanationsOf(found, tell)
  const verdict = judgeModel(paths, { ...data, task: taskOf(data.target), objective }, ensemble, trials)
  const html = renderReport({
    spec,
    profile,
    task: data.target.task,
    objective,
    folds: { kind: data.folds.kind, reason: data.folds.reason, count: data.folds.folds.length },
    leaderboard: rankTrials(withEnsemble(trials, ensemble, objective), objective).map(scoredRow),
    anytime: found.anytime,
    best: {
      candidate: single?.candidate ?? `weighted mean of ${members.length} trials`,
      algorithm: single?.algorithm ?? 'ensemble',
      score: ensemble.metrics[objective.name]!,
    },
    verdict,
    evaluation: qualityOf(found, verdict.constant),
    ...explained,
    ...(await scrutinyOf(found, explained.importance, sensitive)),
    ...spentOf(found),
    decisions: decisionsOf(found),
    reproduce: commandOf(found),
    provenance: [
      ['Glasspilot', VERSION],
      ['Data', nameOf(spec.data)],
      ['Seed', String(spec.seed)],
      ...testScores(paths),
    ],
  })
  const statistics = monitorStatistics(scored, data.target.classes, spec.seed)
  const json = `${JSON.stringify(statistics, null, 2)}\n`
  const asked = { ...(fast && { fast }), ...(sensitive !== undefined && { sensitive }) }
  return { html: sealed(html, json, asked), json }
}

function qualityOf(
  { spec, data, objective, ensemble, scored }: Finished,
  bestConstant: number | undefined,
): NonNullable<ReportInput['evaluation']> {
  const { task, target, outputs, width, labelWeights } = scored
  const { classes } = data.target
  // The objective and its kin as on the leaderboard: by rules of answering found on other rows.
  const values = { ...evaluate(scored), ...ensemble.metrics }
  const constant = {
    ...evaluate({ ...scored, outputs: constantOutputs(data, width, objective.name) }),
    ...(bestConstant !== undefined && { [objective.name]: bestConstant }),
  }
  const spread = spreadOf(scored, spec.seed, evaluate)
  const matrix = task === 'regression' ? undefined : confusionMatrix(scored)
  const drawn = drawnRows(target.length)
  return {
    rows: `${count(new Set(scoredRows(data.folds)).size)} ${data.folds.kind === 'holdout' ? 'rows held back from training' : 'rows, each by models that did not learn from it'}`,
    metrics: Object.entries(values).map(([name, value]) => {
      const baseline = constant[name as MetricName]
      const std = spread.get(name)
      return { name, value, ...(std !== undefined && { std }), ...(baseline !== undefined && { baseline }) }
    }),
    ...(matrix && {
      confusion: {
        labels: classes,
        counts: classes.map((_, k) => Array.from(matrix.subarray(k * width, (k + 1) * width))),
      },
    }),
    ...(task === 'binary' && {
      binary: {
        positive: target,
        probability: Float64Array.from(target, (_, i) => outputs[2 * i + 1]!),
        auc: values.AUC!,
        ...(labelWeights && { threshold: labelWeights[0]! / (labelWeights[0]! + labelWeights[1]!) }),
      },
    }),
    ...(task === 'regression' && {
      regression: { actual: drawn.map(i => target[i]!), predicted: drawn.map(i => outputs[i]!) },
    }),
  }
}

/** Rows of failed trials have no numbers: NaN is shown as none. */
const scoredRow = (row: LeaderboardRow): ReportInput['leaderboard'][number] => ({
  ...row,
  score: row.score ?? NaN,
  std: row.std ?? NaN,
  fitSeconds: row.fitSeconds ?? NaN,
  predictMicrosecondsPerRow: row.predictMicrosecondsPerRow ?? NaN,
  bytes: row.bytes ?? NaN,
})

function testScores(paths: Layout): [string, string][] {
  if (!existsSync(paths.evaluation)) return []
  const { file, metrics: values } = readDocument<{ file: TablePath; metrics: Record<string, number> }>(
    paths.evaluation,
  )
  return Object.entries(values).map(([name, value]) => [`${name} on ${nameOf(file)}`, String(value)])
}

/** The command that gives this experiment again; as many candidates as were tried, whatever the time. */
function commandOf({ spec, trials, objective }: Finished): string {
  const parts = [
    ...[spec.data].flat().map(shellWord),
    `--target ${shellWord(spec.target)}`,
    ...(spec.validation === undefined ? [] : [`--validation ${shellWord(spec.validation)}`]),
    ...(spec.validationFraction === undefined ? [] : [`--validation-fraction ${spec.validationFraction}`]),
    ...(spec.trialSeconds === undefined ? [] : [`--trial-time ${spec.trialSeconds}s`]),
    ...(spec.test === undefined ? [] : [`--test ${[spec.test].flat().map(shellWord).join(' ')}`]),
    ...(spec.task ? [`--problem-type ${PROBLEM_TYPES[spec.task]}`] : []),
    `--objective ${objective.name}`,
    ...(['group', 'time', 'weight', 'image', 'candidates'] as const).flatMap(name =>
      spec[name] === undefined ? [] : [`--${name} ${shellWord(spec[name])}`],
    ),
    ...(spec.dropLeaks === true ? ['--drop-leaks'] : []),
    ...(spec.normaliseLabels === true ? ['--normalise-labels'] : []),
    ...(spec.features ? ['--features FEATURES.json'] : []),
    `--mode ${spec.mode}`,
    `--seed ${spec.seed}`,
    `--max-candidates ${trials.length}`,
  ]
  return `glasspilot run ${parts.join(' ')}`
}

/** All rows, or every so-many-th. */
function drawnRows(rows: number): number[] {
  const step = Math.max(1, rows / DRAWN_ROWS)
  return Array.from({ length: Math.min(rows, DRAWN_ROWS) }, (_, i) => Math.floor(i * step))
}
