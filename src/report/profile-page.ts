import { classBalance, correlation, histogram, imageGrid, predictionPower } from '../charts/index.ts'
import { showRankError, showRows } from '../profile/show.ts'
import type {
  ColumnProfile,
  DatasetProfile,
  NumericSummary,
  RowSample,
  Severity,
} from '../profile/profile.ts'
import { summarize } from '../profile/summary.ts'
import { count, figure } from '../util/text.ts'
import { captioned, fragment, page, table, withContents } from './html.ts'
import type { Markup } from './html.ts'
import { cardinality, columns, decisions, descriptive, histograms, missing } from './profile-columns.ts'
import { action, number, percent, powerOf, powerText, short } from './words.ts'

const PAIRS = 20
const CLASSES = 50
const LABELS = 5
const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low']
const MEASURES = {
  spearman: "Spearman's ρ",
  'cramers-v': "Cramér's V",
  'correlation-ratio': 'correlation ratio η',
} as const
const TASKS = {
  binary: 'binary classification',
  multiclass: 'multiclass classification',
  regression: 'regression',
} as const

/** Rows to show where columns are pixels: a label, and the pixels in the order of the columns. */
type Pictures = readonly { readonly label: string; readonly pixels: ArrayLike<number> }[]

/** A profile as one HTML file that needs neither network nor script. */
export function renderProfilePage(profile: DatasetProfile, pictures: Pictures = []): string {
  const sections = [
    head,
    findings,
    target,
    sample,
    featureSummary,
    images(pictures),
    duplicates,
    crossColumn,
    anomalies,
    drift,
    missing,
    columns,
    cardinality,
    descriptive,
    histograms,
    decisions,
    definitions,
  ]
  return page(
    `Glasspilot profile: ${profile.dataset}`,
    withContents(fragment`${sections.flatMap(section => section(profile) ?? [])}`),
  )
}

function head(profile: DatasetProfile): Markup {
  const {
    rows,
    columnCount,
    duplicateRows,
    duplicateError,
    duplicateFraction,
    quickModel,
    sampled,
    leftOut,
  } = profile
  const { features, missingShare, types, severities } = summarize(profile)
  const facts: readonly (readonly [string, string])[] = [
    ['rows', count(rows)],
    [`columns, ${count(features)} to learn from`, count(columnCount)],
    ['missing values', percent(missingShare)],
    ['duplicate rows', `${showRows(duplicateRows, duplicateError)} (${percent(duplicateFraction)})`],
    ...(quickModel
      ? [
          [
            `quick model ${quickModel.metric}`,
            `${figure(quickModel.score)} ± ${figure(quickModel.error, 2)}`,
          ] as const,
        ]
      : []),
  ]
  const labels = profile.target?.classes?.slice(0, LABELS).map(({ label }) => JSON.stringify(short(label)))
  return fragment`<h1>Profile of ${profile.dataset}</h1>
    ${profile.target ? fragment`<p class="soft">Target <b>${profile.target.name}</b>, ${TASKS[profile.target.task]}: ${profile.target.taskReason}.${labels ? ` Labels are, for example, ${labels.join(', ')}.` : undefined}</p>` : undefined}
    <div class="facts">
      ${facts.map(([name, value]) => fragment`<div><span class="soft">${name}</span><b>${value}</b></div>`)}
    </div>
    <p>
      ${count(profile.insights.length)} findings: <b>${count(severities.high)}</b> of high, <b>${count(severities.medium)}</b> of medium and
      <b>${count(severities.low)}</b> of low severity.
    </p>
    <p>Column types: ${types.map(({ type, count: n, share }) => `${type} ${count(n)} (${percent(share)})`).join(', ')}.</p>
    ${quickModel ? fragment`<p>The quick model is boosted trees on ${count(quickModel.columns)} columns, scored on ${count(quickModel.scoredRows)} rows by trees grown on ${count(quickModel.trainRows)} others; a constant answer has ${quickModel.metric} ${figure(quickModel.baseline)}.</p>` : undefined}
    ${sampled ? fragment`<p class="soft">What takes sorting or fitting (quantiles, prediction power, correlations, unusual rows) is of ${count(sampled.rows)} of ${count(sampled.of)} rows, shares among them are right to ± ${percent(sampled.shareError)}; other figures are counted in all rows, unless ± says how far off they may be, 95 times of 100.</p>` : undefined}
    ${leftOut ? fragment`<p class="soft">Left out because half of the budget was used up before: ${leftOut.join(', ')}.</p>` : undefined} `
}

function findings({ insights }: DatasetProfile): Markup {
  const sorted = [...insights].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  return fragment`<h2>Findings</h2>
    ${sorted.length === 0 ? fragment`<p>No rule found anything to worry about.</p>` : undefined}
    ${sorted.map(
      insight =>
        fragment`<div class="insight ${insight.severity}">
          <h3>
            ${insight.title}${insight.column === undefined ? undefined : fragment`: ${short(insight.column)}`}
            <span class="soft">· ${insight.severity} severity · ${insight.id}</span>
          </h3>
          <p>${insight.fact}</p>
          <p><b>Why it matters.</b> ${insight.why}</p>
          <p><b>Harmless when.</b> ${insight.harmlessWhen}</p>
          <p><b>What to do.</b> ${insight.action}</p>
        </div> `,
    )} `
}

function target({ target: told, targetOutliers, columns: all, rows }: DatasetProfile): Markup | undefined {
  if (!told) return undefined
  const lost =
    told.missing + told.invalid === 0
      ? 'Every row has one.'
      : `${count(told.missing)} rows (${percent(told.missing / Math.max(1, rows))}) have no target, ${count(told.invalid)} (${percent(told.invalid / Math.max(1, rows))}) an invalid one; they are left out.`
  if (told.classes) {
    return fragment`<h2>Target: ${told.name}</h2>
      <p>${count(told.classes.length)} classes. ${lost}</p>
      ${captioned(classBalance({ target: told.name, classes: told.classes }))}
      ${table(
        ['label', '#share', '#rows'],
        told.classes
          .slice(0, CLASSES)
          .map(entry => [short(entry.label), percent(entry.fraction), count(entry.count)]),
      )} `
  }
  if (!told.numeric) return undefined
  return fragment`<h2>Target: ${told.name}</h2>
    <p>${lost}</p>
    ${captioned(histogram({ name: told.name, bins: told.numeric.histogram }))}
    ${table(['statistic', '#value'], [...statistics(told.numeric, showRankError(told)), ['different values', count(all.find(({ name }) => name === told.name)?.distinct ?? 0)]])}
    ${targetOutliers ? outlierRows(targetOutliers) : undefined}
    ${action('Look at the largest and smallest values: are they real? Rows with a mistaken target teach every candidate the mistake.')} `
}

const outlierRows = ({ columns, rows }: RowSample): Markup =>
  fragment`<h3>Outlier target values</h3>
    <p>The rows whose target lies furthest outside; rows are counted from 1.</p>
    ${table(
      ['#row', '#target', ...columns.map(short)],
      rows.map(({ row, value, values }) => [count(row + 1), number(value), ...values.map(short)]),
    )} `

const statistics = (summary: NumericSummary, ranks: string): string[][] => [
  ['mean', number(summary.mean)],
  ['standard deviation', number(summary.std)],
  ['minimum', number(summary.min)],
  ['median', number(summary.median) + ranks],
  ['maximum', number(summary.max)],
  ['skew', number(summary.skew)],
  ['kurtosis', number(summary.kurtosis)],
  ['outliers', percent(summary.outlierFraction)],
]

function sample({ sample: shown, columns: all, target: told }: DatasetProfile): Markup | undefined {
  if (shown.rows.length === 0) return undefined
  const known = shown.columns.map(name => all.find(column => column.name === name))
  const order = Array.from(shown.columns.keys()).sort(
    (a, b) => rank(known[b], told?.name) - rank(known[a], told?.name) || a - b,
  )
  const pick = (values: readonly string[]) => order.map(j => short(values[j]!))
  return fragment`<h2>Data sample</h2>
    ${table(pick(shown.columns), [
      pick(known.map(column => (column?.name === told?.name ? '–' : powerText(column)))),
      pick(known.map(column => column?.types.join(', ') ?? '–')),
      ...shown.rows.map(pick),
    ])}
    <p class="soft">First line: prediction power. Second line: types.</p>
    ${action('Check that the names stand over the right values.')} `
}

const rank = (column: ColumnProfile | undefined, targetName: string | undefined) =>
  column !== undefined && column.name === targetName ? 2 : (powerOf(column) ?? -1)

function featureSummary({ columns: all, judged }: DatasetProfile): Markup | undefined {
  const told = all.flatMap(({ name, prediction }) =>
    prediction
      ? [{ name, power: prediction.power, error: prediction.error / Math.max(1e-9, 1 - prediction.baseline) }]
      : [],
  )
  if (!judged || told.length === 0) return undefined
  return fragment`<h2>What single columns tell</h2>
    <p>
      Boosted trees on one column at a time, ${count(judged.rows)} rows,
      ${judged.folds > 1 ? `${judged.folds} folds` : 'one fifth held out'}. 0 tells nothing of the target, 1 tells all.
    </p>
    ${captioned(predictionPower({ columns: told }))} `
}

const images =
  (shown: Pictures) =>
  ({ image }: DatasetProfile): Markup | undefined =>
    image
      ? fragment`<h2>Pictures</h2>
        <p>The columns are pixels: ${image.reason}.</p>
        ${shown.length > 0 ? captioned(imageGrid({ ...image, images: shown })) : undefined}`
      : undefined

function duplicates({
  duplicateSample,
  duplicateRows,
  duplicateError,
  conflicts,
}: DatasetProfile): Markup | undefined {
  if (!duplicateSample && !conflicts) return undefined
  return fragment`<h2>Duplicate rows</h2>
    <p>
      ${showRows(duplicateRows, duplicateError)} rows have an equal elsewhere, the target included.${conflicts ? ` ${showRows(conflicts.rows, conflicts.error)} rows agree with another in all but the target.` : undefined}
    </p>
    ${
      duplicateSample
        ? table(
            ['#times', ...duplicateSample.columns.map(short)],
            duplicateSample.rows.map(row => [count(row.count), ...row.values.map(short)]),
          )
        : undefined
    } `
}

function crossColumn({ correlation: matrix, associations, image }: DatasetProfile): Markup | undefined {
  if (!matrix && !associations) return undefined
  const pairs = [...(associations?.pairs ?? [])]
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, PAIRS)
  return fragment`<h2>How columns hang together</h2>
    ${matrix && !image ? fragment`<p>Pearson correlation of the most telling numeric columns.</p>${captioned(correlation(matrix))}` : undefined}
    ${pairs.length > 0 ? fragment`<p>The strongest pairs, the target among them; what is under ${figure(3 * (associations?.error ?? 0), 2)} may be chance.</p>` : undefined}
    ${table(
      ['column', 'column', 'measure', '#value', '#Pearson'],
      pairs.map(pair => [
        short(pair.first),
        short(pair.second),
        MEASURES[pair.measure],
        pair.value.toFixed(3),
        pair.pearson?.toFixed(3) ?? '–',
      ]),
    )} `
}

const anomalies = ({ anomalies: found }: DatasetProfile): Markup | undefined =>
  found &&
  fragment`<h2>Unusual rows</h2>
    <p>
      The rows that an isolation forest (${String(found.trees)} trees of ${String(found.sample)} rows) sets apart first, of
      ${count(found.scoredRows)} scored. A score below 0 is unusual: ${count(found.unusual)} rows. Look whether they are mistakes.
    </p>
    ${table(
      ['#row', '#score', ...found.columns.map(short)],
      found.rows.map(({ row, score, values }) => [count(row + 1), score.toFixed(3), ...values.map(short)]),
    )} `

const drift = ({ drift: found }: DatasetProfile): Markup | undefined =>
  found &&
  fragment`<h2>Training rows and test rows</h2>
    <p>
      A model tells the ${count(found.testRows)} rows of ${found.file} from the training rows with AUC
      ${figure(found.auc)} ± ${figure(found.error, 2)}; 0.5 says that it cannot.
    </p>
    ${table(
      ['column', '#AUC alone', '#± error', '#missing in training', '#missing in test', '#unseen categories'],
      found.columns.map(column => [
        short(column.name),
        column.auc.toFixed(3),
        column.error.toFixed(3),
        percent(column.missingTrain),
        percent(column.missingTest),
        column.unseen === undefined ? '–' : percent(column.unseen),
      ]),
    )} `

const DEFINITIONS: readonly (readonly [string, string])[] = [
  ['prediction power', '(score − baseline) / (1 − baseline) of boosted trees on the one column, on rows not learnt from; AUC for two classes, accuracy for more, R² for a quantity; never below 0'],
  ['outlier', 'outside median ± 5 standard deviations of the values clipped to their 5 % and 95 % quantiles'],
  ['skew, kurtosis', 'third and fourth moment about the mean in units of the deviation; a normal distribution has 0 and 3'],
  ['duplicate rows', 'every member of a set of rows that are equal in all columns learnt from and in the target'],
  ["Spearman's ρ", 'correlation of ranks of two numbers, −1 … 1'],
  ["Cramér's V", 'association of two categories, 0 … 1, corrected for what chance gives to large tables'],
  ['correlation ratio η', 'root of the share of a number’s variance that lies between the categories, 0 … 1, corrected for what chance gives to many categories'],
  ['unusual row', 'isolation forest: a row that random cuts set apart after few of them'],
] // prettier-ignore

const definitions = (): Markup =>
  fragment`<h2>Definitions</h2>
    ${table(['word', 'meaning'], DEFINITIONS)} `
