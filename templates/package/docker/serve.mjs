// Answers GET /ping and POST /invocations on port 8080, as SageMaker asks of a container. README.md says how to call it.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { bestClass, cellsOf, csvLine, headerOf, openModel, predict } from './predict.mjs'
import {
  columnNames,
  columnsOf,
  decode,
  featuresOf,
  InputError,
  readRecords,
  unpadded,
  valueOf,
} from './table.mjs'

const {
  SAGEMAKER_BIND_TO_PORT: PORT = '8080',
  MAX_CONTENT_LENGTH: MAX_BYTES = '20971520',
  SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: DEFAULT_ACCEPT,
  SAGEMAKER_INFERENCE_OUTPUT: OUTPUT = '',
} = process.env
const KEYS = OUTPUT.split(',')
  .map(key => key.trim())
  .filter(key => key !== '')
const CSV = 'text/csv'
const JSON_TYPE = 'application/json'

const model = await openModel(existsSync('/opt/ml/model/model.json') ? '/opt/ml/model' : import.meta.dirname)
const { classes } = model.info.task
const schema = model.info.table.columns
const features = featuresOf(schema)

/** An answer other than 200: its status and one sentence. */
class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

// --- from request to columns -----------------------------------------------------------------------------------

/** {columns, named}: values by column, and whether the question named them in a first line. */
function readCsv(bytes, contentType) {
  const records = readRecords(decode(bytes, 'request'), features, 'request')
  const says = /header\s*=\s*"?(present|absent)/i.exec(contentType)?.[1].toLowerCase()
  const found = features.filter(({ name }) => records[0].includes(name)).length
  const named = says ? says === 'present' : found > features.length / 2
  const header = named ? columnNames(records[0]) : features.map(({ name }) => name)
  if (records[0].length !== header.length)
    throw new InputError(
      `rows have ${records[0].length} cells: ${header.length} were expected, in the order of "table" in model.json, or a first line that names the columns`,
    )
  const rows = unpadded(named ? records.slice(1) : records, records.slice(0, 1000), 'request')
  return { columns: columnsOf(header, rows, schema, 'request'), named }
}

function readJson(bytes) {
  let body
  try {
    body = JSON.parse(decode(bytes, 'request'))
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`the request is not JSON (${error.message}); mend it`)
  }
  const rows = Array.isArray(body) ? body : Array.isArray(body?.instances) ? body.instances : [body]
  if (rows.some(row => row === null || typeof row !== 'object' || Array.isArray(row)))
    throw new InputError('the request has rows that are no objects: {"column": value, …} was expected')
  columnsOf([...new Set(rows.flatMap(row => Object.keys(row)))], [], schema, 'request') // refuses when a column is in no row
  const columns = features.map(column => [column.name, rows.map(row => jsonValue(row[column.name], column))])
  return { columns: Object.fromEntries(columns), named: true }
}

/** A number is a number whatever the table's writing of numbers; for a date it is milliseconds since 1970. */
function jsonValue(cell, column) {
  if (cell === undefined || cell === null) return undefined
  if (typeof cell === 'object')
    throw new InputError(`column ${JSON.stringify(column.name)} has a list or object: one value was expected`)
  const text = String(cell)
  if (typeof cell !== 'number' || column.missing.includes(text)) return valueOf(text, column)
  if (column.kind === 'numeric') return cell
  return column.kind === 'datetime' ? Math.floor(cell) : valueOf(text, column)
}

// --- from answers to response ----------------------------------------------------------------------------------

function writeCsv(answers, named) {
  const rows =
    KEYS.length > 0
      ? answers.map(answer => KEYS.map(key => listText(valueOfKey(key, answer))))
      : answers.map(answer => cellsOf(model.info, answer))
  const header = KEYS.length > 0 ? KEYS : headerOf(model.info)
  return [...(named ? [header] : []), ...rows].map(row => `${csvLine(row)}\n`).join('')
}

function writeJson(answers) {
  const all =
    classes.length > 0 ? ['predicted_label', 'probability', 'probabilities', 'labels'] : ['prediction']
  const keys = KEYS.length > 0 ? KEYS : all
  const predictions = answers.map(answer =>
    Object.fromEntries(keys.map(key => [key, valueOfKey(key, answer)])),
  )
  return `${JSON.stringify({ predictions })}\n`
}

/** A key that the model has no answer for gives nan. */
function valueOfKey(key, answer) {
  if (classes.length === 0)
    return ['prediction', 'predicted_label', 'predicted_score'].includes(key) ? answer[0] : 'nan'
  const best = bestClass(model.info, answer)
  const values = {
    predicted_label: classes[best],
    probability: answer[best],
    probabilities: answer,
    labels: classes,
  }
  return Object.hasOwn(values, key) ? values[key] : 'nan'
}

/** Lists as Python prints them: [0.1, 0.9] and ['no', 'yes']. */
function listText(value) {
  if (!Array.isArray(value)) return value
  const quoted = text => (text.includes("'") ? JSON.stringify(text) : `'${text}'`)
  return `[${value.map(item => (typeof item === 'string' ? quoted(item) : item)).join(', ')}]`
}

// --- HTTP ------------------------------------------------------------------------------------------------------

async function invoke(request) {
  const contentType = request.headers['content-type'] ?? CSV
  const type = contentType.split(';')[0].trim().toLowerCase()
  if (type !== CSV && type !== JSON_TYPE)
    throw new Refusal(415, `content type ${type} is not supported: ${CSV} or ${JSON_TYPE} was expected`)
  const accept = acceptable(request.headers.accept, type)
  const bytes = await readBody(request)
  if (bytes.length === 0) return { status: 204, type: accept, body: '' }
  const { columns, named } = type === CSV ? readCsv(bytes, contentType) : readJson(bytes)
  const answers = await predict(model, columns)
  return {
    status: 200,
    type: accept,
    body: accept === CSV ? writeCsv(answers, named && type === CSV) : writeJson(answers),
  }
}

/** The first type of the list that can be given. */
function acceptable(list, type) {
  for (const item of (list ?? '*/*').split(',')) {
    const wanted = item.split(';')[0].trim().toLowerCase()
    if (wanted === CSV || wanted === JSON_TYPE) return wanted
    if (wanted === '*/*')
      return DEFAULT_ACCEPT === CSV || DEFAULT_ACCEPT === JSON_TYPE ? DEFAULT_ACCEPT : type
  }
  throw new Refusal(406, `answers of type ${list} cannot be given: ${CSV} or ${JSON_TYPE} can`)
}

async function readBody(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > Number(MAX_BYTES))
      throw new Refusal(413, `the request is larger than ${MAX_BYTES} bytes; split it`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

let stopping = false

async function route(request) {
  const path = request.url.split('?')[0]
  if (path === '/ping') return { status: stopping ? 503 : 200, type: 'text/plain', body: '' }
  if (path === '/execution-parameters')
    return {
      status: 200,
      type: JSON_TYPE,
      body: JSON.stringify({ MaxConcurrentTransforms: 1, BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB: 6 }),
    }
  if (path !== '/invocations')
    throw new Refusal(404, `there is no ${path}: GET /ping and POST /invocations are here`)
  if (request.method !== 'POST') throw new Refusal(405, `/invocations takes POST, not ${request.method}`)
  return invoke(request)
}

const server = createServer(async (request, response) => {
  let answer
  try {
    answer = await route(request)
  } catch (error) {
    const status = error instanceof InputError ? 400 : (error.status ?? 500)
    if (status === 500) console.error(error)
    answer = {
      status,
      type: 'text/plain; charset=utf-8',
      body: status === 500 ? 'internal error\n' : `${error.message}\n`,
    }
  }
  response.writeHead(answer.status, {
    'content-type': answer.type,
    ...(answer.status === 413 && { connection: 'close' }),
  })
  response.end(answer.body)
})

server.listen(Number(PORT), () => console.error(`serving on port ${server.address().port}`))
process.once('SIGTERM', () => {
  stopping = true
  server.close(() => process.exit(0))
  setTimeout(() => process.exit(0), 25_000).unref()
})
