import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import { startServer, type ModelServer, type ServeOptions } from '../../src/serve/server.ts'

const FIXTURES = resolve(import.meta.dirname, '../fixtures/models/0.1.0')

/** Models that are kept in the tests, with questions to ask them. */
export const modelNames: readonly string[] = readdirSync(FIXTURES).sort()

/** The folder of a model as an experiment has it. */
export function modelFolder(temporary: string, name: string): string {
  const place = mkdtempSync(join(temporary, 'model-'))
  for (const file of ['model.json', 'questions.csv'])
    writeFileSync(join(place, file), readFileSync(join(FIXTURES, name, file)))
  writeFileSync(join(place, 'model.onnx'), gunzipSync(readFileSync(join(FIXTURES, name, 'model.onnx.gz'))))
  return place
}

export const OPEN = { allowedHosts: [], allowedOrigins: [] }

/** Starts servers that are closed after the tests of the file. */
export function serverFor(): (folder: string, options?: Partial<ServeOptions>) => Promise<ModelServer> {
  const servers: ModelServer[] = []
  afterAll(() => Promise.all(servers.map(server => server.close())))
  return async (folder, options = {}) => {
    const server = await startServer({
      modelFolder: folder,
      host: '127.0.0.1',
      port: 0,
      guard: OPEN,
      maxBytes: 6 * 2 ** 20,
      version: '0.0.0',
      log: () => {},
      ...options,
    })
    servers.push(server)
    return server
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One request with exactly these headers. */
export function ask(
  port: number,
  path: string,
  { body, ...options }: RequestOptions & { body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...options }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export const invoke = (
  port: number,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'text/csv' },
) => ask(port, '/invocations', { method: 'POST', body, headers })
