import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that spoils some requests before they reach the service. */
export function between(
  target: () => number,
  spoil: (count: number, operation: string) => 'pass' | 'cut' | number | { readonly type: string },
): { server: Server; port: Promise<number>; count: () => number } {
  let count = 0
  const server = createServer(async (request, response) => {
    const fate = spoil(count++, String(request.headers['x-amz-target'] ?? '').replace('SageMaker.', ''))
    if (fate === 'cut') return void request.socket.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (typeof fate === 'object') {
      response.writeHead(400)
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
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  const port = new Promise<number>(done =>
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
  )
  return { server, port, count: () => count }
}
