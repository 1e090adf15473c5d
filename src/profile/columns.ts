import type { Column } from '../data/dataset.ts'
import type { ColumnSchema } from '../data/schema.ts'
import type { Counts } from './counts.ts'
import { countValues } from './counts.ts'
import { summarizeNumbers } from './numeric.ts'
import type { ColumnProfile, FeatureType } from './profile.ts'
import type { StringSummary } from './strings.ts'
import { summarizeStrings } from './strings.ts'

const TOP = 10
/** Up to this share of different values a column is categorical for certain; from the second on it is not at all. */
const SURELY_CATEGORICAL = 0.01
const NOT_CATEGORICAL = 0.2

/** What a column's profile was made from, for the insights. */
export interface Examined {
  readonly profile: ColumnProfile
  /** Numbers and dates. */
  readonly counts?: Counts
  readonly strings?: StringSummary
}

/** Statistics of one column; `given`: its numbers, counted already. */
export function profileColumn(
  column: Column,
  schema: ColumnSchema | undefined,
  rows: number,
  given?: Counts,
): Examined {
  const base = {
    name: column.name,
    kind: column.kind,
    use: schema?.use ?? ('feature' as const),
    reason: schema?.reason ?? '',
  }
  if (column.kind === 'numeric' || column.kind === 'datetime') {
    const counts = given ?? countValues(column.values)
    const { present } = counts
    const numeric = column.kind === 'numeric' ? summarizeNumbers(counts) : undefined
    const show = column.kind === 'numeric' ? String : (value: number) => new Date(value).toISOString()
    const profile: ColumnProfile = {
      ...base,
      types: rankTypes({
        kind: column.kind,
        rows,
        present,
        distinct: counts.values.length,
        numericFraction: 1,
      }),
      ...share(rows, present),
      distinct: counts.values.length,
      distinctExact: true,
      numericFraction: column.kind === 'numeric' && present > 0 ? 1 : 0,
      ...(numeric && { numeric }),
      top: frequentValues(counts).map(({ value, count }) => ({ value: show(value), count })),
    }
    return { profile, counts }
  }
  const strings = summarizeStrings(column)
  const { present, distinct, numericFraction } = strings
  const profile: ColumnProfile = {
    ...base,
    types: rankTypes({
      kind: column.kind,
      rows,
      present,
      distinct,
      numericFraction,
      sequence: strings.sequence,
    }),
    ...(schema?.sequence && { sequence: true as const }),
    ...share(rows, present),
    distinct,
    distinctExact: strings.distinctExact,
    distinctWords: strings.distinctWords,
    numericFraction,
    top: strings.frequent.slice(0, TOP),
    meanLength: strings.meanLength,
  }
  return { profile, strings }
}

const share = (rows: number, present: number) => ({
  missing: rows - present,
  missingFraction: rows === 0 ? 0 : (rows - present) / rows,
})

/** The most frequent numbers; equal counts in ascending order. */
export function frequentValues({ values, counts }: Counts, limit = TOP): { value: number; count: number }[] {
  const best: { value: number; count: number }[] = []
  for (let i = 0; i < values.length; i++) {
    const count = counts[i]!
    if (best.length === limit && count <= best.at(-1)!.count) continue
    let at = best.length
    while (at > 0 && best[at - 1]!.count < count) at--
    best.splice(at, 0, { value: values[i]!, count })
    if (best.length > limit) best.pop()
  }
  return best
}

interface TypeFacts {
  readonly kind: Column['kind']
  readonly rows: number
  readonly present: number
  readonly distinct: number
  readonly numericFraction: number
  readonly sequence?: boolean
}

const TYPE_ORDER: readonly FeatureType[] = [
  'binary',
  'numeric',
  'categorical',
  'text',
  'datetime',
  'sequence',
]

/**
 * Autopilot's scores for what a column may be, highest first, with how it is stored ahead of the rest: a column of words is
 * categorical or text as it was read, whatever the score says.
 */
export function rankTypes({
  kind,
  rows,
  present,
  distinct,
  numericFraction,
  sequence = false,
}: TypeFacts): FeatureType[] {
  if (kind === 'datetime') return ['datetime']
  const ratio = rows === 0 ? 0 : distinct / rows
  const few = distinct > 0 && ratio < SURELY_CATEGORICAL
  const score: Record<FeatureType, number> = {
    binary: distinct === 2 ? 1 : 0,
    numeric: numericFraction,
    categorical:
      distinct === 2 || few
        ? 1
        : ratio < NOT_CATEGORICAL
          ? 1 - (ratio - SURELY_CATEGORICAL) / (NOT_CATEGORICAL - SURELY_CATEGORICAL)
          : 0,
    text: distinct === 2 || few || rows === 0 ? 0 : (present * (1 - numericFraction)) / rows,
    datetime: 0,
    sequence: sequence ? 1 : 0,
  }
  if (kind === 'text') score.text = 2
  if (kind === 'categorical') score.categorical = Math.max(score.categorical, distinct === 2 ? 1 : 1.5)
  const ranked = TYPE_ORDER.filter(type => score[type] > 0)
  return ranked.length === 0 ? [kind] : ranked.sort((a, b) => score[b] - score[a])
}
