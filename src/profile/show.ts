import type { Column } from '../data/dataset.ts'
import { stringAt } from '../data/dataset.ts'
import { count, figure } from '../util/text.ts'
import type { ColumnProfile } from './profile.ts'

/** A cell as text; empty when missing. */
export function showCell(column: Column, row: number): string {
  if (column.kind === 'numeric') return Number.isNaN(column.values[row]!) ? '' : String(column.values[row])
  if (column.kind === 'datetime') {
    const value = column.values[row]!
    return Number.isNaN(value) ? '' : new Date(value).toISOString().replace('T00:00:00.000Z', '')
  }
  return stringAt(column, row) ?? ''
}

const share = (error: number) => `${figure(100 * error, 2)} %`

/** The number of different values, with its error where it is an estimate. */
export const showDistinct = ({ distinct, distinctExact, errors }: ColumnProfile): string =>
  `${distinctExact ? '' : 'about '}${count(distinct)}${errors?.distinct === undefined ? '' : ` ± ${share(errors.distinct)}`}`

/** The same of different words. */
export const showDistinctWords = ({ distinctWords, errors }: ColumnProfile): string =>
  distinctWords === undefined
    ? '–'
    : `${count(distinctWords)}${errors?.distinctWords === undefined ? '' : ` ± ${share(errors.distinctWords)}`}`

/** What to put behind a figure that hangs on the ranks of a sample; empty where they are exact. */
export const showRankError = ({ errors }: Pick<ColumnProfile, 'errors'>): string =>
  errors?.ranks === undefined ? '' : ` (rank ± ${share(errors.ranks)})`

/** A number of rows, with its error where it is an estimate. */
export const showRows = (rows: number, error: number | undefined): string =>
  `${count(rows)}${error === undefined ? '' : ` ± ${count(error)}`}`
