import { mkdirSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { ApiOptions } from '../../../src/api/server.ts'
import type { PlannedCall } from '../../../src/backends/sagemaker/calls.ts'
import { apiFor } from '../../api/client.ts'
import { temporaryFolder } from '../../helpers/cli.ts'
import { between, type Fate } from './between.ts'

type Variables = Record<string, string>

export const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIACANARY0000000000',
  AWS_SECRET_ACCESS_KEY: 'canary-secret-never-written',
}
/** Of a client whose every request would fail. */
export const NOWHERE = { ...KEYS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }

/** A control plane over buckets in a folder, as the cloud of the tests of a file, with a bucket `lake` in it. */
export function cloudHere() {
  const folder = temporaryFolder()
  const start = apiFor()
  const others: Server[] = []
  afterAll(() => others.forEach(server => server.close()))
  const at = (...parts: string[]) => join(folder, ...parts)
  let port = 0
  const variables = (port: number): Variables => ({
    ...KEYS,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    GLASSPILOT_POLL_MS: '50',
  })
  return {
    folder,
    at,
    async open(options: Partial<ApiOptions> = {}): Promise<void> {
      mkdirSync(at('buckets', 'lake'), { recursive: true })
      port = (await start(at('buckets'), options)).port
    },
    get port() {
      return port
    },
    /** Of a client of it. */
    get env() {
      return variables(port)
    },
    /** Of a client whose requests go through a place that spoils some; and how many came by. */
    async through(
      spoil: (count: number, operation: string, request: IncomingMessage) => Fate,
    ): Promise<{ env: Variables; count: () => number }> {
      const proxy = between(() => port, spoil)
      others.push(proxy.server)
      return { env: variables(await proxy.port), count: proxy.count }
    },
  }
}

/** What `--dry-run` printed. */
export const callsIn = (stdout: string): PlannedCall[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as PlannedCall)
