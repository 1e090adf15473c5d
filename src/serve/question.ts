import type { Dialect } from '../data/dialect.ts'
import { uniqueNames } from '../data/layout.ts'
import { readRecords } from '../data/records.ts'
import { ReadingLog } from '../data/report.ts'
import type { ColumnSchema } from '../data/schema.ts'
import { InputError } from '../util/errors.ts'
import { csvNames, delimiterOf } from './csv-layout.ts'
import { checkDepth, parseJson, rowsOfJson } from './json-rows.ts'
import { refuseLacking } from './lacking.ts'
import { CSV, JSON_TYPE, type MediaType } from './media.ts'
import { Refusal } from './refusal.ts'
import type { Row } from './rows.ts'

/** What was asked: rows of cells, and whether the question named its columns in a first line. */
export interface Question {
  readonly rows: readonly Row[]
  readonly named: boolean
}

export interface QuestionLimits {
  readonly maxRows: number
  /** Nested lists and objects of a JSON document. */
  readonly maxDepth: number
  /** Columns that rows of CSV without names may have instead of the features. */
  readonly given?: readonly string[]
}

/** Reads the body of a request. Refusals name the column and the row that are wrong. */
export async function readQuestion(
  body: Uint8Array,
  contentType: string,
  type: MediaType,
  features: readonly ColumnSchema[],
  limits: QuestionLimits,
): Promise<Question> {
  const text = decode(body)
  const question =
    type === CSV
      ? await readCsv(text, contentType, features, limits.given)
      : {
          rows: type === JSON_TYPE ? readJson(text, features, limits) : readLines(text, features, limits),
          named: true,
        }
  if (question.rows.length > limits.maxRows) {
    throw new Refusal(
      413,
      'E_TOO_MANY_ROWS',
      `the request has ${question.rows.length} rows: at most ${limits.maxRows} were expected; send it in parts`,
    )
  }
  return question
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body)
  } catch {
    throw new Refusal(400, 'E_NOT_UTF8', 'the request is not UTF-8: expected text in UTF-8; encode it anew')
  }
}

async function readCsv(
  text: string,
  contentType: string,
  features: readonly ColumnSchema[],
  given: readonly string[] | undefined,
): Promise<Question> {
  const delimiter = delimiterOf(text, features)
  const records = await recordsOf(text, delimiter)
  if (records.length === 0) return { rows: [], named: false }
  const named = csvNames(records[0], contentType, features)
  const all = given?.length === records[0].length ? given : features.map(({ name }) => name)
  const header = named ? uniqueNames(records[0], new ReadingLog()) : all
  const places = features.map(({ name }) => header.indexOf(name))
  refuseLacking(features.filter((_, j) => places[j] < 0))
  const first = named ? 1 : 0
  const rows = new Array<Row>(records.length - first)
  const straight = places.every((place, j) => place === j)
  for (let row = first; row < records.length; row++) {
    const cells = records[row]
    if (cells.length !== header.length) throw wrongWidth(row, cells.length, header.length, named)
    rows[row - first] = straight ? cells : places.map(place => cells[place])
  }
  return { rows, named }
}

/** Cells of all lines that are not blank. Text without quotes is cut where delimiters stand. */
async function recordsOf(text: string, delimiter: string): Promise<string[][]> {
  const records: string[][] = []
  if (text.includes('"')) {
    const newline = text.includes('\r\n') ? '\r\n' : text.includes('\n') || !text.includes('\r') ? '\n' : '\r'
    const dialect: Dialect = { delimiter, quote: '"', escape: '"', newline, padded: false, ambiguous: false }
    const once = (async function* () {
      yield text
    })()
    let width = 0
    try {
      for await (const block of readRecords(once, dialect, {
        width: firstWidth(text, delimiter),
        log: new ReadingLog(),
      })) {
        for (const cells of block.rows) {
          width ||= cells.length
          if (width === 1 || cells.length > 1 || cells[0].trim() !== '') records.push(cells)
        }
      }
    } catch (error) {
      if (error instanceof InputError) throw new Refusal(400, error.code, error.message)
      throw error
    }
  } else {
    for (const line of text.split(/\r\n|\n|\r/)) if (line.trim() !== '') records.push(line.split(delimiter))
  }
  return unpadded(records)
}

/** Cells of the first line, quotes counted; what the careful reader takes as the width of all. */
function firstWidth(text: string, delimiter: string): number {
  let width = 1
  let open = false
  for (const character of text.trimStart()) {
    if (character === '"') open = !open
    else if (open) continue
    else if (character === delimiter) width++
    else if (character === '\n' || character === '\r') break
  }
  return width
}

/** A blank behind nearly every delimiter, as in `39, Private, 77516`, belongs to the delimiter. */
function unpadded(records: string[][]): string[][] {
  let blanks = 0
  let cells = 0
  for (const record of records.slice(0, 1000)) {
    for (let j = 1; j < record.length; j++) {
      if (record[j] === '') continue
      cells++
      if (record[j].startsWith(' ')) blanks++
    }
  }
  if (blanks === 0 || blanks < 0.95 * cells) return records
  return records.map(record =>
    record.map((cell, j) => (j > 0 && cell.startsWith(' ') ? cell.slice(1) : cell)),
  )
}

function readJson(text: string, features: readonly ColumnSchema[], { maxDepth }: QuestionLimits): Row[] {
  checkDepth(text, maxDepth)
  const body = parseJson(text, 'the request')
  const instances = Array.isArray(body)
    ? body
    : typeof body === 'object' && body !== null && Object.hasOwn(body, 'instances')
      ? (body as { instances: unknown }).instances
      : [body]
  if (!Array.isArray(instances)) {
    throw new Refusal(
      400,
      'E_BAD_REQUEST',
      '"instances" is no list: expected {"instances": [rows]}; put the rows into a list',
    )
  }
  return rowsOfJson(instances, features)
}

function readLines(text: string, features: readonly ColumnSchema[], { maxDepth }: QuestionLimits): Row[] {
  const instances: unknown[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    checkDepth(line, maxDepth)
    instances.push(parseJson(line, `line ${i + 1}`))
  }
  return rowsOfJson(instances, features)
}

const wrongWidth = (record: number, cells: number, width: number, named: boolean) =>
  new Refusal(
    400,
    'E_RAGGED_REQUEST',
    named
      ? `row ${record} has ${cells} cells: ${width} were expected, as in the first line; mend that row`
      : `row ${record + 1} has ${cells} cells: ${width} were expected, in the order of "table" in model.json, or a first line that names the columns`,
  )
