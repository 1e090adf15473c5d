import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openCloud } from '../../../src/backends/sagemaker/client.ts'
import { metricRequests, sendMetrics, type PutMetricData } from '../../../src/backends/sagemaker/metrics.ts'
import { glasspilot, temporaryFolder, writeTable } from '../../helpers/cli.ts'

const folder = temporaryFolder()
const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const at = (name: string) => join(folder, name)
const valuesOf = (requests: readonly PutMetricData[]) =>
  Object.fromEntries(
    requests.flatMap(({ MetricData }) => MetricData).map(({ MetricName, Value }) => [MetricName, Value]),
  )

it('a comparison is sent to CloudWatch with a signature, again when it was throttled, and its exit status stays', async () => {
  writeTable(at('train.csv'), 'binary', 600)
  writeTable(at('new.csv'), 'binary', 200, 2)
  const [head, ...rows] = readFileSync(at('new.csv'), 'utf8').trimEnd().split('\n')
  writeFileSync(at('older.csv'), `${[head, ...rows.map(row => `1${row}`)].join('\n')}\n`)
  const trained = ['run', 'train.csv', '--target', 'y', '--max-candidates', '1', '--output', 'e', '--quiet']
  expect((await glasspilot(trained, { cwd: folder })).code).toBe(0)
  const seen: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    seen.push({ headers: request.headers, body })
    if (seen.length === 1) response.writeHead(400).end('{"__type":"ThrottlingException","message":"slowly"}')
    else response.end('{}')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIACANARY0000000000',
    AWS_SECRET_ACCESS_KEY: 'never-looked-at',
    AWS_ENDPOINT_URL_CLOUDWATCH: `http://127.0.0.1:${port}`,
  }
  const args = ['monitor', 'e', 'older.csv', '--cloudwatch', '--endpoint', 'churn', '--metrics', 'sent.jsonl']
  const { code, stderr } = await glasspilot(args, { cwd: folder, env })
  server.close()
  expect([code, stderr]).toEqual([3, ''])
  expect(seen).toHaveLength(2)
  expect(seen[1]!.headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
    authorization: expect.stringMatching(/\/us-east-1\/monitoring\/aws4_request/) as string,
  })
  expect(readFileSync(at('sent.jsonl'), 'utf8')).toBe(`${seen[1]!.body}\n`)
  const request = JSON.parse(seen[1]!.body) as PutMetricData
  expect(request.Namespace).toBe('/aws/sagemaker/Endpoints/data-metric')
  expect(request.MetricData[0]!.Dimensions).toEqual([
    { Name: 'EndpointName', Value: 'churn' },
    { Name: 'ScheduleName', Value: 'glasspilot' },
  ])
  const values = valuesOf([request])
  expect(values).toMatchObject({ rows: 200, feature_non_null_age: 200, feature_outside_age: 1 })
  expect(values['alerts']).toBeGreaterThan(0)
  expect(values['feature_baseline_drift_age']).toBeGreaterThan(1)
  expect(values['feature_non_null_income']).toBe(rows.filter(row => !/,,/.test(row)).length)
  if (spawnSync(python, ['-c', 'import botocore']).status !== 0) return
  const program = `
import json, sys
import botocore.session
from botocore.validate import ParamValidator
shape = botocore.session.get_session().get_service_model("cloudwatch").operation_model("PutMetricData").input_shape
report = ParamValidator().validate(json.load(sys.stdin), shape)
if report.has_errors(): print(report.generate_report())
`
  const checked = spawnSync(python, ['-c', program], { input: seen[1]!.body, encoding: 'utf8' })
  expect([checked.stdout, checked.stderr]).toEqual(['', ''])
})

it('thousands of columns go in requests of a thousand, what is no number stays here, names are ASCII', () => {
  const columns = Array.from({ length: 800 }, (_, i) => ({ name: `größe ${i}`, psi: i === 0 ? NaN : 0.1, missing: 0.25 })) // prettier-ignore
  const requests = metricRequests({ rows: 8, columns, alerts: [] }, { schedule: 'daily' })
  expect(requests.map(({ MetricData }) => MetricData.length)).toEqual([1000, 601])
  expect(requests[0]).toMatchObject({ Namespace: '/aws/sagemaker/ModelMonitoring/data-metric' })
  expect(requests[1]!.MetricData[0]!.Dimensions).toEqual([{ Name: 'MonitoringSchedule', Value: 'daily' }])
  const values = valuesOf(requests)
  expect(values['feature_non_null_gr__e 0']).toBe(6)
  expect(Object.keys(values).filter(name => name.startsWith('feature_baseline'))).toHaveLength(799)
  expect(Object.keys(values).every(name => /^[\x20-\x7e]+$/.test(name))).toBe(true)
})

it.each([
  ['the answer is a failure', 503],
  ['the connection is cut', 0],
] as const)('figures are not sent twice, to be counted twice, where %s', async (_, status) => {
  let seen = 0
  const server = createServer((request, response) => {
    seen++
    if (status === 0) request.socket.destroy()
    else response.writeHead(status).end()
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const place = { region: 'us-east-1', cloudwatch: `http://127.0.0.1:${port}` }
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' })
  const cloud = openCloud(place, { credentials, firstDelayMs: 1 })
  const requests = metricRequests({ rows: 1, columns: [], alerts: [] }, { schedule: 'daily' })
  await expect(sendMetrics(cloud, requests)).rejects.toMatchObject({ code: 'E_CLOUD_UNSURE', exit: 'unreachable' }) // prettier-ignore
  expect(seen).toBe(1)
  server.close()
  const nobody = openCloud({ ...place, cloudwatch: 'http://127.0.0.1:1' }, { credentials, attempts: 3, firstDelayMs: 1 }) // prettier-ignore
  await expect(sendMetrics(nobody, requests)).rejects.toMatchObject({ code: 'E_UNREACHABLE' })
})
