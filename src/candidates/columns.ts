import type { ColumnProfile, DatasetProfile } from '../profile/profile.ts'

/** The feature columns of a table, sorted by how they can be treated. */
export interface ColumnPlan {
  readonly numeric: readonly ColumnProfile[]
  /** Strings with few enough values for one feature each. */
  readonly categorical: readonly ColumnProfile[]
  /** Strings with more values than that. */
  readonly manyValues: readonly ColumnProfile[]
  readonly text: readonly ColumnProfile[]
  /** Texts that list numbers. */
  readonly series: readonly ColumnProfile[]
  readonly datetime: readonly ColumnProfile[]
  /** Numbers with so few values that each may be a feature. */
  readonly lowCardinality: readonly ColumnProfile[]
  /** Some feature column has missing values. */
  readonly anyMissing: boolean
}

/** Most values that get a one-hot feature each. */
export const ONE_HOT_VALUES = 100
/** Most values of a number that is also read as a category. */
const LOW_CARDINALITY = 20
/** Share of distinct values above which strings are identifiers rather than categories. */
const IDENTIFIER_SHARE = 0.9

const isConstant = ({ distinct, missing }: ColumnProfile) =>
  distinct === 0 || (distinct === 1 && missing === 0)

export function planColumns(profile: DatasetProfile): ColumnPlan {
  const usable = profile.columns.filter(column => column.use === 'feature' && !isConstant(column))
  const ofKind = (kind: ColumnProfile['kind']) => usable.filter(column => column.kind === kind)
  const isIdentifier = ({ distinct, missing }: ColumnProfile) =>
    distinct > ONE_HOT_VALUES && distinct > IDENTIFIER_SHARE * (profile.rows - missing)
  const readable = (column: ColumnProfile) => column.types.includes('text') && (column.distinctWords ?? 0) > 0
  const strings = ofKind('categorical')
  return {
    numeric: ofKind('numeric'),
    categorical: strings.filter(({ distinct }) => distinct <= ONE_HOT_VALUES),
    manyValues: strings.filter(column => column.distinct > ONE_HOT_VALUES && !isIdentifier(column)),
    text: [
      ...ofKind('text').filter(({ sequence }) => !sequence),
      ...strings.filter(column => column.distinct > ONE_HOT_VALUES && readable(column)),
    ],
    series: ofKind('text').filter(({ sequence }) => sequence),
    datetime: ofKind('datetime'),
    lowCardinality: profile.image
      ? []
      : ofKind('numeric').filter(({ distinct }) => distinct > 2 && distinct <= LOW_CARDINALITY),
    anyMissing: usable.some(({ missing }) => missing > 0),
  }
}

/** Names for a sentence: all of them when few, else the first and how many more. */
export function listed(columns: readonly ColumnProfile[]): string {
  const names = columns.map(({ name }) => name)
  if (names.length <= 4) return names.join(', ')
  return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
