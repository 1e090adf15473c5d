import type { DatasetProfile, FeatureType, Severity } from './profile.ts'

/** What stands at the head of notebook and page: the table in a few numbers. */
export interface ProfileSummary {
  /** Columns to learn from. */
  readonly features: number
  /** Empty cells of those. */
  readonly missingValues: number
  readonly missingShare: number
  /** Columns by their likeliest type, most frequent first. */
  readonly types: readonly { readonly type: FeatureType; readonly count: number; readonly share: number }[]
  /** Insights by severity. */
  readonly severities: Readonly<Record<Severity, number>>
}

export function summarize({
  rows,
  columns,
  insights,
}: Pick<DatasetProfile, 'rows' | 'columns' | 'insights'>): ProfileSummary {
  const features = columns.filter(column => column.use === 'feature')
  const cells = features.length * rows
  const missingValues = features.reduce((sum, column) => sum + column.missing, 0)
  const counts = new Map<FeatureType, number>()
  for (const { types, kind } of columns) {
    const type = types[0] ?? kind
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  const of = (severity: Severity) => insights.filter(insight => insight.severity === severity).length
  return {
    features: features.length,
    missingValues,
    missingShare: cells > 0 ? missingValues / cells : 0,
    types: [...counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([type, count]) => ({ type, count, share: count / columns.length })),
    severities: { high: of('high'), medium: of('medium'), low: of('low') },
  }
}
