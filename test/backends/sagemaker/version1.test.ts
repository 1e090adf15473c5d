import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AutoMLJobs } from '../../../src/backends/sagemaker/automl.ts'
import { CloudError, type Cloud } from '../../../src/backends/sagemaker/client.ts'
import { createRequest, createRequestV1 } from '../../../src/backends/sagemaker/mapping.ts'
import type { ExperimentSpec } from '../../../src/experiment/types.ts'
import { apiFor, call } from '../../api/client.ts'
import { glasspilot, temporaryFolder, writeTable } from '../../helpers/cli.ts'
import { between } from './between.ts'

const folder = temporaryFolder()
const start = apiFor()
const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const at = (...parts: string[]) => join(folder, ...parts)
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIACANARY0000000000', AWS_SECRET_ACCESS_KEY: 'never-looked-at' }
const ROLE = 'arn:aws:iam::123456789012:role/Glasspilot'

describe('a server that knows only the first version', () => {
  const others: Server[] = []
  const seen: string[] = []
  afterAll(() => others.forEach(server => server.close()))
  beforeAll(() => writeTable(at('train.csv'), 'binary', 600))

  const run = async (name: string, port: number) => {
    const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, GLASSPILOT_POLL_MS: '50' }
    const args = ['run', 'train.csv', '--target', 'y', '--name', 'same', '--max-candidates', '2', '--backend', 'sagemaker', '--role', ROLE, '--s3', 's3://lake/x', '--output', name] // prettier-ignore
    const { code, stderr } = await glasspilot(args, { cwd: folder, env })
    expect([name, code, stderr]).toEqual([name, 0, expect.stringContaining('SageMaker: ')])
    return { env, board: readFileSync(at(name, 'leaderboard.csv'), 'utf8') }
  }

  it('gives the same leaderboard, status and clean-up', async () => {
    for (const bucket of ['two', 'one']) mkdirSync(at(bucket, 'lake'), { recursive: true })
    const [second, first] = [await start(at('two')), await start(at('one'))]
    const proxy = between(
      () => first.port,
      (_, operation) => {
        seen.push(operation)
        return operation.endsWith('V2') ? { type: 'UnknownOperationException' } : 'pass'
      },
    )
    others.push(proxy.server)
    const expected = await run('by-two', second.port)
    const found = await run('by-one', await proxy.port)
    expect(found.board).toBe(expected.board)
    expect(seen.filter(operation => operation === 'CreateAutoMLJob')).toHaveLength(1)
    const [job] = (await call(first.port, 'ListAutoMLJobs')).body['AutoMLJobSummaries'] as {
      AutoMLJobName: string
    }[]
    expect((await call(first.port, 'DescribeAutoMLJob', job)).body).toMatchObject({
      ProblemType: 'BinaryClassification',
      AutoMLJobConfig: { Mode: 'AUTO', CompletionCriteria: { MaxCandidates: 2 } },
    })
    const status = await glasspilot(['cloud', 'status', 'by-one'], { cwd: folder, env: found.env })
    expect(status.stdout).toContain('Completed')
    expect((await glasspilot(['cloud', 'clean', 'by-one'], { cwd: folder, env: found.env })).code).toBe(0)
  })
})

describe('the choice of version', () => {
  const refusing = (types: Readonly<Record<string, string>>) => {
    const told: string[] = []
    const cloud: Cloud = {
      ...({} as Cloud),
      call: async operation => {
        told.push(operation)
        if (types[operation]) throw new CloudError(types[operation], 'no', 400, '')
        return { AutoMLJobStatus: 'Completed' }
      },
    }
    return { told, jobs: new AutoMLJobs(cloud) }
  }

  it('is made once for each operation', async () => {
    const { told, jobs } = refusing({ CreateAutoMLJobV2: 'AccessDeniedException' })
    await jobs.create({}, {})
    await jobs.create({}, {})
    await jobs.describe('a')
    expect(told).toEqual(['CreateAutoMLJobV2', 'CreateAutoMLJob', 'CreateAutoMLJob', 'DescribeAutoMLJobV2'])
  })

  it('is not made when neither is allowed, or the request itself is refused', async () => {
    const neither = refusing({
      CreateAutoMLJobV2: 'AccessDeniedException',
      CreateAutoMLJob: 'AccessDeniedException',
    })
    await expect(neither.jobs.create({}, {})).rejects.toMatchObject({ type: 'AccessDeniedException' })
    const wrong = refusing({ CreateAutoMLJobV2: 'ValidationException' })
    await expect(wrong.jobs.create({}, {})).rejects.toMatchObject({ type: 'ValidationException' })
    expect(wrong.told).toEqual(['CreateAutoMLJobV2'])
  })

  it('a job that is there already was made by an attempt whose answer was lost', async () => {
    await refusing({ CreateAutoMLJobV2: 'ResourceInUse' }).jobs.create({}, {})
    expect(await refusing({ DescribeAutoMLJobV2: 'ResourceNotFound' }).jobs.describe('a')).toBeUndefined()
  })
})

it('both versions of a request are those of botocore, with weights and chosen features', context => {
  if (spawnSync(python, ['-c', 'import botocore']).status !== 0) return context.skip('botocore is not there')
  const spec: ExperimentSpec = { name: 'x', data: 'x', target: 'y', weight: 'w', validationFraction: 0.3, mode: 'ensemble', maxCandidates: 5, budgetSeconds: 60.5, seed: 0, workers: 1, definitionsOnly: true, backend: 'sagemaker' } // prettier-ignore
  const found = { target: { task: 'regression' }, objective: { name: 'MSE' } } as Parameters<typeof createRequest>[1] // prettier-ignore
  const made = {
    job: 'x-1',
    settings: { role: ROLE, storage: 's3://b/c' },
    uploads: { table: 's3://b/t.csv', features: 's3://b/f.json', output: 's3://b/o' },
  }
  const requests = [createRequest(spec, found, made), createRequestV1(spec, found, made)]
  expect(requests).toMatchObject([
    { DataSplitConfig: { ValidationFraction: 0.3 } },
    { AutoMLJobConfig: { DataSplitConfig: { ValidationFraction: 0.3 } } },
  ])
  const program = `
import json, sys
import botocore.session
from botocore.validate import ParamValidator
def unknown(value, shape, path):
    if shape.type_name == "structure":
        for name in value:
            if name not in shape.members: print(path, name)
            else: unknown(value[name], shape.members[name], path + "." + name)
    if shape.type_name == "list":
        for item in value: unknown(item, shape.member, path)
model = botocore.session.get_session().get_service_model("sagemaker")
for request, name in zip(json.load(sys.stdin), ["CreateAutoMLJobV2", "CreateAutoMLJob"]):
    shape = model.operation_model(name).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors(): print(name, report.generate_report())
    unknown(request, shape, name)
`
  const checked = spawnSync(python, ['-c', program], { input: JSON.stringify(requests), encoding: 'utf8' })
  expect([checked.stdout, checked.stderr]).toEqual(['', ''])
})
