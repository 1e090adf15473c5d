import { classBalance, correlation, histogram, imageGrid, missingValues } from '../charts/index.ts'
import type { ColumnProfile, Severity } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import type { NotebookInput } from './input.ts'
import type { Cell } from './nbformat.ts'
import { noPicture, picture, section } from './section.ts'
import { cutNote, foldsInWords, number, percent, short, TASKS, USES } from './words.ts'

const FOLDER = 'data-exploration'
const TABLE_ROWS = 100
const CLASSES = 30
const INSIGHTS = 60
const HISTOGRAMS = 6
const STRONG = 0.8
const PAIRS = 10
// Beyond this many columns, neighbours that are read alike for the same reason share one line of the decision log.
const SINGLE_LINES = 60
const LOG_ROWS = 1000

const title = section(
  FOLDER,
  'title',
  {
    dataset: 'text',
    experiment: 'text',
    rows: 'text',
    columns: 'text',
    hasTarget: 'flag',
    target: 'text',
    task: 'text',
    taskReason: 'text',
    folds: 'text',
    foldsReason: 'text',
  },
  ({ profile, spec, task, folds }) => ({
    dataset: profile.dataset,
    experiment: spec.name,
    rows: count(profile.rows),
    columns: count(profile.columnCount),
    hasTarget: profile.target !== undefined,
    target: profile.target?.name ?? '',
    task: TASKS[task],
    taskReason: profile.target?.taskReason ?? '',
    folds: foldsInWords(folds),
    foldsReason: folds.reason,
  }),
)

const summary = section(
  FOLDER,
  'summary',
  {
    rows: 'text',
    columns: 'text',
    features: 'text',
    duplicates: 'text',
    hasTarget: 'flag',
    target: 'text',
    missingTarget: 'text',
    invalidTarget: 'text',
    task: 'text',
    missingFeatures: 'text',
    types: [{ type: 'text', count: 'text', share: 'text' }],
  },
  ({ profile, task }) => {
    const features = profile.columns.filter(column => column.use === 'feature')
    const cells = features.length * profile.rows
    const missing = features.reduce((sum, column) => sum + column.missing, 0)
    const ofTarget = (rows: number | undefined) =>
      `${count(rows ?? 0)} (${percent((rows ?? 0) / Math.max(1, profile.rows))})`
    return {
      rows: count(profile.rows),
      columns: count(profile.columnCount),
      features: count(features.length),
      duplicates: `${count(profile.duplicateRows)} (${percent(profile.duplicateFraction)})`,
      hasTarget: profile.target !== undefined,
      target: profile.target?.name ?? '',
      missingTarget: ofTarget(profile.target?.missing),
      invalidTarget: ofTarget(profile.target?.invalid),
      task: TASKS[task],
      missingFeatures: percent(cells > 0 ? missing / cells : 0),
      types: columnTypes(profile.columns),
    }
  },
)

function columnTypes(columns: readonly ColumnProfile[]) {
  const counts = new Map<string, number>()
  for (const { types, kind } of columns) {
    const type = types[0] ?? kind
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([type, n]) => ({ type, count: count(n), share: percent(n / columns.length) }))
}

const MARKS: Readonly<Record<Severity, readonly [mark: string, word: string]>> = {
  high: ['⚠️', 'High'],
  medium: ['🔶', 'Medium'],
  low: ['ℹ️', 'Low'],
}

const insights = section(
  FOLDER,
  'insights',
  {
    found: 'flag',
    high: 'text',
    medium: 'text',
    low: 'text',
    insights: [
      {
        mark: 'text',
        severity: 'text',
        title: 'text',
        fact: 'text',
        why: 'text',
        harmlessWhen: 'text',
        action: 'text',
      },
    ],
    hidden: 'flag',
    more: 'text',
  },
  ({ profile }) => {
    const order: readonly Severity[] = ['high', 'medium', 'low']
    const sorted = [...profile.insights].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    const of = (severity: Severity) => count(sorted.filter(insight => insight.severity === severity).length)
    return {
      found: sorted.length > 0,
      high: of('high'),
      medium: of('medium'),
      low: of('low'),
      insights: sorted.slice(0, INSIGHTS).map(({ severity, title, fact, why, harmlessWhen, action }) => {
        const [mark, word] = MARKS[severity]
        return { mark, severity: word, title, fact, why, harmlessWhen, action }
      }),
      hidden: sorted.length > INSIGHTS,
      more: count(sorted.length - INSIGHTS),
    }
  },
)

const targetClasses = section(
  FOLDER,
  'target-classes',
  {
    target: 'text',
    classCount: 'text',
    invalid: 'text',
    missing: 'text',
    classes: [{ label: 'text', share: 'text', count: 'text' }],
    hidden: 'flag',
    shown: 'text',
    chart: 'image',
  },
  ({ profile: { target, rows } }) =>
    target?.classes && {
      target: target.name,
      classCount: count(target.classes.length),
      invalid: percent(target.invalid / Math.max(1, rows)),
      missing: percent(target.missing / Math.max(1, rows)),
      classes: target.classes.slice(0, CLASSES).map(({ label, count: n, fraction }) => ({
        label: short(label),
        share: percent(fraction),
        count: count(n),
      })),
      hidden: target.classes.length > CLASSES,
      shown: String(CLASSES),
      chart: picture(classBalance, { target: target.name, classes: target.classes }),
    },
)

const targetNumber = section(
  FOLDER,
  'target-number',
  {
    target: 'text',
    mean: 'text',
    median: 'text',
    min: 'text',
    max: 'text',
    std: 'text',
    skew: 'text',
    kurtosis: 'text',
    outliers: 'text',
    invalid: 'text',
    missing: 'text',
    chart: 'image',
  },
  ({ profile: { target, rows } }) => {
    const summary = target?.classes ? undefined : target?.numeric
    if (!target || !summary) return undefined
    return {
      target: target.name,
      mean: number(summary.mean),
      median: number(summary.median),
      min: number(summary.min),
      max: number(summary.max),
      std: number(summary.std),
      skew: number(summary.skew),
      kurtosis: number(summary.kurtosis),
      outliers: percent(summary.outlierFraction),
      invalid: percent(target.invalid / Math.max(1, rows)),
      missing: percent(target.missing / Math.max(1, rows)),
      chart: picture(histogram, { name: target.name, bins: summary.histogram }),
    }
  },
)

const sample = section(
  FOLDER,
  'sample',
  {
    rowCount: 'text',
    hidden: 'flag',
    shown: 'text',
    columnCount: 'text',
    columns: [{ name: 'text', types: 'text' }],
    rows: [{ cells: [{ value: 'text' }] }],
  },
  ({ profile: { sample: rows, columns, columnCount } }) =>
    rows.rows.length === 0
      ? undefined
      : {
          rowCount: count(rows.rows.length),
          hidden: rows.columns.length < columnCount,
          shown: count(rows.columns.length),
          columnCount: count(columnCount),
          columns: rows.columns.map(name => {
            const column = columns.find(item => item.name === name)
            const types = column?.use === 'target' ? 'target' : column?.types.join(', ')
            return { name: short(name), types: types ?? '–' }
          }),
          rows: rows.rows.map(row => ({ cells: row.map(value => ({ value: short(value) })) })),
        },
)

const features = section(
  FOLDER,
  'features',
  {
    columns: [{ name: 'text', use: 'text', types: 'text', missing: 'text', distinct: 'text', top: 'text' }],
    hidden: 'flag',
    note: 'text',
  },
  ({ profile: { columns } }) => ({
    columns: columns.slice(0, TABLE_ROWS).map(column => ({
      name: short(column.name, 60),
      use: USES[column.use],
      types: column.types.join(', '),
      missing: percent(column.missingFraction),
      distinct: distinct(column),
      top: column.top[0] ? `${short(column.top[0].value, 30)} (${count(column.top[0].count)})` : '–',
    })),
    ...cut(columns.length),
  }),
)

const distinct = (column: ColumnProfile) => `${column.distinctExact ? '' : 'about '}${count(column.distinct)}`
const cut = (total: number) => ({ hidden: total > TABLE_ROWS, note: cutNote(TABLE_ROWS, total) })

const images = section(
  FOLDER,
  'images',
  { reason: 'text', chart: 'image' },
  ({ profile: { image }, images: rows }) =>
    image && rows && rows.length > 0
      ? { reason: image.reason, chart: picture(imageGrid, { ...image, images: rows }) }
      : undefined,
)

const duplicates = section(
  FOLDER,
  'duplicates',
  { any: 'flag', count: 'text', share: 'text' },
  ({ profile }) => ({
    any: profile.duplicateRows > 0,
    count: count(profile.duplicateRows),
    share: percent(profile.duplicateFraction),
  }),
)

const crossColumn = section(
  FOLDER,
  'correlation',
  {
    count: 'text',
    chart: 'image',
    strong: 'flag',
    pairs: [{ first: 'text', second: 'text', value: 'text' }],
  },
  ({ profile }) => {
    const matrix = profile.correlation
    if (!matrix || matrix.columns.length < 2) return undefined
    const pairs = matrix.columns
      .flatMap((first, i) =>
        matrix.columns
          .slice(i + 1)
          .map((second, j) => ({ first, second, value: matrix.values[i]![i + 1 + j]! })),
      )
      .filter(pair => Math.abs(pair.value) >= STRONG)
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .slice(0, PAIRS)
    return {
      count: count(matrix.columns.length),
      chart: picture(correlation, matrix),
      strong: pairs.length > 0,
      pairs: pairs.map(pair => ({ ...pair, value: pair.value.toFixed(3) })),
    }
  },
)

const missing = section(
  FOLDER,
  'missing',
  {
    any: 'flag',
    holed: 'text',
    columnCount: 'text',
    columns: [{ name: 'text', missing: 'text' }],
    hidden: 'flag',
    note: 'text',
    chart: 'image',
  },
  ({ profile: { columns } }) => {
    const holed = columns
      .filter(column => column.missing > 0)
      .sort((a, b) => b.missingFraction - a.missingFraction)
    return {
      any: holed.length > 0,
      holed: count(holed.length),
      columnCount: count(columns.length),
      columns: holed
        .slice(0, TABLE_ROWS)
        .map(column => ({ name: short(column.name, 60), missing: percent(column.missingFraction) })),
      ...cut(holed.length),
      chart: holed.length > 0 ? picture(missingValues, { columns }) : noPicture,
    }
  },
)

const cardinality = section(
  FOLDER,
  'cardinality',
  { columns: [{ name: 'text', distinct: 'text', words: 'text' }], hidden: 'flag', note: 'text' },
  ({ profile: { columns } }) => ({
    columns: [...columns]
      .sort((a, b) => a.distinct - b.distinct)
      .slice(0, TABLE_ROWS)
      .map(column => ({
        name: short(column.name, 60),
        distinct: distinct(column),
        words: column.distinctWords === undefined ? '–' : count(column.distinctWords),
      })),
    ...cut(columns.length),
  }),
)

const descriptive = section(
  FOLDER,
  'descriptive',
  {
    columns: [
      {
        name: 'text',
        numbers: 'text',
        mean: 'text',
        median: 'text',
        min: 'text',
        max: 'text',
        outliers: 'text',
      },
    ],
    hidden: 'flag',
    note: 'text',
    drawn: 'flag',
    charts: [{ chart: 'image' }],
  },
  ({ profile: { columns, image } }) => {
    const drawn = image
      ? []
      : columns
          .filter(({ use, numeric }) => use === 'feature' && numeric && numeric.min < numeric.max)
          .slice(0, HISTOGRAMS)
    return {
      columns: columns.slice(0, TABLE_ROWS).map(({ name, numericFraction, numeric }) => ({
        name: short(name, 60),
        numbers: percent(numericFraction),
        mean: number(numeric?.mean),
        median: number(numeric?.median),
        min: number(numeric?.min),
        max: number(numeric?.max),
        outliers: numeric ? percent(numeric.outlierFraction) : '–',
      })),
      ...cut(columns.length),
      drawn: drawn.length > 0,
      charts: drawn.map(({ name, numeric }) => ({
        chart: picture(histogram, { name, bins: numeric!.histogram }),
      })),
    }
  },
)

const decisions = section(
  FOLDER,
  'decisions',
  {
    columns: [{ name: 'text', kind: 'text', use: 'text', reason: 'text' }],
    hidden: 'flag',
    note: 'text',
  },
  ({ profile: { columns } }) => {
    const lines =
      columns.length > SINGLE_LINES ? joinAlike(columns) : columns.map(column => [column, column] as const)
    return {
      columns: lines.slice(0, LOG_ROWS).map(([first, last]) => ({
        name: first === last ? short(first.name, 60) : `${short(first.name)} … ${short(last.name)}`,
        kind: first.kind,
        use: USES[first.use],
        reason: first.reason,
      })),
      hidden: lines.length > LOG_ROWS,
      note: cutNote(LOG_ROWS, lines.length),
    }
  },
)

/** Runs of neighbours with the same kind, use and reason, as first and last. */
function joinAlike(columns: readonly ColumnProfile[]): (readonly [ColumnProfile, ColumnProfile])[] {
  const runs: [ColumnProfile, ColumnProfile][] = []
  for (const column of columns) {
    const run = runs.at(-1)
    const alike =
      run && run[0].kind === column.kind && run[0].use === column.use && run[0].reason === column.reason
    if (alike) run[1] = column
    else runs.push([column, column])
  }
  return runs
}

const definitions = section(FOLDER, 'definitions', {}, () => ({}))

const SECTIONS = [
  title, summary, insights, targetClasses, targetNumber, sample, features, images, duplicates, crossColumn, missing,
  cardinality, descriptive, decisions, definitions,
] // prettier-ignore

/** The cells of the data exploration notebook: all markdown, so that it can be read without a kernel. */
export const dataExplorationCells = (input: NotebookInput): Cell[] =>
  SECTIONS.flatMap(section => section(input) ?? [])
