import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What becomes of a request: refused by status or by type, its connection cut before or after the service did it, left without an answer
 * before or after, or answered in the service's stead.
 */
export type Fate =
  | 'pass'
  | 'cut'
  | 'done-and-cut'
  | 'hold'
  | 'done-and-hold'
  | number
  | { readonly type: string; readonly status?: number }
  | { readonly answer: object }

/** A server that spoils some requests before they reach the service. `operation` of files is the method. */
export function between(
  target: () => number,
  spoil: (count: number, operation: string, request: IncomingMessage) => Fate,
): { server: Server; port: Promise<number>; count: () => number } {
  let count = 0
  const server = createServer(async (request, response) => {
    const wanted = String(request.headers['x-amz-target'] ?? '')
    const fate = spoil(count++, wanted === '' ? request.method! : wanted.replace(/^.*\./, ''), request)
    if (fate === 'cut') return void request.socket.destroy()
    if (fate === 'hold') return
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (typeof fate === 'object' && 'answer' in fate) {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      return void response.end(JSON.stringify(fate.answer))
    }
    if (typeof fate === 'object') {
      response.writeHead(fate.status ?? 400)
      return void response.end(JSON.stringify({ __type: fate.type, message: 'spoilt' }))
    }
    if (typeof fate === 'number') {
      response.writeHead(fate)
      return void response.end(
        JSON.stringify({
          __type: fate === 400 ? 'ThrottlingException' : 'InternalFailure',
          message: 'spoilt',
        }),
      )
    }
    const { host: _, connection: __, ...headers } = request.headers
    const answer = await fetch(`http://127.0.0.1:${target()}${request.url}`, {
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    })
    if (fate === 'done-and-cut') return void request.socket.destroy()
    if (fate === 'done-and-hold') return
    const told = ['content-type', 'etag', ...(request.method === 'HEAD' ? ['content-length'] : [])]
    response.writeHead(
      answer.status,
      told.flatMap(name => (answer.headers.has(name) ? [name, answer.headers.get(name)!] : [])),
    )
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  const port = new Promise<number>(done =>
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
  )
  return { server, port, count: () => count }
}
