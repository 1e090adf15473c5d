import type { IncomingMessage } from 'node:http'
import { availableParallelism } from 'node:os'
import { readBody } from './body.ts'
import type { Capture } from './capture.ts'
import { checkExposure, type GuardOptions } from './guard.ts'
import { startHttp, type HttpServer, type Reply } from './http.ts'
import { CSV, JSON_TYPE } from './media.ts'
import { openApiDocument } from './openapi.ts'
import { page, PAGE_HEADERS } from './page.ts'
import { Refusal } from './refusal.ts'
import { openService, type Service, type ServiceOptions } from './service.ts'
import { Telemetry } from './telemetry.ts'

export interface ServeOptions extends Omit<ServiceOptions, 'onBatch'> {
  readonly modelFolder: string
  readonly host: string
  readonly port: number
  readonly guard: GuardOptions
  /** Most bytes of a question. */
  readonly maxBytes: number
  readonly capture?: Capture
  /** Of this program, for the description of what is served. */
  readonly version: string
  readonly log: (text: string) => void
}

export const MAX_BYTES = 6 * 2 ** 20
const MAX_CHUNKS = 65_536
const EXPLAIN = 'x-amzn-sagemaker-enable-explanations'

export interface ModelServer {
  readonly port: number
  readonly service: Service
  close(): Promise<void>
}

/** SageMaker's container contract over a model: /ping, /invocations, /execution-parameters; and what people and monitors need. */
export async function startServer(options: ServeOptions): Promise<ModelServer> {
  checkExposure(options.host, options.guard)
  const telemetry = new Telemetry()
  const service = await openService(options.modelFolder, {
    ...options,
    onBatch: (rows, milliseconds) => telemetry.batch(rows, milliseconds),
  })
  const http: { server?: HttpServer } = {}
  const handle = router(options, service, telemetry, () => http.server?.draining ?? false)
  try {
    http.server = await startHttp({
      ...options,
      isOpen: path => path === '/ping',
      handle,
      tell,
      onReply: (path, status, seconds) => {
        telemetry.request(Object.hasOwn(METHODS, path) ? path : 'other', status)
        if (path === '/invocations') telemetry.invocation(seconds)
      },
    })
  } catch (error) {
    await service.close()
    throw error
  }
  const { server } = http
  return {
    port: server.port,
    service,
    close: async () => {
      await server.close()
      options.capture?.close()
      await service.close()
    },
  }
}

const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/': ['GET', 'HEAD'],
  '/ping': ['GET', 'HEAD'],
  '/invocations': ['POST'],
  '/execution-parameters': ['GET', 'HEAD'],
  '/metrics': ['GET', 'HEAD'],
  '/openapi.json': ['GET', 'HEAD'],
}

function router(
  { maxBytes, capture, version }: ServeOptions,
  service: Service,
  telemetry: Telemetry,
  isDraining: () => boolean,
) {
  const json = (value: object): Reply => ({
    status: 200,
    type: JSON_TYPE,
    body: `${JSON.stringify(value)}\n`,
  })
  const invoke = async (request: IncomingMessage): Promise<Reply> => {
    const body = await readBody(request, { maxBytes, maxChunks: MAX_CHUNKS })
    const { 'content-type': contentType, accept, [EXPLAIN]: explain } = request.headers
    const answer = await service.invoke({
      contentType,
      accept,
      body,
      ...(explain !== undefined && { explain: String(explain) }),
    })
    const told = answer.plain ?? answer
    capture?.add({ contentType: contentType ?? CSV, body, answerType: told.type, answer: told.body })
    return answer
  }
  return (request: IncomingMessage, path: string): Reply | Promise<Reply> => {
    const methods = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined
    if (!methods) {
      throw new Refusal(
        404,
        'E_NO_SUCH_PLACE',
        'there is nothing at this path: GET /ping and POST /invocations are here',
      )
    }
    if (!methods.includes(request.method ?? '')) {
      throw new Refusal(405, 'E_METHOD', `${path} takes ${methods[0]}: another method was sent`)
    }
    switch (path) {
      case '/invocations':
        return invoke(request)
      case '/ping':
        return { status: isDraining() ? 503 : 200, type: 'text/plain' }
      case '/execution-parameters':
        return json({
          MaxConcurrentTransforms: availableParallelism(),
          BatchStrategy: 'MULTI_RECORD',
          MaxPayloadInMB: Math.max(1, Math.floor(maxBytes / 2 ** 20)),
        })
      case '/metrics':
        return {
          status: 200,
          type: 'text/plain; version=0.0.4',
          body: telemetry.text({
            glasspilot_waiting_requests: service.waiting,
            process_resident_memory_bytes: process.memoryUsage.rss(),
            process_uptime_seconds: process.uptime(),
          }),
        }
      case '/openapi.json':
        return json(openApiDocument(service.info, service.features, service.settings, version))
      default:
        return {
          status: 200,
          type: 'text/html; charset=utf-8',
          body: page(service.info, service.features, `http://${request.headers.host}`),
          headers: PAGE_HEADERS,
        }
    }
  }
}

/** Errors as the Open Inference Protocol has them. */
function tell(error: Refusal | undefined, id: string): Reply {
  const status = error?.status ?? 500
  const body = error ? { error: error.message, code: error.code } : { error: 'internal error', id }
  return {
    status,
    type: JSON_TYPE,
    body: `${JSON.stringify(body)}\n`,
    headers: {
      ...(status === 503 && { 'retry-after': '1' }),
      ...(status === 405 && { allow: 'GET, POST' }),
    },
  }
}
