// Answers GET /ping and POST /invocations on port 8080, as SageMaker asks of a container. README.md says how to call it.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { bestClass, cellsOf, csvLine, headerOf, openModel, predict } from './predict.mjs'
import { CSV, JSON_LINES, JSON_TYPE, mediaType, readQuestion, Refusal } from './question.mjs'
import { featuresOf } from './table.mjs'

const {
  SAGEMAKER_BIND_TO_PORT: PORT = '8080',
  MAX_CONTENT_LENGTH,
  SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: DEFAULT_ACCEPT = '',
  SAGEMAKER_INFERENCE_OUTPUT: OUTPUT = '',
} = process.env
const KEYS = OUTPUT.split(',')
  .map(key => key.trim())
  .filter(key => key !== '')
const MAX_BYTES = Number(MAX_CONTENT_LENGTH) || 6 * 2 ** 20
const MAX_CHUNKS = 65_536
const MAX_WAITING = 100
const ALL = `${CSV}, ${JSON_TYPE} or ${JSON_LINES}`

const given = join(process.env.SAGEMAKER_BASE_DIR ?? '/opt/ml', 'model')
const model = await openModel(existsSync(join(given, 'model.json')) ? given : import.meta.dirname)
const { classes } = model.info.task
const schema = model.info.table.columns
const features = featuresOf(schema)

// --- from answers to response ----------------------------------------------------------------------------------

function writeCsv(answers, named) {
  const rows =
    KEYS.length > 0
      ? answers.map(answer => KEYS.map(key => listText(valueOfKey(key, answer))))
      : answers.map(answer => cellsOf(model.info, answer))
  const header = KEYS.length > 0 ? KEYS : headerOf(model.info)
  return [...(named ? [header] : []), ...rows].map(row => `${csvLine(row)}\n`).join('')
}

/** An object for every answer. */
function objectsOf(answers) {
  const all =
    classes.length > 0 ? ['predicted_label', 'probability', 'probabilities', 'labels'] : ['prediction']
  const keys = KEYS.length > 0 ? KEYS : all
  return answers.map(answer => Object.fromEntries(keys.map(key => [key, valueOfKey(key, answer)])))
}

function write(answers, accept, named) {
  if (accept === CSV) return writeCsv(answers, named)
  const objects = objectsOf(answers)
  return accept === JSON_TYPE
    ? `${JSON.stringify({ predictions: objects })}\n`
    : objects.map(object => `${JSON.stringify(object)}\n`).join('')
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

let waiting = 0
let turn = Promise.resolve()

async function invoke(request) {
  const contentType = request.headers['content-type'] ?? CSV
  const type = mediaType(contentType)
  if (!type)
    throw new Refusal(
      415,
      'E_CONTENT_TYPE',
      `content type ${contentType.split(';')[0].trim()} is not supported: ${ALL} was expected`,
    )
  const accept = acceptable(request.headers.accept, type)
  const bytes = await readBody(request)
  if (bytes.length === 0) return { status: 204, type: accept, body: '' }
  return inTurn(async () => {
    const { columns, rows, named } = readQuestion(bytes, contentType, schema, features, model.info.given)
    const answers = rows === 0 ? [] : await predict(model, columns)
    return { status: 200, type: accept, body: write(answers, accept, named && type === CSV) }
  })
}

/** One question after another; those that would wait behind too many are told at once, unread, to come again. */
async function inTurn(work) {
  if (waiting >= MAX_WAITING)
    throw new Refusal(
      503,
      'E_BUSY',
      'too many requests wait already: expected fewer at once; try again',
    )
  waiting++
  // A prediction holds up all else: before it, those that lie ready on other sockets are heard.
  const mine = turn.then(() => setImmediate()).then(work)
  turn = mine.catch(() => {})
  try {
    return await mine
  } finally {
    waiting--
  }
}

/** The first type of the list that can be given. */
function acceptable(list, type) {
  for (const item of (list ?? '*/*').split(',')) {
    const known = mediaType(item)
    if (known) return known
    const wanted = item.split(';')[0].trim().toLowerCase()
    if (wanted === '*/*' || wanted === '') return mediaType(DEFAULT_ACCEPT) ?? type
    if (wanted === 'application/*') return type === CSV ? JSON_TYPE : type
    if (wanted === 'text/*') return CSV
  }
  throw new Refusal(406, 'E_NOT_ACCEPTABLE', `answers of type ${list} cannot be given: ${ALL} can`)
}

async function readBody(request) {
  const tooLarge = () =>
    new Refusal(413, 'E_TOO_LARGE', `the request is larger than ${MAX_BYTES} bytes; split it`)
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLarge()
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BYTES) throw tooLarge()
    chunks.push(chunk)
    if (chunks.length > MAX_CHUNKS)
      throw new Refusal(
        413,
        'E_TOO_MANY_CHUNKS',
        `the request comes in more than ${MAX_CHUNKS} pieces; send larger ones`,
      )
  }
  return Buffer.concat(chunks)
}

let stopping = false

async function route(request) {
  const path = request.url.split('?')[0]
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (path === '/invocations' && request.method === 'POST') return invoke(request)
  if (path === '/ping' && isRead) return { status: stopping ? 503 : 200, type: 'text/plain', body: '' }
  if (path === '/execution-parameters' && isRead) {
    const MaxPayloadInMB = Math.max(1, Math.floor(MAX_BYTES / 2 ** 20))
    const told = { MaxConcurrentTransforms: 1, BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB }
    return { status: 200, type: JSON_TYPE, body: JSON.stringify(told) }
  }
  if (['/ping', '/execution-parameters', '/invocations'].includes(path))
    throw new Refusal(
      405,
      'E_METHOD',
      `${path} takes ${path === '/invocations' ? 'POST' : 'GET'}: another method was sent`,
    )
  throw new Refusal(
    404,
    'E_NO_SUCH_PLACE',
    'there is nothing at this path: GET /ping and POST /invocations are here',
  )
}

/** Refusals as JSON; of what went wrong in here only the log has more. */
function tell(error) {
  const known = error instanceof Refusal
  if (!known) console.error(error)
  const told = known ? { error: error.message, code: error.code } : { error: 'internal error' }
  const status = known ? error.status : 500
  return { status, type: JSON_TYPE, body: `${JSON.stringify(told)}\n` }
}

const server = createServer(
  { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 65_000, maxHeaderSize: 16 * 1024 },
  async (request, response) => {
    const answer = await route(request).catch(tell)
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'x-content-type-options': 'nosniff',
      ...(answer.status === 503 && { 'retry-after': '1' }),
      ...(answer.status === 405 && { allow: 'GET, POST' }),
      ...((answer.status === 413 || stopping) && { connection: 'close' }),
    })
    response.end(request.method === 'HEAD' ? undefined : answer.body)
  },
)
server.maxConnections = 1024

server.listen(Number(PORT), () => console.error(`serving on port ${server.address().port}`))
process.once('SIGTERM', () => {
  stopping = true
  server.close(() => process.exit(0))
  setTimeout(() => process.exit(0), 25_000).unref()
})
