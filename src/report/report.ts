import { anytime, anytimeData, classBalance, histogram, leaderboardDots } from '../charts/index.ts'
import type { Task } from '../data/dataset.ts'
import type { Severity } from '../profile/profile.ts'
import { byteSize, count, duration, figure, sentence } from '../util/text.ts'
import { dependenceSection, importanceSection, saliencySection, shapSection } from './explanations.ts'
import { captioned, fragment, page, table, withContents } from './html.ts'
import type { Markup } from './html.ts'
import type { ReportInput, ReportRow } from './input.ts'
import { decisionSection, reproduceSection, spentSection } from './log.ts'
import { evaluationSection, verdictSection } from './quality.ts'
import { fairnessSection, sliceSection, worstSection } from './scrutiny.ts'

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
    verdictSection,
    evaluationSection,
    importanceSection,
    shapSection,
    dependenceSection,
    saliencySection,
    sliceSection,
    fairnessSection,
    worstSection,
    leaderboardSection,
    dataSection,
    insightSection,
    decisionSection,
    spentSection,
    reproduceSection,
  ]
  return page(
    `Glasspilot report: ${input.spec.name}`,
    withContents(fragment`${sections.flatMap(section => section(input) ?? [])}`),
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
      ${sentence(folds.reason)}
    </p>
    <div class="facts">
      ${facts.map(([name, value]) => fragment`<div><span class="soft">${name}</span><b>${value}</b></div>`)}
    </div>
    ${best?.reason === undefined ? undefined : fragment`<p>${best.reason}</p>`} `
}

const finished = (rows: readonly ReportRow[]) => rows.filter(row => row.state === 'COMPLETE')

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
    ${done.length > 0 ? [captioned(leaderboardDots({ metric, direction, rows: dots })), captioned(anytime({ metric, direction, axis: 'trial', points }))] : undefined}
    ${overTime.length > 1 ? captioned(anytime(anytimeData(metric, direction, overTime))) : undefined}
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
    ${target?.classes ? captioned(classBalance({ target: target.name, classes: target.classes })) : undefined}
    ${target && !target.classes && target.numeric ? captioned(histogram({ name: target.name, bins: target.numeric.histogram })) : undefined} `
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
