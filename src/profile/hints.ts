import type { Column, DatetimeColumn, NumericColumn } from '../data/dataset.ts'
import type { Examined } from './columns.ts'

/** A column that says when rows happened. */
export interface TimeHint {
  readonly column: string
  readonly from: number
  readonly to: number
  /** Share of neighbouring rows where the later one in the file is not earlier in time. */
  readonly ascending: number
  /** Read as a date; else a number named as one. */
  readonly dated: boolean
}

/** A column whose equal values may mark rows of one person, thing or event. */
export interface GroupHint {
  readonly column: string
  readonly groups: number
  readonly rowsPerGroup: number
  /** Other columns that never change within a group. */
  readonly fixed: readonly string[]
}

const LEAST_MOMENTS = 20
const LEAST_PRESENT = 0.9
const TIME_NAME = /^(?:date|time|datetime|timestamp|day|week|month|year|yr|yyyymm(?:dd)?|epoch)$/i

/** Dates, and numbers that are named as dates and run through the file in order. */
export function findTimeHints(
  columns: readonly Column[],
  examined: ReadonlyMap<string, Examined>,
): TimeHint[] {
  return columns.flatMap(column => {
    if (column.kind !== 'datetime' && !(column.kind === 'numeric' && TIME_NAME.test(column.name))) return []
    const counts = examined.get(column.name)?.counts
    if (!counts || counts.values.length < LEAST_MOMENTS) return []
    if (counts.present < LEAST_PRESENT * column.values.length) return []
    const ascending = ascendingShare(column)
    if (column.kind === 'numeric' && Math.min(ascending, 1 - ascending) > 0.01) return []
    return [
      {
        column: column.name,
        from: counts.values[0]!,
        to: counts.values.at(-1)!,
        ascending,
        dated: column.kind === 'datetime',
      },
    ]
  })
}

function ascendingShare({ values }: DatetimeColumn | NumericColumn): number {
  let last = NaN
  let steps = 0
  let up = 0
  for (const value of values) {
    if (value !== value) continue
    if (last === last) {
      steps++
      if (value >= last) up++
    }
    last = value
  }
  return steps === 0 ? 0 : up / steps
}

/** `user_id`, `CustomerId`, `patient`; not `account length` or `households`, which measure. */
const GROUP_NAME =
  /(?:^|[^a-z])(?:id|uuid|guid|user|customer|client|patient|subject|person|household|group|session|device|account|member|employee|student|batch|player|driver|vehicle|author)$/i
const GROUP_CAMEL = /[a-z]I[dD]$/
const LEAST_GROUPS = 20
const LEAST_ROWS_PER_GROUP = 2
const MAX_CANDIDATES = 20
const MAX_WITNESSES = 40
/** A column is fixed in a group when so many of its rows agree, though chance alone would not make them. */
const FIXED = 0.99
const BY_CHANCE = 0.7
const MANY_FIXED = 3

/** Keys that come back, known by their name or by several other columns that never change beside them. */
export function findGroupHints(
  columns: readonly Column[],
  examined: ReadonlyMap<string, Examined>,
  rows: number,
): GroupHint[] {
  const distinctOf = (column: Column) => examined.get(column.name)?.profile.distinct ?? 0
  const candidates = columns.filter(column => {
    const groups = distinctOf(column)
    if (groups < LEAST_GROUPS || groups * LEAST_ROWS_PER_GROUP > rows) return false
    const numeric = examined.get(column.name)?.profile.numeric
    return column.kind === 'categorical' || (column.kind === 'numeric' && numeric?.integerFraction === 1)
  })
  const witnesses = columns
    .filter(column => column.kind !== 'text' && distinctOf(column) > 1)
    .slice(0, MAX_WITNESSES)
  return candidates
    .sort((a, b) => distinctOf(b) - distinctOf(a))
    .slice(0, MAX_CANDIDATES)
    .flatMap(column => {
      const named = GROUP_NAME.test(column.name) || GROUP_CAMEL.test(column.name)
      const groups = distinctOf(column)
      const fixed = witnesses
        .filter(other => other !== column && distinctOf(other) < groups && isFixed(column, other))
        .map(other => other.name)
      if (!named && fixed.length < MANY_FIXED) return []
      return [{ column: column.name, groups, rowsPerGroup: rows / groups, fixed }]
    })
}

const keysOf = (column: Column): ArrayLike<number> =>
  column.kind === 'categorical' ? column.codes : column.kind === 'text' ? column.missing : column.values

/** Whether rows of one group agree in another column, and much more than any two rows do. */
function isFixed(group: Column, other: Column): boolean {
  const [keys, values] = [keysOf(group), keysOf(other)]
  const first = new Map<number, number>()
  const tally = new Map<number, number>()
  let later = 0
  let same = 0
  let present = 0
  for (let row = 0; row < keys.length; row++) {
    const value = values[row]!
    if (value !== value) continue
    present++
    tally.set(value, (tally.get(value) ?? 0) + 1)
    const seen = first.get(keys[row]!)
    if (seen === undefined) first.set(keys[row]!, value)
    else {
      later++
      if (seen === value) same++
    }
    if (later > 1000 && same < 0.9 * later) return false
  }
  let chance = 0
  for (const count of tally.values()) chance += (count / present) ** 2
  return later > 0 && same >= FIXED * later && chance <= BY_CHANCE
}
