import {
  anytime, anytimeData, calibration, calibrationCurve, classBalance, confusionMatrix, histogram, importance, leaderboardDots, precisionRecall,
  precisionRecallCurve, predictedActual, roc, rocCurve,
} from '../charts/index.ts' // prettier-ignore
import type { ConfusionData, ImportanceData } from '../charts/index.ts'
import type { Task } from '../data/dataset.ts'
import type { Anytime, ExperimentSpec } from '../experiment/types.ts'
import type { DatasetProfile, Severity } from '../profile/profile.ts'
import { byteSize, count, duration, figure } from '../util/text.ts'
import { fragment, page, svg, table } from './html.ts'
import type { Markup } from './html.ts'

/** A trial as the leaderboard shows it; best first in every list. */
export interface ReportRow {
  readonly rank: number
  readonly trial: number
  readonly candidate: string
  readonly algorithm: string
  readonly score: number
  readonly std: number
  readonly fitSeconds: number
  readonly predictMicrosecondsPerRow: number
  readonly bytes: number
  readonly state: string
  readonly reason?: string
}

export interface ReportInput {
  readonly spec: ExperimentSpec
  readonly profile: DatasetProfile
  readonly task: Task
  readonly objective: { readonly name: string; readonly direction: 'maximize' | 'minimize' }
  readonly folds: { readonly kind: string; readonly reason: string; readonly count: number }
  readonly leaderboard: readonly ReportRow[]
  /** How good the model would have been after each generation of trials. */
  readonly anytime?: readonly Anytime[]
  readonly best?: {
    readonly candidate: string
    readonly algorithm: string
    readonly score: number
    readonly reason?: string
  }
  /** How the best did on rows it never learnt from. */
  readonly evaluation?: {
    /** Which rows: "the 10,000 rows of the test file", "out-of-fold rows". */
    readonly rows: string
    readonly metrics: readonly { readonly name: string; readonly value: number; readonly baseline?: number }[]
    readonly confusion?: ConfusionData
    /** Binary: whether each row is of the positive class, and its probability. */
    readonly binary?: {
      readonly positive: ArrayLike<number>
      readonly probability: ArrayLike<number>
      readonly auc: number
    }
    readonly regression?: { readonly actual: ArrayLike<number>; readonly predicted: ArrayLike<number> }
  }
  readonly importance?: ImportanceData
  /** The command that gives this experiment again. */
  readonly reproduce: string
  /** Program, versions, hash of the data: label and value. */
  readonly provenance: readonly (readonly [label: string, value: string])[]
  readonly seconds?: number
}

/** A number, or a dash where there is none. */
const number = (value: number, digits: number) => (Number.isFinite(value) ? figure(value, digits) : '–')

const ROWS = 50
const FAILURES = 50
const TASK_NAMES: Readonly<Record<Task, string>> = {
  binary: 'binary classification',
  multiclass: 'multiclass classification',
  regression: 'regression',
}

/** The report of an experiment as one HTML file that needs neither network nor script. */
export function renderReport(input: ReportInput): string {
  const sections = [
    head,
    evaluationSection,
    importanceSection,
    leaderboardSection,
    dataSection,
    insightSection,
    reproduceSection,
  ]
  return page(
    `Glasspilot report: ${input.spec.name}`,
    fragment`${sections.flatMap(section => section(input) ?? [])}`,
  )
}

function head({ spec, profile, task, objective, folds, leaderboard, best, seconds }: ReportInput): Markup {
  const facts: readonly (readonly [string, string])[] = [
    [`best ${objective.name}`, best ? figure(best.score, 5) : '–'],
    ['best candidate', best?.candidate ?? 'none'],
    ['trials finished', `${count(finished(leaderboard).length)} of ${count(leaderboard.length)}`],
    ['rows × columns', `${count(profile.rows)} × ${count(profile.columnCount)}`],
    ...(seconds === undefined ? [] : [['time', duration(seconds)] as const]),
  ]
  const verb = objective.direction === 'maximize' ? 'maximizing' : 'minimizing'
  return fragment`<h1>${spec.name}</h1>
    <p class="soft">
      ${TASK_NAMES[task]} of <b>${spec.target}</b> in ${profile.dataset}, ${verb} ${objective.name}. Scores
      are for rows a model has not learnt from:
      ${folds.count > 1 ? `${folds.count} folds (${folds.kind})` : 'one holdout'}.
      ${folds.reason}
    </p>
    <div class="facts">
      ${facts.map(([name, value]) => fragment`<div><span class="soft">${name}</span><b>${value}</b></div>`)}
    </div>
    ${best?.reason === undefined ? undefined : fragment`<p>${best.reason}</p>`} `
}

const finished = (rows: readonly ReportRow[]) => rows.filter(row => row.state === 'COMPLETE')

function evaluationSection({ spec, evaluation }: ReportInput): Markup | undefined {
  if (!evaluation) return undefined
  const { metrics, rows, confusion, binary, regression } = evaluation
  const baselines = metrics.some(metric => metric.baseline !== undefined)
  const pictures = [
    ...(confusion ? [svg(confusionMatrix(confusion))] : []),
    ...(binary ? binaryPictures(binary) : []),
    ...(regression ? [svg(predictedActual({ target: spec.target, ...regression }))] : []),
  ]
  return fragment`<h2>Quality of the best model</h2>
    <p>Measured on ${rows}.${baselines ? ' The baseline always gives the same answer.' : undefined}</p>
    ${table(
      ['metric', '#value', ...(baselines ? ['#baseline'] : [])],
      metrics.map(({ name, value, baseline }) => [
        name,
        figure(value, 5),
        ...(baselines ? [baseline === undefined ? '–' : figure(baseline, 5)] : []),
      ]),
    )}
    <div class="row">${pictures}</div> `
}

function binaryPictures({
  positive,
  probability,
  auc,
}: NonNullable<NonNullable<ReportInput['evaluation']>['binary']>): Markup[] {
  let positives = 0
  for (let row = 0; row < positive.length; row++) if (positive[row]) positives++
  return [
    roc({ points: rocCurve(positive, probability), auc }),
    precisionRecall({
      points: precisionRecallCurve(positive, probability),
      positiveFraction: positives / Math.max(1, positive.length),
    }),
    calibration({ points: calibrationCurve(positive, probability) }),
  ].map(svg)
}

const importanceSection = ({ importance: data }: ReportInput): Markup | undefined =>
  data && data.features.length > 0
    ? fragment`<h2>What the model leans on</h2>
        ${svg(importance(data))} `
    : undefined

function leaderboardSection({
  leaderboard,
  objective: { name: metric, direction },
  anytime: overTime = [],
}: ReportInput): Markup {
  const done = finished(leaderboard)
  const failed = leaderboard.filter(row => row.state !== 'COMPLETE')
  const points = [...done].sort((a, b) => a.trial - b.trial).map(({ trial, score }) => ({ x: trial, score }))
  const dots = done.map(({ candidate, trial, score, std }) => ({
    name: `${candidate} #${trial}`,
    score,
    std,
  }))
  return fragment`<h2>Leaderboard</h2>
    ${done.length === 0 ? fragment`<p>No trial has finished.</p>` : undefined}
    ${done.length > 0 ? [svg(leaderboardDots({ metric, direction, rows: dots })), svg(anytime({ metric, direction, axis: 'trial', points }))] : undefined}
    ${overTime.length > 1 ? svg(anytime(anytimeData(metric, direction, overTime))) : undefined}
    ${table(
      [
        '#rank',
        'candidate',
        '#trial',
        'algorithm',
        `#${metric}`,
        '#± std',
        '#seconds to fit',
        '#µs per row',
        '#size',
      ],
      done
        .slice(0, ROWS)
        .map(row => [
          String(row.rank),
          row.candidate,
          String(row.trial),
          row.algorithm,
          figure(row.score, 6),
          number(row.std, 3),
          number(row.fitSeconds, 3),
          number(row.predictMicrosecondsPerRow, 3),
          byteSize(row.bytes),
        ]),
    )}
    ${done.length > ROWS ? fragment`<p class="soft">The first ${String(ROWS)} of ${count(done.length)}; leaderboard.csv has all.</p>` : undefined}
    ${
      failed.length > 0
        ? fragment`<h3>Trials that did not finish</h3>
            ${table(
              ['#trial', 'candidate', 'state', 'reason'],
              failed
                .slice(0, FAILURES)
                .map(row => [String(row.trial), row.candidate, row.state, row.reason ?? '–']),
            )}`
        : undefined
    } `
}

function dataSection({ profile }: ReportInput): Markup {
  const { target } = profile
  return fragment`<h2>Data</h2>
    ${table(
      ['property', 'value'],
      [
        ['Rows', count(profile.rows)],
        ['Columns', count(profile.columnCount)],
        [
          'Duplicate rows',
          `${count(profile.duplicateRows)} (${figure(100 * profile.duplicateFraction, 3)} %)`,
        ],
        ...(target ? [['Target column', target.name], ['Why this kind of problem', target.taskReason]] : []), // prettier-ignore
      ],
    )}
    ${target?.classes ? svg(classBalance({ target: target.name, classes: target.classes })) : undefined}
    ${target && !target.classes && target.numeric ? svg(histogram({ name: target.name, bins: target.numeric.histogram })) : undefined} `
}

const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low']

function insightSection({ profile: { insights } }: ReportInput): Markup {
  const sorted = [...insights].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  return fragment`<h2>Findings</h2>
    ${sorted.length === 0 ? fragment`<p>No rule found anything to worry about.</p>` : undefined}
    ${sorted.map(
      insight =>
        fragment`<div class="insight ${insight.severity}">
          <h3>${insight.title}${insight.column === undefined ? undefined : fragment` in ${insight.column}`} <span class="soft">(${insight.severity} severity)</span></h3>
          <p>${insight.fact}</p>
          <p><b>Why it matters.</b> ${insight.why}</p>
          <p><b>Harmless when.</b> ${insight.harmlessWhen}</p>
          <p><b>What to do.</b> ${insight.action}</p>
        </div> `,
    )} `
}

const reproduceSection = ({ reproduce, provenance, spec }: ReportInput): Markup =>
  fragment`<h2>How to reproduce</h2>
    <pre>${reproduce}</pre>
    <p>The same data, seed (${String(spec.seed)}) and number of candidates give the same leaderboard.</p>
    ${table(['what', 'value'], provenance)} `
