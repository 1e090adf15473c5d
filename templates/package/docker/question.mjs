// Reads the body of a question into columns of values: CSV, JSON or JSON lines, within limits.

import { columnNames, columnsOf, decode, InputError, readRecords, unpadded, valueOf } from './table.mjs'

export const CSV = 'text/csv'
export const JSON_TYPE = 'application/json'
export const JSON_LINES = 'application/jsonlines'

const MAX_ROWS = 10_000
const MAX_DEPTH = 16
const NAMES = {
  [CSV]: CSV,
  [JSON_TYPE]: JSON_TYPE,
  [JSON_LINES]: JSON_LINES,
  'application/x-jsonlines': JSON_LINES,
  'application/jsonl': JSON_LINES,
}

/** An answer other than 200: its status, a name that stays the same, and one sentence. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The form a text names, of the three; undefined for any other. */
export function mediaType(text) {
  const name = text.split(';')[0].trim().toLowerCase()
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
}

/** {columns, rows, named}: values by column, how many, and whether the question named its columns. `given`: names that rows without any may have. */
export function readQuestion(bytes, contentType, schema, features, given) {
  try {
    const type = mediaType(contentType)
    const text = decode(bytes, 'request')
    const question =
      type === CSV
        ? readCsv(text, contentType, schema, features, given)
        : readRows(type === JSON_TYPE ? instancesOf(text) : linesOf(text), schema, features)
    if (question.rows > MAX_ROWS)
      throw new Refusal(
        413,
        'E_TOO_MANY_ROWS',
        `the request has ${question.rows} rows: at most ${MAX_ROWS} were expected; send it in parts`,
      )
    return question
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const [, code = 'E_BAD_REQUEST', message = error.message] = /^(E_\w+): (.*)$/s.exec(error.message) ?? []
    throw new Refusal(400, code === 'E_RAGGED_FILE' ? 'E_RAGGED_REQUEST' : code, message)
  }
}

function readCsv(text, contentType, schema, features, given) {
  const records = readRecords(text, features, 'request')
  const says = /header\s*=\s*"?(present|absent)/i.exec(contentType)?.[1].toLowerCase()
  const found = features.filter(({ name }) => records[0].includes(name)).length
  const named = says ? says === 'present' : found > features.length / 2
  const all = given?.length === records[0].length ? given : features.map(({ name }) => name)
  const header = named ? columnNames(records[0]) : all
  if (records[0].length !== header.length)
    throw new Refusal(
      400,
      'E_RAGGED_REQUEST',
      `rows have ${records[0].length} cells: ${header.length} were expected, in the order of "table" in model.json, or a first line that names the columns`,
    )
  const rows = unpadded(named ? records.slice(1) : records, records.slice(0, 1000), 'request')
  return { columns: columnsOf(header, rows, schema, 'request'), rows: rows.length, named }
}

function instancesOf(text) {
  const body = parse(text, 'the request')
  if (Array.isArray(body)) return body
  if (!isObject(body) || !Object.hasOwn(body, 'instances')) return [body]
  if (Array.isArray(body.instances)) return body.instances
  throw bad('"instances" is no list: expected {"instances": [rows]}; put the rows into a list')
}

const linesOf = text =>
  text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [parse(line, `line ${i + 1}`)]))

/** Rows as objects, as lists in the order of the table, or either inside {"features": …}. */
function readRows(instances, schema, features) {
  const wrapped = features.every(({ name }) => name !== 'features')
  const rows = instances.map((instance, i) => {
    const row =
      wrapped && isObject(instance) && Object.hasOwn(instance, 'features') ? instance.features : instance
    if (Array.isArray(row)) {
      if (row.length === features.length)
        return Object.fromEntries(features.map(({ name }, j) => [name, row[j]]))
      throw new Refusal(
        400,
        'E_RAGGED_REQUEST',
        `row ${i + 1} has ${row.length} values: ${features.length} were expected, in the order of "table" in model.json`,
      )
    }
    if (isObject(row)) return row
    throw bad(`row ${i + 1} is no object: {"column": value, …} or a list of values was expected`)
  })
  // Refuses when a column is in no row.
  columnsOf([...new Set(rows.flatMap(row => Object.keys(row)))], [], schema, 'request')
  const columns = features.map(column => [
    column.name,
    rows.map((row, i) => jsonValue(Object.hasOwn(row, column.name) ? row[column.name] : null, column, i + 1)),
  ])
  return { columns: Object.fromEntries(columns), rows: rows.length, named: true }
}

/** A number is a number whatever the table's writing of numbers; for a date it is milliseconds since 1970. */
function jsonValue(cell, column, row) {
  if (cell === undefined || cell === null) return undefined
  if (column.sequence && Array.isArray(cell)) return valueOf(JSON.stringify(cell), column)
  if (typeof cell === 'object')
    throw bad(
      `row ${row}: column ${JSON.stringify(column.name)} has ${Array.isArray(cell) ? 'a list' : 'an object'}: one value was expected`,
    )
  const text = String(cell)
  if (typeof cell !== 'number' || column.missing.includes(text)) return valueOf(text, column)
  if (column.kind === 'numeric') return Number.isFinite(cell) ? cell : undefined
  return column.kind === 'datetime' ? Math.floor(cell) : valueOf(text, column)
}

function parse(text, what) {
  let depth = 0
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (mark === '[' || mark === '{') depth++
    else if (mark === ']' || mark === '}') depth--
    if (depth > MAX_DEPTH)
      throw new Refusal(
        400,
        'E_TOO_DEEP',
        `the request nests more than ${MAX_DEPTH} lists and objects: expected rows of values; flatten it`,
      )
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, 'E_BAD_JSON', `${what} is not JSON (${error.message}); mend it`)
  }
}

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value)
const bad = message => new Refusal(400, 'E_BAD_REQUEST', message)
