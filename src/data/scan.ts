import type { Dialect } from './dialect.ts'
import type { ReadingLog } from './report.ts'

export interface Scanned {
  readonly rows: string[][]
  /** Line of each row's first character. */
  readonly lines: number[]
  /** Where the first incomplete record starts. */
  readonly cursor: number
  readonly nextLine: number
}

interface Scan {
  readonly cells: string[]
  /** Index behind the record's line end. */
  readonly end: number
  /** A line end or the end of the file stands behind the record. */
  readonly complete: boolean
  /** A quote was still open at the end of the text. */
  readonly open: boolean
  /** Line breaks inside the record. */
  readonly breaks: number
  /** Quotes that are neither doubled nor beside a delimiter. */
  readonly strays: number
}

/** Beyond this a quote that stays open is a stray, if what follows reads better without it. */
const MAX_OPEN_CHARACTERS = 1 << 20
const LOOK_AHEAD_LINES = 20

/**
 * The careful reader of blocks that the fast parser stumbles over: line ends of several kinds, quotes that stand where none
 * should. Valid records come out exactly as RFC 4180 says; otherwise the reading with the expected width wins, and a quote
 * never swallows the lines after it.
 */
export function scanRecords(
  text: string,
  dialect: Dialect,
  { width, final, line, log }: { width: number; final: boolean; line: number; log: ReadingLog },
): Scanned {
  const rows: string[][] = []
  const lines: number[] = []
  let cursor = 0
  while (cursor < text.length) {
    let record = scanRecord(text, cursor, dialect, final)
    // The text ends before the record does: the next piece will tell.
    if (!record.complete && !record.open) break
    let stray = record.strays > 0
    if (record.cells.length !== width || record.open || (record.strays > 0 && record.breaks > 0)) {
      const better = reread(text, cursor, dialect, record, width, final)
      if (better) {
        record = better
        stray = true
      }
    }
    if (!record.complete) break
    if (stray) {
      log.warn('W_STRAY_QUOTE', strayMessage, {
        line,
        example: text.slice(cursor, cursor + 80).split(/[\r\n]/)[0]!,
      })
    }
    if (record.end > cursor) noteNewline(text, record.end, dialect, line, log)
    rows.push(record.cells)
    lines.push(line)
    line += record.breaks + 1
    cursor = record.end
  }
  return { rows, lines, cursor, nextLine: line }
}

const strayMessage = (count: number) =>
  `${count} record${count === 1 ? ' has' : 's have'} a quote where none belongs; it was read as an ordinary character`

function noteNewline(text: string, end: number, dialect: Dialect, line: number, log: ReadingLog): void {
  const last = text[end - 1]
  const found =
    last === '\n' ? (text[end - 2] === '\r' ? '\r\n' : '\n') : last === '\r' ? '\r' : dialect.newline
  if (found !== dialect.newline) {
    log.warn(
      'W_MIXED_NEWLINES',
      count => `${count} lines end differently from the rest of the file; each ends a record`,
      {
        line,
      },
    )
  }
}

/** Another reading of the record at `start`, when it has the expected width or the open quote has run too far. */
function reread(
  text: string,
  start: number,
  dialect: Dialect,
  record: Scan,
  width: number,
  final: boolean,
): Scan | undefined {
  const lineEnd = endOfLine(text, start)
  const whole = lineEnd.next > lineEnd.at || final
  if (!whole || text.indexOf(dialect.quote, start) < 0) return undefined
  const line = text.slice(start, lineEnd.at)
  if (!line.includes(dialect.quote)) return undefined
  const alone = (cells: string[]): Scan => ({
    cells,
    end: lineEnd.next,
    complete: true,
    open: false,
    breaks: 0,
    strays: 1,
  })
  const multiline = record.breaks > 0 || record.open
  const tolerant = scanRecord(line, 0, dialect, true, true)
  if (multiline && tolerant.cells.length === width && !(record.open && !final && tooShort(text, start))) {
    if (!record.open || final || followsBetter(text, lineEnd.next, dialect, width))
      return alone(tolerant.cells)
  }
  if (!record.open || final || !tooShort(text, start)) {
    const mended = withLiteralQuote(line, dialect, width) ?? exactly(line.split(dialect.delimiter), width)
    if (mended) return alone(mended)
  }
  // The quote never closes: losing one record is better than losing the rest of the file.
  if (
    record.open &&
    (final || (!tooShort(text, start) && followsBetter(text, lineEnd.next, dialect, width)))
  ) {
    return alone(tolerant.cells)
  }
  return undefined
}

const exactly = (cells: string[], width: number) => (cells.length === width ? cells : undefined)

/** The line read with one cell's opening quote as an ordinary character, if that gives the expected width and no other oddity. */
function withLiteralQuote(line: string, dialect: Dialect, width: number): string[] | undefined {
  for (let cell = 0; cell < width; cell++) {
    const scan = scanRecord(line, 0, dialect, true, true, cell)
    if (scan.cells.length === width && scan.strays === 0) return scan.cells
  }
  return undefined
}

const tooShort = (text: string, start: number) => text.length - start <= MAX_OPEN_CHARACTERS

/** The line cut by another delimiter that gives the expected width, if there is one. */
export function splitOtherwise(line: string, dialect: Dialect, width: number): string[] | undefined {
  if (width < 3) return undefined
  for (const delimiter of [' ', ';', '\t', '|', ',']) {
    if (delimiter === dialect.delimiter || !line.includes(delimiter)) continue
    const { cells } = scanRecord(line, 0, { ...dialect, delimiter }, true, true)
    if (cells.length === width) return cells
  }
  return undefined
}

/** Most of the next lines have the expected width when each is read alone. */
function followsBetter(text: string, start: number, dialect: Dialect, width: number): boolean {
  let right = 0
  let seen = 0
  for (let at = start; seen < LOOK_AHEAD_LINES && at < text.length; seen++) {
    const { at: end, next } = endOfLine(text, at)
    if (scanRecord(text.slice(at, end), 0, dialect, true, true).cells.length === width) right++
    at = next
  }
  return right > seen / 2
}

function endOfLine(text: string, start: number): { at: number; next: number } {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 10) return { at: i, next: i + 1 }
    if (code === 13) return { at: i, next: text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1 }
  }
  return { at: text.length, next: text.length }
}

/**
 * One record from `start`. An unquoted cell runs to the delimiter or line end. A quoted cell ends at a quote with only blanks
 * up to the delimiter or line end; other quotes in it are kept. `tolerant`: a quote that never closes is an ordinary character.
 * `literalCell`: so is the quote that opens this cell.
 */
function scanRecord(
  text: string,
  start: number,
  dialect: Dialect,
  final: boolean,
  tolerant = false,
  literalCell = -1,
): Scan {
  const { delimiter, quote } = dialect
  const cells: string[] = []
  let at = start
  let breaks = 0
  let strays = 0
  for (;;) {
    if (cells.length !== literalCell && text.startsWith(quote, at)) {
      const cell = scanQuoted(text, at, dialect)
      if (cell.end >= 0) {
        cells.push(cell.value)
        breaks += cell.breaks
        strays += cell.strays
        at = cell.end
      } else if (!tolerant) {
        if (final) cells.push(cell.value)
        return {
          cells,
          end: text.length,
          complete: final,
          open: true,
          breaks: breaks + cell.breaks,
          strays: strays + 1,
        }
      }
      if (cell.end < 0) at = pushUnquoted(text, at, delimiter, cells)
    } else {
      at = pushUnquoted(text, at, delimiter, cells)
    }
    if (at >= text.length) return { cells, end: at, complete: final, open: false, breaks, strays }
    if (text.startsWith(delimiter, at)) {
      at += delimiter.length
      continue
    }
    // A carriage return at the end of a chunk may be half of a line end.
    if (text[at] === '\r' && at + 1 === text.length && !final) {
      return { cells, end: at, complete: false, open: false, breaks, strays }
    }
    const end = text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1
    return { cells, end, complete: true, open: false, breaks, strays }
  }
}

function pushUnquoted(text: string, start: number, delimiter: string, cells: string[]): number {
  const mark = delimiter.charCodeAt(0)
  let at = start
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 10 || code === 13) break
    if (code === mark && text.startsWith(delimiter, at)) break
  }
  cells.push(text.slice(start, at))
  return at
}

/** `end` is the index behind the closing quote and its blanks, −1 when it never closes. */
function scanQuoted(
  text: string,
  start: number,
  { delimiter, quote, escape }: Dialect,
): { value: string; end: number; breaks: number; strays: number } {
  let value = ''
  let from = start + 1
  let strays = 0
  let search = from
  for (;;) {
    const at = text.indexOf(quote, search)
    if (at < 0) {
      const rest = text.slice(from)
      return { value: value + rest, end: -1, breaks: countBreaks(value + rest), strays }
    }
    if (escape === quote && text[at + 1] === quote) {
      value += text.slice(from, at + 1)
      from = search = at + 2
      continue
    }
    if (escape !== quote && at > from && text[at - 1] === escape) {
      value += text.slice(from, at - 1) + quote
      from = search = at + 1
      continue
    }
    let behind = at + 1
    while (text[behind] === ' ' || text[behind] === '\t') {
      if (text.startsWith(delimiter, behind)) break
      behind++
    }
    const next = text[behind]
    if (next === undefined || next === '\n' || next === '\r' || text.startsWith(delimiter, behind)) {
      value += text.slice(from, at)
      return { value, end: behind, breaks: countBreaks(value), strays }
    }
    strays++
    search = at + 1
  }
}

export function countBreaks(text: string): number {
  let breaks = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 10) breaks++
    else if (code === 13 && text.charCodeAt(i + 1) !== 10) breaks++
  }
  return breaks
}
