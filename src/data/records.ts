import Papa from 'papaparse'
import { InputError } from '../util/errors.ts'
import { byteSize } from '../util/text.ts'
import type { Dialect } from './dialect.ts'
import type { ReadingLog } from './report.ts'
import { countBreaks, scanRecords } from './scan.ts'

/** Whole records in file order. */
export interface RecordBlock {
  readonly rows: string[][]
  /** Line of the file on which a row starts; found when it is asked for. */
  readonly lineOf: (row: number) => number
}

const MAX_RECORD_CHARACTERS = 1 << 24
const SUSPECT_TAIL = 1 << 20

/**
 * Cuts decoded text into records, whatever the chunks. PapaParse cuts each block with the dialect given explicitly; a block
 * in which it meets a misplaced quote, another kind of line end or a row of unexpected width is read again with care.
 */
export async function* readRecords(
  texts: AsyncIterable<string>,
  dialect: Dialect,
  { width, log }: { width: number; log: ReadingLog },
): AsyncGenerator<RecordBlock> {
  let tail = ''
  let line = 1
  const cut = (text: string, final: boolean): RecordBlock => {
    const parsed =
      tail.length > SUSPECT_TAIL || hasOtherNewlines(text, dialect.newline)
        ? undefined
        : parseBlock(text, dialect, width, final)
    const firstLine = line
    if (parsed) {
      const { rows, cursor, quoted } = parsed
      line = firstLine + (quoted ? countMarks(text, dialect.newline, cursor) : rows.length)
      tail = text.slice(cursor)
      let lines: number[] | undefined
      const lineOf = (row: number) =>
        quoted ? (lines ??= lineNumbers(rows, firstLine))[row]! : firstLine + row
      return { rows, lineOf }
    }
    const scanned = scanRecords(text, dialect, { width, final, line, log })
    line = scanned.nextLine
    tail = text.slice(scanned.cursor)
    return { rows: scanned.rows, lineOf: row => scanned.lines[row]! }
  }
  let waiting: string[] = []
  let waitingLength = 0
  for await (const text of texts) {
    // A record of many chunks is tried again only when it has grown by a good part.
    if (tail.length > SUSPECT_TAIL && waitingLength + text.length < tail.length / 2) {
      waiting.push(text)
      waitingLength += text.length
      continue
    }
    const block = cut(tail + waiting.join('') + text, false)
    waiting = []
    waitingLength = 0
    if (tail.length > MAX_RECORD_CHARACTERS) {
      throw new InputError(
        'E_CELL_TOO_LARGE',
        `the record at line ${line} is longer than ${byteSize(MAX_RECORD_CHARACTERS)}: that is the limit for one row; check its quotes and line ends`,
      )
    }
    if (block.rows.length > 0) yield block
  }
  const rest = tail + waiting.join('')
  if (rest !== '') yield cut(rest, true)
}

/** The fast way; undefined when something in the block asks for care. */
function parseBlock(
  text: string,
  { delimiter, quote, escape, newline }: Dialect,
  width: number,
  final: boolean,
): { rows: string[][]; cursor: number; quoted: boolean } | undefined {
  const quoted = text.includes(quote)
  const parser = new Papa.Parser({ delimiter, quoteChar: quote, escapeChar: escape, newline })
  const { data, errors, meta } = parser.parse(text, 0, !final) as Papa.ParseResult<string[]>
  if (
    quoted &&
    (errors.length > 0 || data.some(row => row.length !== width && (row.length > 1 || row[0] !== '')))
  )
    return undefined
  // The parser makes an empty record behind a last line end.
  if (final && data.length > 0 && text.endsWith(newline) && data.at(-1)!.join('') === '') data.pop()
  return { rows: data, cursor: final ? text.length : meta.cursor, quoted }
}

/** Line ends before `end`; those inside quotes are lines of the file too. */
/** Line ends before `end`. */
export function countMarks(text: string, newline: string, end: number): number {
  const mark = newline === '\r' ? '\r' : '\n'
  let count = 0
  for (let at = text.indexOf(mark); at >= 0 && at < end; at = text.indexOf(mark, at + 1)) count++
  return count
}

function lineNumbers(rows: readonly string[][], firstLine: number): number[] {
  const lines = [firstLine]
  for (const row of rows) {
    let breaks = 1
    for (const cell of row) if (cell.includes('\n') || cell.includes('\r')) breaks += countBreaks(cell)
    lines.push(lines.at(-1)! + breaks)
  }
  return lines
}

/** A line end of another kind; inside quotes it would be data, which the careful reader knows. */
function hasOtherNewlines(text: string, newline: Dialect['newline']): boolean {
  if (newline === '\n') return text.includes('\r')
  if (newline === '\r') return text.includes('\n')
  return /\r[^\n]|[^\r]\n|^\n/.test(text)
}
