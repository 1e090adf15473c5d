// Reads a CSV file into columns of values, the way the training table was read: model.json, "table", has the rules.
//
// The file is UTF-8, plain or gzipped; the first line names the columns; cells are separated by comma, semicolon,
// tab or bar, and quoted with doubled quotes where needed. Columns are found by name, in any order; columns the
// model does not know are left aside. What cannot be read as its column's kind is missing: undefined.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** One sentence for the person who gave the table, and the exit status that goes with it. */
export class InputError extends Error {
  constructor(message, exitCode = 65) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * {name: values} of the columns in `schema`: numbers, texts, or dates as milliseconds since 1970. `layouts` is for files whose
 * first line is a row already: lists of names that rows of as many cells may have.
 */
export function readTable(path, schema, layouts = []) {
  const { header, rows } = readRows(readText(path), featuresOf(schema), path, layouts)
  return columnsOf(header, rows, schema, path)
}

export const featuresOf = schema => schema.filter(column => column.use === 'feature')

/** The values of every feature, from rows of cells and the names above them. */
export function columnsOf(header, rows, schema, path) {
  const features = featuresOf(schema)
  const lacking = features
    .filter(({ name }) => !header.includes(name))
    .map(({ name }) => JSON.stringify(name))
  if (lacking.length > 0) {
    const what = lacking.length === 1 ? 'the column' : `${lacking.length} columns`
    const more = lacking.length > 20 ? ` and ${lacking.length - 20} more` : ''
    throw new InputError(
      `E_MISSING_COLUMNS: ${JSON.stringify(path)} lacks ${what} the model was trained on: ${lacking.slice(0, 20).join(', ')}${more}`,
    )
  }
  return Object.fromEntries(
    features.map(column => {
      const at = header.indexOf(column.name)
      const meaning = new Map() // each different text is read once
      const read = cell => {
        if (!meaning.has(cell)) meaning.set(cell, valueOf(cell, column))
        return meaning.get(cell)
      }
      return [column.name, rows.map(row => read(row[at]))]
    }),
  )
}

/** What one cell means. */
export function valueOf(text, column) {
  if (/^[\0- \u00a0]*$/.test(text) || column.missing.includes(text) || column.missing.includes(text.trim()))
    return undefined
  if (column.kind === 'numeric') return number(text, column.number ?? PLAIN)
  if (column.kind === 'datetime') return date(text, column.datetime.order)
  return text
}

// --- rows -----------------------------------------------------------------------------------------------------

function readText(path) {
  let bytes
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new InputError(`E_NO_SUCH_FILE: ${JSON.stringify(path)} cannot be read (${error.code})`, 66)
  }
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes)
  } catch {
    throw new InputError(`E_BAD_GZIP: ${JSON.stringify(path)} holds damaged gzip data; copy it again`)
  }
  return decode(bytes, path)
}

export function decode(bytes, path) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InputError(`E_NOT_UTF8: ${JSON.stringify(path)} is not UTF-8; save it as UTF-8`)
  }
}

/** Column names and rows. The delimiter is the one under which the first line holds most names of the features. */
export function readRows(text, features, path, layouts = []) {
  const widths = layouts.map(names => names.length)
  const records = readRecords(text, features, path, widths)
  const [first, ...rows] = records
  if (layouts.length > 0) {
    const header = layouts[widths.indexOf(first.length)]
    if (header) return { header, rows: unpadded(records, [first, ...records.slice(0, 999)], path) }
    throw new InputError(
      `E_RAGGED_FILE: ${JSON.stringify(path)} has ${first.length} cells a row: ${[...new Set(widths)].sort((a, b) => a - b).join(' or ')} were expected, in the order of the columns at training`,
    )
  }
  return { header: columnNames(first), rows: unpadded(rows, records.slice(0, 1000), path) }
}

/** A blank behind nearly every delimiter, as in 39, Private, 77516, belongs to the delimiter. */
export function unpadded(rows, sample, path) {
  const [header, ...below] = sample
  const cells = (below.length > 0 ? below : [header]).flatMap(row => row.slice(1)).filter(cell => cell !== '')
  if (cells.length === 0 || cells.filter(cell => cell[0] === ' ').length < 0.95 * cells.length) return rows
  if (rows.some(row => row.slice(1).some(cell => cell.startsWith(' "'))))
    throw new InputError(
      `E_BAD_CSV: ${JSON.stringify(path)} has blanks between delimiters and quotes; take them out`,
    )
  return rows.map(row => row.map((cell, i) => (i > 0 && cell[0] === ' ' ? cell.slice(1) : cell)))
}

/** All records, each as wide as the first, blank lines before it left out. `widths`: those of rows that have no names above them. */
export function readRecords(text, features, path, widths = []) {
  if (text.trim() === '')
    throw new InputError(`E_EMPTY_FILE: ${JSON.stringify(path)} has no data: a header and rows were expected`)
  const names = new Set(features.map(({ name }) => name))
  const known = delimiter => {
    const cells = firstRecord(text, delimiter)
    return widths.length > 0
      ? Number(widths.includes(cells.length))
      : cells.filter(cell => names.has(cell)).length
  }
  const delimiter = [',', ';', '\t', '|'].reduce((best, mark) => (known(mark) > known(best) ? mark : best))
  const records = []
  let width = 0
  for (const { cells, line, misplaced } of scan(text, delimiter)) {
    if (misplaced)
      throw new InputError(
        `E_BAD_CSV: ${JSON.stringify(path)} line ${line} has a misplaced quote: quotes stand around a whole cell, and are doubled inside it; mend that line`,
      )
    if (isBlank(cells) && width !== 1) continue
    width ||= cells.length
    if (cells.length !== width)
      throw new InputError(
        `E_RAGGED_FILE: ${JSON.stringify(path)} line ${line} has ${cells.length} cells: ${width} were expected, as in its first line; mend that line`,
      )
    records.push(cells)
  }
  return records
}

function firstRecord(text, delimiter) {
  for (const { cells } of scan(text, delimiter)) if (!isBlank(cells)) return cells
  return []
}

const isBlank = cells => cells.length === 1 && cells[0].trim() === ''

/** Cuts text into records. A quoted cell runs to the quote that stands alone; after it comes a delimiter or line end. */
function* scan(text, delimiter) {
  const unquoted = new RegExp(`[^${delimiter}\\r\\n]*`, 'y')
  const quoted = /"([^"]*(?:""[^"]*)*)"/y
  const take = (pattern, from) => {
    pattern.lastIndex = from
    return pattern.exec(text)
  }
  let at = 0
  let line = 1
  while (at < text.length) {
    const start = at
    const cells = []
    let misplaced = false
    for (;;) {
      const cell = (text[at] === '"' && take(quoted, at)) || take(unquoted, at)
      misplaced ||= text[at] === '"' && cell.length === 1
      cells.push(cell.length === 1 ? cell[0] : cell[1].replaceAll('""', '"'))
      at += cell[0].length
      if (text[at] !== delimiter) break
      at++
    }
    misplaced ||= at < text.length && text[at] !== '\r' && text[at] !== '\n'
    if (misplaced) at = text.length
    else if (text[at] === '\r' && text[at + 1] === '\n') at += 2
    else at++
    yield { cells, line, misplaced }
    line += text.slice(start, at).split(/\r\n|\r|\n/).length - 1
  }
}

/** Blank names become col_1, col_2 … by position; repeated ones a, a__2, a__3. */
export function columnNames(header) {
  const names = new Set()
  for (const [i, given] of header.entries()) {
    const name = given.trim() === '' ? `col_${i + 1}` : given
    let unique = name
    for (let copy = 2; names.has(unique) || (unique !== name && header.includes(unique)); copy++)
      unique = `${name}__${copy}`
    names.add(unique)
  }
  return [...names]
}

// --- numbers --------------------------------------------------------------------------------------------------

const PLAIN = { decimal: '.', thousands: '', percent: false, currency: '' }
const PLAIN_NUMBER = /^-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/

/** 1234.5 as programs write it, or in the writing of the column: € 1.234,5 or 12 % or (12) for -12. */
function number(written, { decimal, thousands, percent, currency, padded }) {
  if (written.length > 64) return undefined
  const text = padded && /^0[0-9]$/.test(written.trim()) ? written.trim().slice(1) : written
  const plain = plainNumber(text)
  if (plain !== undefined && decimal === '.') return plain
  let body = text.trim()
  let negative = false
  if (body.startsWith('(') && body.endsWith(')')) {
    body = body.slice(1, -1).trim()
    negative = true
  }
  if (body.startsWith('+')) {
    body = body.slice(1)
    if (/^[0-9 ()/-]*$/.test(body) && body.replace(/[^0-9]/g, '').length >= 7) return undefined // a telephone
  } else if (/^[-\u2212]/.test(body)) {
    body = body.slice(1).trimStart()
    negative = !negative
  }
  if (currency !== '') {
    if (body.startsWith(currency)) body = body.slice(currency.length).trimStart()
    else if (body.endsWith(currency)) body = body.slice(0, -currency.length).trimEnd()
    if (body.startsWith('-')) {
      body = body.slice(1)
      negative = !negative
    }
  }
  if (percent && body.endsWith('%')) body = body.slice(0, -1).trimEnd()
  const size = plainNumber(ungrouped(body, decimal, thousands))
  if (size === undefined || size < 0 || Object.is(size, -0)) return undefined
  return negative ? -size : size
}

/** Codes are no numbers: 007, or a whole number of more than 15 digits. Nor is what is too large for one. */
function plainNumber(text) {
  const bare = text.replace(/^[ \t\u00a0\u202f]+|[ \t\u00a0\u202f]+$/g, '')
  if (!PLAIN_NUMBER.test(bare) || /^-?[0-9]{16,}$/.test(bare)) return undefined
  const size = Number(bare)
  return Number.isFinite(size) ? size : undefined
}

/** 1.234,5 becomes 1234.5; a text that is no number when a group has other than three digits. */
function ungrouped(body, decimal, thousands) {
  const point = body.includes(decimal) ? body.indexOf(decimal) : body.length
  let whole = body.slice(0, point)
  const rest = body.slice(point + 1)
  const mark = (thousands === ' ' ? [' ', '\u00a0', '\u202f'] : [thousands]).find(
    mark => mark !== '' && whole.includes(mark),
  )
  if (mark !== undefined) {
    const [first, ...groups] = whole.split(mark)
    if (first.length < 1 || first.length > 3 || groups.some(group => group.length !== 3)) return ''
    whole = first + groups.join('')
  }
  if (decimal === ',' && (whole + rest).includes('.')) return ''
  return point < body.length ? `${whole}.${rest}` : whole
}

// --- dates ----------------------------------------------------------------------------------------------------

const PART = '([0-9]{1,4}(?![0-9])|[A-Za-z]{3,9}(?![A-Za-z]))'
const GAP = '(?=([-/. ,]))[ ,]*[-/.]? *'
const DATE = new RegExp(`^${PART}${GAP}${PART}${GAP}${PART}`)
const COMPACT_DATE = /^([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])/
const TIME =
  /^(?:[T ]|, ?) ?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)? ?([AaPp]\.?[Mm]\.?)?(.*)$/
const ZONE = /^(?:UTC|GMT)?([+-])([0-9]{1,2}):?([0-9]{2})?$/i
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAY_MS = 86_400_000

/** Milliseconds since 1970-01-01 UTC. The order of day and month is the column's, never guessed per cell. */
function date(given, order) {
  if (order.startsWith('epoch')) {
    const size = plainNumber(given)
    return size === undefined ? undefined : Math.floor(size * (order === 'epoch-seconds' ? 1000 : 1))
  }
  const text = given.trim()
  if (text.length < 6 || text.length > 40) return undefined
  const compact = COMPACT_DATE.exec(text)
  const found = compact ?? DATE.exec(text)
  if (!found) return undefined
  const [first, gap, second, otherGap, third] = found.slice(1)
  const parts = compact ? compact.slice(1) : [first, second, third]
  if (!compact && gap !== otherGap && !isWord(first) && !isWord(second)) return undefined
  const day = dayNumber(parts, order)
  const rest = text.slice(found[0].length)
  const time = rest === '' ? 0 : milliseconds(rest)
  return day === undefined || time === undefined ? undefined : day * DAY_MS + time
}

const isWord = part => /^[A-Za-z]/.test(part)

function dayNumber([a, b, c], order) {
  const yearFirst = order === 'iso' || order === 'ymd'
  if ((a.length === 4 && !isWord(a)) !== yearFirst || isWord(c)) return undefined
  if (yearFirst) return civilDay(Number(a), b, c)
  if ((c.length !== 2 && c.length !== 4) || [a, b].some(part => !isWord(part) && part.length > 2))
    return undefined
  // Two digits mean 1969 to 2068. A month by its name stands where it stands, whatever the order.
  const year = c.length === 4 ? Number(c) : Number(c) + (Number(c) < 69 ? 2000 : 1900)
  const monthFirst = isWord(a) || (order === 'mdy' && !isWord(b))
  return monthFirst ? civilDay(year, a, b) : civilDay(year, b, a)
}

function civilDay(year, monthText, dayText) {
  const month = isWord(monthText)
    ? MONTHS.indexOf(monthText.slice(0, 3).toLowerCase()) + 1
    : Number(monthText)
  const day = Number(dayText)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? date.getTime() / DAY_MS : undefined
}

/** T12:30:15.250Z, 09:05 PM, 12:30 +02:00: what to add to midnight UTC. */
function milliseconds(text) {
  const found = TIME.exec(text)
  if (!found) return undefined
  const [, hours, minutes, seconds = '0', fraction = '0', half, zone] = found
  const [minute, second, east] = [Number(minutes), Number(seconds), minutesEast(zone.trim())]
  let hour = Number(hours)
  if (half) {
    if (hour < 1 || hour > 12) return undefined
    hour = (hour % 12) + (/^p/i.test(half) ? 12 : 0)
  }
  if (hour > 24 || minute > 59 || second > 60 || east === undefined) return undefined
  return ((hour * 60 + minute - east) * 60 + second) * 1000 + Math.floor(Number(`0.${fraction}`) * 1000)
}

function minutesEast(zone) {
  if (/^(?:Z|UTC|GMT)?$/i.test(zone)) return 0
  const found = ZONE.exec(zone)
  const minutes = found ? Number(found[2]) * 60 + Number(found[3] ?? 0) : Infinity
  if (minutes > 14 * 60) return undefined
  return found[1] === '-' ? -minutes : minutes
}
