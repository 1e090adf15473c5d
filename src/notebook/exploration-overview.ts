import { classBalance, histogram, imageGrid } from '../charts/index.ts'
import { showRankError, showRows } from '../profile/show.ts'
import type { Severity } from '../profile/profile.ts'
import { summarize } from '../profile/summary.ts'
import { count } from '../util/text.ts'
import { picture, section } from './section.ts'
import { clause, foldsInWords, number, percent, short, TASKS } from './words.ts'

const FOLDER = 'data-exploration'
const CLASSES = 30
const INSIGHTS = 60
const HIGHS = 5
const LABELS = 5
const SHOWN_COLUMNS = 12

export const title = section(
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
    hasLabels: 'flag',
    labels: [{ label: 'text' }],
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
    taskReason: clause(profile.target?.taskReason ?? ''),
    hasLabels: profile.target?.classes !== undefined,
    labels: (profile.target?.classes ?? []).slice(0, LABELS).map(({ label }) => ({ label: short(label) })),
    folds: foldsInWords(folds),
    foldsReason: clause(folds.reason),
  }),
)

export const summary = section(
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
    found: 'text',
    high: 'text',
    medium: 'text',
    low: 'text',
    urgent: 'flag',
    highs: [{ title: 'text', named: 'flag', column: 'text' }],
    types: [{ type: 'text', count: 'text', share: 'text' }],
  },
  ({ profile, task }) => {
    const { features, missingShare, types, severities } = summarize(profile)
    const highs = profile.insights.filter(({ severity }) => severity === 'high').slice(0, HIGHS)
    const ofTarget = (rows: number | undefined) =>
      `${count(rows ?? 0)} (${percent((rows ?? 0) / Math.max(1, profile.rows))})`
    return {
      rows: count(profile.rows),
      columns: count(profile.columnCount),
      features: count(features),
      duplicates: `${showRows(profile.duplicateRows, profile.duplicateError)} (${percent(profile.duplicateFraction)})`,
      hasTarget: profile.target !== undefined,
      target: profile.target?.name ?? '',
      missingTarget: ofTarget(profile.target?.missing),
      invalidTarget: ofTarget(profile.target?.invalid),
      task: TASKS[task],
      missingFeatures: percent(missingShare),
      found: count(profile.insights.length),
      high: count(severities.high),
      medium: count(severities.medium),
      low: count(severities.low),
      urgent: highs.length > 0,
      highs: highs.map(({ title, column }) => ({
        title,
        named: column !== undefined,
        column: short(column ?? ''),
      })),
      types: types.map(({ type, count: n, share }) => ({ type, count: count(n), share: percent(share) })),
    }
  },
)

const MARKS: Readonly<Record<Severity, readonly [mark: string, word: string]>> = {
  high: ['⚠️', 'High'],
  medium: ['🔶', 'Medium'],
  low: ['ℹ️', 'Low'],
}

export const insights = section(
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
        named: 'flag',
        column: 'text',
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
      insights: sorted
        .slice(0, INSIGHTS)
        .map(({ severity, column, title, fact, why, harmlessWhen, action }) => {
          const [mark, word] = MARKS[severity]
          return {
            mark,
            severity: word,
            named: column !== undefined,
            column: short(column ?? ''),
            title,
            fact,
            why,
            harmlessWhen,
            action,
          }
        }),
      hidden: sorted.length > INSIGHTS,
      more: count(sorted.length - INSIGHTS),
    }
  },
)

export const targetClasses = section(
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

export const targetNumber = section(
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
    uniques: 'text',
    outlying: 'flag',
    columns: [{ name: 'text' }],
    rows: [{ row: 'text', value: 'text', cells: [{ value: 'text' }] }],
    outliers: 'text',
    invalid: 'text',
    missing: 'text',
    chart: 'image',
  },
  ({ profile: { target, targetOutliers, columns, rows } }) => {
    const summary = target?.classes ? undefined : target?.numeric
    if (!target || !summary) return undefined
    return {
      target: target.name,
      mean: number(summary.mean),
      median: number(summary.median) + showRankError(target),
      min: number(summary.min),
      max: number(summary.max),
      std: number(summary.std),
      skew: number(summary.skew),
      kurtosis: number(summary.kurtosis),
      uniques: count(columns.find(column => column.name === target.name)?.distinct ?? 0),
      outlying: targetOutliers !== undefined,
      columns: (targetOutliers?.columns ?? []).slice(0, SHOWN_COLUMNS).map(name => ({ name: short(name) })),
      rows: (targetOutliers?.rows ?? []).map(({ row, value, values }) => ({
        row: count(row + 1),
        value: number(value),
        cells: values.slice(0, SHOWN_COLUMNS).map(cell => ({ value: short(cell) })),
      })),
      outliers: percent(summary.outlierFraction),
      invalid: percent(target.invalid / Math.max(1, rows)),
      missing: percent(target.missing / Math.max(1, rows)),
      chart: picture(histogram, { name: target.name, bins: summary.histogram }),
    }
  },
)

export const sample = section(
  FOLDER,
  'sample',
  {
    rowCount: 'text',
    hidden: 'flag',
    shown: 'text',
    columnCount: 'text',
    columns: [{ name: 'text', power: 'text', types: 'text' }],
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
            const power = column?.prediction?.power.toFixed(3)
            return { name: short(name), power: power ?? '–', types: types ?? '–' }
          }),
          rows: rows.rows.map(row => ({ cells: row.map(value => ({ value: short(value) })) })),
        },
)

export const images = section(
  FOLDER,
  'images',
  { reason: 'text', chart: 'image' },
  ({ profile: { image }, images: rows }) =>
    image && rows && rows.length > 0
      ? { reason: image.reason, chart: picture(imageGrid, { ...image, images: rows }) }
      : undefined,
)

export const duplicates = section(
  FOLDER,
  'duplicates',
  {
    any: 'flag',
    count: 'text',
    share: 'text',
    conflicting: 'flag',
    conflicts: 'text',
    shown: 'flag',
    columns: [{ name: 'text' }],
    rows: [{ times: 'text', cells: [{ value: 'text' }] }],
  },
  ({ profile: { duplicateRows, duplicateError, duplicateFraction, duplicateSample, conflicts } }) => ({
    any: duplicateRows > 0 || conflicts !== undefined,
    count: showRows(duplicateRows, duplicateError),
    share: percent(duplicateFraction),
    conflicting: conflicts !== undefined,
    conflicts: showRows(conflicts?.rows ?? 0, conflicts?.error),
    shown: duplicateSample !== undefined,
    columns: (duplicateSample?.columns ?? []).slice(0, SHOWN_COLUMNS).map(name => ({ name: short(name) })),
    rows: (duplicateSample?.rows ?? []).map(({ count: times, values }) => ({
      times: count(times),
      cells: values.slice(0, SHOWN_COLUMNS).map(value => ({ value: short(value) })),
    })),
  }),
)

export const definitions = section(FOLDER, 'definitions', {}, () => ({}))
