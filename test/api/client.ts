import { afterAll } from 'vitest'
import { startApi, type ApiOptions, type ApiServer } from '../../src/api/server.ts'

export interface Told {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** Calls an operation as a client of AWS does. */
export async function call(port: number, operation: string, request: object = {}): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `SageMaker.${operation}` },
    body: JSON.stringify(request),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

/** Starts control planes that are closed after the tests of the file. */
export function apiFor(): (root: string, options?: Partial<ApiOptions>) => Promise<ApiServer> {
  const servers: ApiServer[] = []
  afterAll(() => Promise.all(servers.map(server => server.close())))
  return async (root, options = {}) => {
    const guard = { allowedHosts: [], allowedOrigins: [] }
    const server = await startApi({
      root,
      host: '127.0.0.1',
      port: 0,
      guard,
      jobsAtOnce: 1,
      log: () => {},
      ...options,
    })
    servers.push(server)
    return server
  }
}

export const ROLE = 'arn:aws:iam::123456789012:role/Glasspilot'

export const jobV2 = (name: string, data: string, tabular: object = {}, more: object = {}) => ({
  AutoMLJobName: name,
  AutoMLJobInputDataConfig: [
    { ChannelType: 'training', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: data } } },
  ],
  OutputDataConfig: { S3OutputPath: 's3://bucket/output' },
  AutoMLProblemTypeConfig: { TabularJobConfig: { TargetAttributeName: 'y', ...tabular } },
  RoleArn: ROLE,
  ...more,
})

/** Asks until the status is one of those. */
export async function until(
  port: number,
  name: string,
  ...statuses: string[]
): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await call(port, 'DescribeAutoMLJobV2', { AutoMLJobName: name })
    if (statuses.includes(String(body['AutoMLJobStatus']))) return body
    await new Promise(done => setTimeout(done, 50))
  }
}
