import process from 'node:process'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import { hasComments, isComment, withoutComments } from './comments.ts'
import type { Dialect } from './dialect.ts'
import { parseSample, sniffDialect } from './dialect.ts'
import type { Encoding } from './encoding.ts'
import { createDecoder, detectEncoding } from './encoding.ts'
import type { Layout } from './layout.ts'
import { commonWidth, findLayout, uniqueNames } from './layout.ts'
import type { ParquetTable } from './parquet-table.ts'
import { countMarks, readRecords } from './records.ts'
import { ReadingLog } from './report.ts'
import { countBreaks } from './scan.ts'
import type { Source } from './source.ts'

/** Everything about a file that is decided before its rows are read. */
export interface ReadPlan {
  readonly source: Source
  readonly encoding: Encoding
  readonly dialect: Dialect
  readonly layout: Layout
  /** The first line is `sep=;`. */
  readonly sepLine: boolean
  /** Lines that begin with `#` are no rows. */
  readonly comments: boolean
  /** The first records, blank ones and comments left out, those before the data included. */
  readonly sample: readonly (readonly string[])[]
  /** Expected rows, for sizing. */
  readonly rowsGuess: number
}

export interface PlanOptions {
  readonly encoding?: string
  readonly target?: string
  /** Column names that the header is known to hold. */
  readonly names?: readonly string[]
}

const SAMPLE_BYTES = 1 << 18
const SAMPLE_RECORDS = 1000
const MAX_COLUMNS = 20_000

/** Looks at the first quarter of a mebibyte and decides how to read the whole. */
export async function planReading(source: Source, options: PlanOptions, log: ReadingLog): Promise<ReadPlan> {
  if (source.table) return planTable(source, source.table, log)
  const { head, whole } = await readHead(source)
  if (head.length === 0) throw emptyFile(source)
  const encoding = detectEncoding(head, whole, source.path, options.encoding)
  const text = decodeHead(head, encoding, whole)
  const sep = /^sep=(.)\r?\n/.exec(text)
  const body = sep ? text.slice(sep[0].length) : text
  if (body.trim() === '') throw emptyFile(source)
  const dialect = sniffDialect(withoutComments(body), sep?.[1])
  const records = await sampleRecords(body, dialect)
  const width = commonWidth(records)
  const comments = hasComments(records, width)
  const sample = comments ? records.filter(cells => !isComment(cells, width)) : records
  const layout = findLayout(sample, dialect, log, options)
  checkWidth(source, layout.width)
  if (encoding.guessed) {
    log.warn(
      'W_ENCODING',
      () => `the file is not UTF-8; it was read as ${encoding.label}: pass --encoding if that is wrong`,
    )
  }
  if (dialect.ambiguous) {
    log.warn(
      'W_AMBIGUOUS_DIALECT',
      () => `several delimiters fit the file; ${quoted(dialect.delimiter)} was taken`,
    )
  }
  const rowBytes = body.length / Math.max(1, sample.length)
  const rowsGuess = whole ? sample.length : Math.ceil((source.textBytes / rowBytes) * 1.05) + 16
  return {
    source,
    encoding,
    dialect,
    layout,
    sepLine: sep !== null,
    comments,
    sample: sample.slice(0, SAMPLE_RECORDS),
    rowsGuess,
  }
}

/** A table with types and names needs no guesses. */
function planTable(source: Source, { names: header, rows, nested }: ParquetTable, log: ReadingLog): ReadPlan {
  const names = uniqueNames(header, log)
  for (const name of nested) {
    log.warn(
      'W_NESTED',
      n =>
        `${n} columns hold lists or records and are read as JSON text; write their parts as columns to learn from each`,
      { example: name },
    )
  }
  checkWidth(source, names.length)
  return {
    source,
    encoding: { label: 'utf-8', skipBytes: 0, guessed: false },
    dialect: { delimiter: ',', quote: '"', escape: '"', newline: '\n', padded: false, ambiguous: false },
    layout: { skipRecords: 0, names, header, width: names.length },
    sepLine: false,
    comments: false,
    sample: [],
    rowsGuess: rows,
  }
}

function checkWidth(source: Source, width: number): void {
  const most = Number(process.env['GLASSPILOT_MAX_COLUMNS']) || MAX_COLUMNS
  if (width <= most) return
  throw new InputError(
    'E_TOO_MANY_COLUMNS',
    `${quoted(source.path)} has ${width} columns: the limit is ${most}; leave some out, or set GLASSPILOT_MAX_COLUMNS`,
  )
}

const emptyFile = (source: Source) =>
  new InputError(
    'E_EMPTY_FILE',
    `${quoted(source.path)} has no data: it is empty or blank; a header and rows were expected`,
  )

async function readHead(source: Source): Promise<{ head: Buffer; whole: boolean }> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source.read()) {
    chunks.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > SAMPLE_BYTES) return { head: Buffer.concat(chunks), whole: false }
  }
  return { head: Buffer.concat(chunks), whole: true }
}

/** The head as text, cut behind its last line end unless it is the whole file or a single line. */
function decodeHead(head: Buffer, { label, skipBytes }: Encoding, whole: boolean): string {
  const decoder = createDecoder(label)
  const text = decoder.push(head.subarray(skipBytes)) + (whole ? decoder.end() : '')
  if (whole) return text
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'))
  return end > 0 ? text.slice(0, end + 1) : text
}

async function sampleRecords(body: string, dialect: Dialect): Promise<string[][]> {
  const width = commonWidth(parseSample(body, dialect))
  const rows: string[][] = []
  const once = (async function* () {
    yield body
  })()
  for await (const block of readRecords(once, dialect, { width, log: new ReadingLog() }))
    for (const row of block.rows) rows.push(row)
  const full = rows.filter(row => row.length > 1 || row[0]!.trim() !== '')
  return full.length === 0 ? [['']] : full
}

/** Raised when bytes show that the file is not in the encoding its head suggested. */
export class OtherEncoding extends Error {}

/** More letters outside ASCII were read well than badly. */
function isMostlyGood(text: string): boolean {
  let balance = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) balance += code === 0xfffd ? -1 : 1
  }
  return balance > 0
}

const startOfLine = (text: string, at: number): number =>
  Math.max(text.lastIndexOf('\n', at), text.lastIndexOf('\r', at)) + 1

/** The text of a file, piece by piece; the byte order mark and a `sep=` line are gone. */
export async function* decodeSource(
  { source, encoding, dialect, sepLine }: ReadPlan,
  { log, onBytes }: { log: ReadingLog; onBytes?: (bytes: number) => void },
): AsyncGenerator<string> {
  const decoder = createDecoder(encoding.label)
  let skip = encoding.skipBytes
  let sep = sepLine
  let foreign = false
  let line = 1
  let firstBad = 0
  const clean = (text: string): string => {
    if (encoding.label === 'utf-8' && !encoding.guessed) {
      if (text.includes('\ufffd')) {
        if (!foreign && !isMostlyGood(text)) throw new OtherEncoding()
        foreign = true
        const bad = text.split('\ufffd').length - 1
        const start = startOfLine(text, text.indexOf('\ufffd'))
        const here = line + countBreaks(text.slice(0, start))
        firstBad ||= here
        log.warn(
          'W_ENCODING',
          count =>
            `${count} bytes are not valid UTF-8 and were replaced, the first on line ${firstBad}; pass --encoding if the file is written otherwise`,
          { count: bad, line: here, example: text.slice(start, start + 80).split(/[\r\n]/)[0]! },
        )
      } else foreign ||= /[\u0080-\uffff]/.test(text)
    }
    line += countMarks(text, dialect.newline, text.length)
    if (!sep) return text
    sep = false
    return text.slice(text.indexOf('\n') + 1)
  }
  for await (const chunk of source.read()) {
    onBytes?.(chunk.length)
    const bytes = chunk.subarray(Math.min(skip, chunk.length))
    skip -= Math.min(skip, chunk.length)
    const text = decoder.push(bytes)
    if (text !== '') yield clean(text)
  }
  const rest = decoder.end()
  if (rest !== '') yield clean(rest)
}
