import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import net from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { BackendError, messageOf } from '../util/errors.ts'
import { Guard, type GuardOptions } from './guard.ts'
import { Refusal } from './refusal.ts'

export interface Reply {
  readonly status: number
  readonly type?: string
  readonly body?: string | Buffer
  /** In place of a body that may be large; its `content-length` is among the headers. */
  readonly stream?: Readable
  readonly headers?: Readonly<Record<string, string>>
}

export interface HttpOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly guard: GuardOptions
  /** Paths that need no token. */
  readonly isOpen: (path: string) => boolean
  readonly handle: (request: IncomingMessage, path: string) => Reply | Promise<Reply>
  /** How an error is told; an `id` goes with what is our fault. */
  readonly tell: (error: Refusal | undefined, id: string) => Reply
  readonly onReply?: (path: string, status: number, seconds: number) => void
  /** The log on this machine; nothing in it reaches a client. */
  readonly log: (text: string) => void
}

export interface HttpServer {
  readonly port: number
  /** True from the moment it was asked to stop. */
  readonly draining: boolean
  /** Takes no new connection, finishes what is in flight and resolves. */
  close(): Promise<void>
}

/** Set by hand: defaults differ between versions of Node. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
const KEEP_ALIVE_MS = 65_000
const MAX_HEADER_BYTES = 16 * 1024
const MAX_SOCKETS = 1024
/** Time a client has to send the request it was about to send on an idle connection. */
const GRACE_MS = 300
const DRAIN_MS = 25_000
/** Time a client has to read a refusal before the rest of its request is cut off. */
const LINGER_MS = 500

const SAFE_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

/** An HTTP server with the manners that every server of ours needs. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const state = { draining: false, inFlight: 0, onIdle: () => {} }
  const guard = new Guard(options.guard)
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void answer(options, guard, state, request, response)
  // Both loopbacks, so that "localhost" finds it whichever it means.
  const hosts =
    options.host === '127.0.0.1' || options.host === 'localhost' ? ['127.0.0.1', '::1'] : [options.host]
  const servers = [await listen(listener, hosts[0], options.port)]
  const port = (servers[0].address() as net.AddressInfo).port
  for (const host of hosts.slice(1)) {
    const second = await listen(listener, host, port).catch(() => undefined)
    if (second) servers.push(second)
  }
  return {
    port,
    get draining() {
      return state.draining
    },
    close: () => drain(servers, state),
  }
}

type State = { draining: boolean; inFlight: number; onIdle: () => void }

function listen(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  host: string,
  port: number,
): Promise<Server> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    },
    listener,
  )
  server.maxConnections = MAX_SOCKETS
  return new Promise((resolve, reject) => {
    server.once('error', error =>
      reject(
        new BackendError(
          'E_CANNOT_LISTEN',
          `port ${port} of ${host} cannot be opened (${messageOf(error)}): expected a free one; choose another --port`,
          { exit: 'cannotCreate', cause: error },
        ),
      ),
    )
    server.listen({ port, host, backlog: 511 }, () => resolve(server))
  })
}

async function answer(
  { handle, isOpen, tell, log, onReply }: HttpOptions,
  guard: Guard,
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const start = performance.now()
  const path = pathOf(request.url)
  state.inFlight++
  let reply: Reply
  try {
    const denial = guard.check(request, isOpen(path))
    if (denial) {
      if (denial.delayMs > 0) await new Promise(done => setTimeout(done, denial.delayMs))
      reply =
        denial.message === ''
          ? { status: denial.status }
          : tell(new Refusal(denial.status, 'E_DENIED', denial.message), '')
    } else if (request.method === 'OPTIONS') reply = { status: 204 }
    else reply = await handle(request, path)
  } catch (error) {
    if (error instanceof Refusal) reply = tell(error, '')
    else {
      const id = randomBytes(8).toString('hex')
      log(`internal error ${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      reply = tell(undefined, id)
    }
  }
  const { status, type, body = '', stream, headers } = reply
  response.writeHead(status, {
    ...SAFE_HEADERS,
    ...(type !== undefined && { 'content-type': type }),
    ...(status !== 204 &&
      headers?.['content-length'] === undefined && { 'content-length': Buffer.byteLength(body) }),
    ...(state.draining && { connection: 'close' }),
    ...guard.corsHeaders(request),
    ...headers,
  })
  if (stream) pipeline(stream, response, () => {})
  else response.end(request.method === 'HEAD' ? undefined : body)
  response.once('close', () => {
    state.inFlight--
    if (state.inFlight === 0) state.onIdle()
  })
  if (!request.complete) linger(request)
  onReply?.(path, status, (performance.now() - start) / 1000)
}

/** Nothing of what follows the question mark, and no decoding: paths of ours are plain. */
const pathOf = (url: string | undefined): string => (url ?? '/').split('?', 1)[0]

function linger(request: IncomingMessage): void {
  request.resume()
  setTimeout(() => {
    if (!request.complete) request.socket.destroy()
  }, LINGER_MS).unref()
}

async function drain(servers: readonly Server[], state: State): Promise<void> {
  if (state.draining) return
  state.draining = true
  // Of net.Server: the one of http.Server would cut idle connections on which a request may be under way.
  const closed = Promise.all(
    servers.map(server => new Promise<void>(done => net.Server.prototype.close.call(server, () => done()))),
  )
  await new Promise(done => setTimeout(done, GRACE_MS))
  const limit = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, DRAIN_MS - GRACE_MS)
  if (state.inFlight > 0) await new Promise<void>(done => (state.onIdle = done))
  for (const server of servers) server.closeIdleConnections()
  await closed
  clearTimeout(limit)
}
