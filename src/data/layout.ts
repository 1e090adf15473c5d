import { isMissingText } from './missing.ts'
import { plainNumber } from './numbers.ts'
import { parseDate } from './dates.ts'
import type { Dialect } from './dialect.ts'
import type { ReadingLog } from './report.ts'
import { splitOtherwise } from './scan.ts'

/** Where the table stands in the file. */
export interface Layout {
  /** Records before the first data row: preamble and header. */
  readonly skipRecords: number
  /** Column names: unique, never empty. */
  readonly names: readonly string[]
  /** Names as they stand in the file. */
  readonly header: readonly string[]
  readonly width: number
}

/** Finds width, preamble and header in the first records. `target` is a name the header must hold, if any. */
export function findLayout(
  rows: readonly (readonly string[])[],
  dialect: Dialect,
  log: ReadingLog,
  { target, names: expected }: { target?: string; names?: readonly string[] } = {},
): Layout {
  const width = commonWidth(rows)
  // Two quotes are all there is, it may be.
  const first = Math.max(
    0,
    rows.findIndex(row => row.length > 1 || row[0]!.trim() !== ''),
  )
  const headerAt = findHeaderRow(rows, first, width)
  if (headerAt > first) {
    log.warn('W_PREAMBLE', count => `${count} lines stand before the table; they were skipped`, {
      count: headerAt - first,
      line: first + 1,
      example: rows[first]!.join(' '),
    })
  }
  const header = headerCells(rows[headerAt]!, width, dialect, log)
  const known = target !== undefined && header.includes(target)
  const below = rows.slice(headerAt + 1)
  if (!known && !(expected && expected.some(name => header.includes(name))) && isData(header, below, width)) {
    log.warn(
      'W_NO_HEADER',
      () =>
        `the first row looks like data: columns are named col_1 … col_${width}; add a header line to name them`,
    )
    const names = Array.from({ length: width }, (_, i) => `col_${i + 1}`)
    return { skipRecords: headerAt, names, header: names, width }
  }
  const more = known ? 0 : moreHeaderRows(header, below, width)
  if (more > 0) {
    log.warn('W_MULTI_HEADER', () => `the header has ${more + 1} lines; they were joined with blanks`)
    const stacked = [header, ...below.slice(0, more)]
    const joined = header.map((_, j) =>
      stacked
        .map(row => row[j]!.trim())
        .filter(part => part !== '')
        .join(' '),
    )
    return { skipRecords: headerAt + 1 + more, names: uniqueNames(joined, log), header: joined, width }
  }
  const full = Array.from({ length: Math.max(width, header.length) }, (_, i) => header[i] ?? '')
  return { skipRecords: headerAt + 1, names: uniqueNames(full, log), header: full, width: full.length }
}

/** The commonest number of cells; at equal counts the larger. */
export function commonWidth(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>()
  for (const row of rows) {
    if (row.length > 1 || row[0]!.trim() !== '') counts.set(row.length, (counts.get(row.length) ?? 0) + 1)
  }
  let width = 1
  for (const [candidate, count] of counts) {
    const best = counts.get(width) ?? 0
    if (count > best || (count === best && candidate > width)) width = candidate
  }
  return width
}

/** Lines of a preamble have few cells; the header is the first row of the table's width that is full and reads like names. */
function findHeaderRow(rows: readonly (readonly string[])[], first: number, width: number): number {
  const filled = (row: readonly string[]) => row.filter(cell => cell.trim() !== '').length
  if (width < 3 || filled(rows[first]!) > width / 3) return first
  for (let at = first + 1; at < Math.min(rows.length, first + 50); at++) {
    const row = rows[at]!
    if (row.length < width || filled(row) <= width / 2) continue
    return row.every(cell => plainNumber(cell) !== plainNumber(cell)) && rows.length > at + 1 ? at : first
  }
  return first
}

/** A header written with another delimiter than the rows is cut by its own. */
function headerCells(
  row: readonly string[],
  width: number,
  dialect: Dialect,
  log: ReadingLog,
): readonly string[] {
  const other =
    row.length < width / 2 ? splitOtherwise(row.join(dialect.delimiter), dialect, width) : undefined
  if (!other) return withoutSurplusBlanks(row, width)
  log.warn(
    'W_HEADER_SHAPE',
    () => 'the header is cut by another delimiter than the rows; it was read by its own',
  )
  return other
}

/** A header with one delimiter too many has a blank name that the rows below have no cell for. */
function withoutSurplusBlanks(header: readonly string[], width: number): readonly string[] {
  let surplus = header.length - width
  if (surplus <= 0 || header.filter(name => name.trim() === '').length < surplus) return header
  return header.filter(name => name.trim() !== '' || surplus-- <= 0)
}

const MAX_HEADER_ROWS = 5

/** Rows right below the header that hold a name in every column, numbers and dates below included. */
function moreHeaderRows(
  header: readonly string[],
  below: readonly (readonly string[])[],
  width: number,
): number {
  if (header.length !== width || header.some(name => name.trim() === '')) return 0
  const rows = below.filter(row => row.length === width).slice(MAX_HEADER_ROWS, 200)
  if (rows.length < 5) return 0
  const valued = header.flatMap((_, j) => {
    const cells = rows.map(row => row[j]!).filter(cell => !isMissingText(cell))
    return cells.length >= 0.5 * rows.length && cells.filter(isValue).length >= 0.9 * cells.length ? [j] : []
  })
  if (valued.length < 2) return 0
  let more = 0
  while (more < MAX_HEADER_ROWS && more < below.length) {
    const row = below[more]!
    if (row.length !== width || row.some(cell => isMissingText(cell)) || valued.some(j => isValue(row[j]!)))
      break
    more++
  }
  return more
}

const isValue = (cell: string): boolean => {
  const number = plainNumber(cell)
  if (number === number) return true
  return ['ymd', 'dmy', 'mdy'].some(order => !Number.isNaN(parseDate(cell, order as 'ymd')))
}

/** The first row is data when it holds numbers or dates wherever the rows below do, or words that the rows below repeat. */
function isData(header: readonly string[], below: readonly (readonly string[])[], width: number): boolean {
  const rows = below.filter(row => row.length === width).slice(0, 200)
  if (rows.length < 2 || header.length !== width) return false
  let valued = 0
  let alike = 0
  let repeated = 0
  for (let j = 0; j < width; j++) {
    const cells = rows.map(row => row[j]!).filter(cell => !isMissingText(cell))
    if (cells.length === 0) continue
    if (cells.filter(isValue).length >= 0.9 * cells.length) {
      if (isMissingText(header[j]!)) continue
      valued++
      if (isValue(header[j]!)) alike++
      else return false
    } else if (cells.includes(header[j]!)) repeated++
  }
  // A row of years or column numbers is a header all the same.
  const numbers = header.map(plainNumber).filter(value => value === value)
  const steps = numbers.slice(1).map((value, i) => value - numbers[i]!)
  const counting = numbers.length > 1 && steps.every(step => step === steps[0] && Math.abs(step) === 1)
  if (valued > 0) return alike === valued && !(counting && repeated === 0)
  return repeated >= Math.max(1, width / 2)
}

/** `a`, `a` become `a`, `a__2`; an empty third name becomes `col_3`. */
export function uniqueNames(header: readonly string[], log: ReadingLog): string[] {
  const taken = new Set(header.filter(name => name.trim() !== ''))
  const seen = new Set<string>()
  const folded = new Map<string, string>()
  return header.map((given, i) => {
    let name = given.trim() === '' ? `col_${i + 1}` : given
    if (given.trim() === '') {
      log.warn(
        'W_EMPTY_NAME',
        count => `${count} columns have no name; they were named by their position, as ${name}`,
        {
          example: name,
        },
      )
    }
    if (seen.has(name)) {
      let number = 2
      while (taken.has(`${name}__${number}`) || seen.has(`${name}__${number}`)) number++
      const renamed = `${name}__${number}`
      log.warn(
        'W_DUP_COLUMN',
        count => `${count} columns repeat the name of another; they were renamed, as "${renamed}"`,
        {
          example: name,
        },
      )
      name = renamed
    }
    seen.add(name)
    const plain = name.normalize('NFC').trim().toLowerCase()
    const twin = folded.get(plain)
    if (twin === undefined) folded.set(plain, name)
    else {
      log.warn(
        'W_LOOKALIKE_COLUMNS',
        count => `${count} columns differ from another only by case, blanks or Unicode form; both are kept`,
        {
          example: `${twin} / ${name}`,
        },
      )
    }
    return name
  })
}
