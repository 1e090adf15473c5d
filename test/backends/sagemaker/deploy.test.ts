import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { CloudError, type Cloud } from '../../../src/backends/sagemaker/client.ts'
import { cloudClean } from '../../../src/backends/sagemaker/clean.ts'
import { answering, deployBest } from '../../../src/backends/sagemaker/deploy.ts'
import { questionsOf } from '../../../src/backends/sagemaker/invoke.ts'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import type { PlannedCall } from '../../../src/backends/sagemaker/calls.ts'
import { call } from '../../api/client.ts'
import { glasspilot, writeTable } from '../../helpers/cli.ts'
import { complaintsOfBotocore, hasBotocore } from './botocore.ts'
import { callsIn, cloudHere, NOWHERE } from './here.ts'

const here = cloudHere()
const { folder, at } = here
const CLOUD = ['--backend', 'sagemaker', '--role', 'arn:aws:iam::123456789012:role/Glasspilot', '--s3', 's3://lake/x'] // prettier-ignore

describe('the best candidate as an endpoint', () => {
  let env: Record<string, string> = {}
  const cloud = (args: readonly string[], variables = env) =>
    glasspilot(['cloud', ...args], { cwd: folder, env: variables })
  const ledger = () => openLedger(at('e', 'cloud.jsonl')).entries
  beforeAll(async () => {
    writeTable(at('train.csv'), 'binary', 600)
    writeTable(at('new.csv'), 'binary', 50, 5)
    await here.open()
    env = here.env
    const args = ['run', 'train.csv', '--target', 'y', '--max-candidates', '2', '--output', 'e', '--quiet']
    const { code, stderr } = await glasspilot([...args, ...CLOUD], { cwd: folder, env })
    expect([code, stderr]).toEqual([0, ''])
  })

  it('prints every call and makes none with --dry-run; botocore takes each of them', async () => {
    const { code, stdout } = await cloud(['deploy', 'e', '--dry-run', '--keys', 'predicted_label'], NOWHERE)
    expect(code).toBe(0)
    const calls = callsIn(stdout)
    expect(calls.map(({ operation }) => operation)).toEqual([
      'DescribeModel',
      'CreateModel',
      'DescribeEndpointConfig',
      'CreateEndpointConfig',
      'DescribeEndpoint',
      'CreateEndpoint',
      'DescribeEndpoint',
    ])
    const asked = await cloud(['invoke', '--endpoint', 'other', 'new.csv', '--dry-run'], NOWHERE)
    calls.push(JSON.parse(asked.stdout) as PlannedCall)
    expect(calls.at(-1)!.request).toMatchObject({ EndpointName: 'other', ContentType: 'text/csv' })
    expect(ledger()).toHaveLength(3)
    if (!hasBotocore) return
    expect(complaintsOfBotocore(calls)).toEqual(['', ''])
  })

  it('nothing was deployed yet, and that is said', async () => {
    const { code, stderr } = await cloud(['invoke', 'e', 'new.csv'])
    expect([code, stderr]).toEqual([64, expect.stringContaining('E_NO_ENDPOINT')])
  })

  it('is made part by part through throttling, failures and cut connections, each in the ledger', async () => {
    const spoilt = await here.through(count =>
      count % 5 === 0 ? 400 : count % 5 === 2 ? 500 : count % 5 === 3 ? 'cut' : 'pass',
    )
    const { code, stdout } = await cloud(
      ['deploy', 'e', '--name', 'churn', '--keys', 'predicted_label,probability', '--json'],
      spoilt.env,
    )
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { endpoint: 'churn', region: 'us-east-1' }])
    expect(ledger().slice(3)).toEqual(
      ['model', 'endpoint-config', 'endpoint'].map(kind => ({ kind, name: 'churn', region: 'us-east-1' })),
    )
    const asked = await cloud(['invoke', 'e', 'new.csv'], spoilt.env)
    expect([asked.code, asked.stderr]).toEqual([0, ''])
    expect(asked.stdout.trimEnd().split('\n')).toHaveLength(50)
  })

  it('answers the rows of a file as the model here does, whatever the order of its columns', async () => {
    const predicted = (await glasspilot(['predict', 'e', 'new.csv'], { cwd: folder })).stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map(line => line.split(',').slice(0, 2).join(','))
    const { stdout } = await cloud(['invoke', 'e', 'new.csv'])
    expect(stdout.trimEnd().split('\n')).toEqual(predicted)
    writeFileSync(at('few.csv'), 'joined,y,income,age,colour\n2021-01-01,,30000,40,red\n,,,,\n')
    writeFileSync(at('same.csv'), 'age,colour,income,joined\n40,red,30000,2021-01-01\n,,,\n')
    const [turned, straight] = [
      await cloud(['invoke', 'e', 'few.csv', '--output', 'answers.csv']),
      await cloud(['invoke', '--endpoint', 'churn', 'same.csv']),
    ]
    expect([turned.code, turned.stdout]).toEqual([0, ''])
    expect(readFileSync(at('answers.csv'), 'utf8')).toBe(straight.stdout)
    expect(straight.stdout.trimEnd().split('\n')).toHaveLength(2)
    writeFileSync(at('lacks.csv'), 'age\n40\n')
    expect((await cloud(['invoke', 'e', 'lacks.csv'])).stderr).toContain('E_MISSING_COLUMNS')
  })

  it('makes nothing twice, and takes no name that something else has', async () => {
    const again = await cloud(['deploy', 'e', '--name', 'churn'])
    expect(again.code).toBe(0)
    expect(ledger()).toHaveLength(6)
    const container = { ...(await call(here.port, 'DescribeModel', { ModelName: 'churn' })).body }
    const [one] = container['Containers'] as object[]
    await call(here.port, 'CreateModel', { ModelName: 'theirs', PrimaryContainer: one })
    const { code, stderr } = await cloud(['deploy', 'e', '--name', 'theirs'])
    expect([code, stderr]).toEqual([64, expect.stringContaining('E_CLOUD_NAME_TAKEN')])
    expect(ledger()).toHaveLength(6)
  })

  it('keeps questions and answers where it is told to, for monitor; they go with the rest', async () => {
    const capturing = ['deploy', 'e', '--name', 'watched', '--capture', '100']
    const planned = await cloud([...capturing, '--dry-run'], NOWHERE)
    const calls = callsIn(planned.stdout)
    if (hasBotocore) expect(complaintsOfBotocore(calls)).toEqual(['', ''])
    expect((await cloud(capturing)).code).toBe(0)
    expect(ledger().at(-4)).toMatchObject({ kind: 'prefix', name: expect.stringMatching(/\/capture$/) as string }) // prettier-ignore
    expect((await cloud(['invoke', '--endpoint', 'watched', 'same.csv'])).code).toBe(0)
    expect((await cloud(['invoke', 'e', 'new.csv'])).code).toBe(0)
    const { code, stdout } = await cloud(['captured', 'e', '--output', 'kept', '--json'])
    expect([code, JSON.parse(stdout)]).toEqual([0, { folder: 'kept', files: 1 }])
    const monitored = await glasspilot(['monitor', 'e', 'kept', '--json'], { cwd: folder })
    expect(JSON.parse(monitored.stdout)).toMatchObject({ rows: 52, requests: { seen: 2, refused: 0 } })
  })

  it('goes away with everything else, and what is not its own stays', async () => {
    const status = await cloud(['status', 'e'])
    expect(status.stdout).toMatch(/endpoint +churn +InService/)
    expect(status.stdout).toMatch(/endpoint +watched +InService/)
    expect((await cloud(['clean', 'e'])).code).toBe(0)
    expect(ledger()).toEqual([])
    for (const [operation, list] of [
      ['ListEndpoints', 'Endpoints'],
      ['ListEndpointConfigs', 'EndpointConfigs'],
      ['ListModels', 'Models'],
    ] as const) {
      const found = (await call(here.port, operation)).body[list] as { ModelName?: string }[]
      expect(found.map(({ ModelName }) => ModelName)).toEqual(list === 'Models' ? ['theirs'] : [])
    }
    const files = readdirSync(at('buckets', 'lake'), { recursive: true, withFileTypes: true })
    expect(files.filter(entry => entry.isFile())).toEqual([])
    expect((await cloud(['status', 'e'])).stdout).toContain('nothing is left')
  })

  it('an endpoint that fails is said so and stays in the ledger until it is deleted', async () => {
    const told: string[] = []
    let status = 'Creating'
    const there = new Set<string>()
    const missing = (what: string) =>
      new CloudError('ValidationException', `Could not find ${what}.`, 400, '')
    const fake: Cloud = {
      ...({} as Cloud),
      call: async operation => {
        told.push(operation)
        const [, verb = '', kind = ''] = /^(Create|Describe|Delete)(\w+)$/.exec(operation)!
        if (verb === 'Create') there.add(kind)
        else if (!there.has(kind)) throw missing(kind)
        else if (verb === 'Delete') {
          // As the service: not while it is being made, and not at once.
          if (kind === 'Endpoint' && status === 'Creating') {
            status = 'Failed'
            throw new CloudError('ValidationException', 'Cannot delete in-progress endpoint', 400, '')
          }
          there.delete(kind)
        }
        return { EndpointStatus: status, FailureReason: 'no capacity' }
      },
    }
    status = 'Failed'
    await expect(
      deployBest(at('e'), { instanceType: 'ml.m5.large', instances: 1 }, () => {}, () => fake),
    ).rejects.toMatchObject({ code: 'E_CLOUD_ENDPOINT_FAILED', message: expect.stringContaining('no capacity') as string }) // prettier-ignore
    expect(ledger()).toHaveLength(3)
    status = 'Creating'
    const done = await cloudClean(at('e'), () => fake)
    expect(done.map(({ kind, state }) => [kind, state])).toEqual([
      ['endpoint', 'deleted'],
      ['endpoint-config', 'deleted'],
      ['model', 'deleted'],
    ])
    expect([there.size, ledger()]).toEqual([0, []])
    expect(told.filter(name => name === 'DeleteEndpoint')).toHaveLength(2)
  })
})

describe('the parts', () => {
  const container = (name: string, Environment: Record<string, string> = {}) => ({
    Image: name,
    ModelDataUrl: 's3://a/b',
    Environment,
  })

  it('keys of the answer are set in the containers that know them', () => {
    const keys = ['predicted_label', 'probabilities', 'labels']
    const [first, second, third] = answering(
      [container('a', { A: '1' }), container('b'), container('c')],
      keys,
    )
    expect(first!.Environment).toEqual({ A: '1' })
    expect(second!.Environment).toEqual({ SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label,probabilities' })
    expect(third!.Environment).toEqual({
      SAGEMAKER_INFERENCE_INPUT: 'predicted_label,probabilities',
      SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label,probabilities,labels',
    })
    expect(answering([container('a')], keys)[0]!.Environment).toEqual({
      SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label,probabilities,labels',
    })
    expect(answering([container('a', { A: '1' })], undefined)).toEqual([container('a', { A: '1' })])
  })

  it('a file is asked about in pieces that hold every row once', async () => {
    writeTable(at('many.csv'), 'regression', 300)
    const pieces = []
    for await (const piece of questionsOf(at('many.csv'), ['income', 'age'], 200)) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(5)
    expect(pieces.every(({ text }) => text.length <= 200)).toBe(true)
    expect(pieces.reduce((sum, { rows }) => sum + rows, 0)).toBe(300)
    const lines = pieces
      .map(({ text }) => text)
      .join('')
      .trimEnd()
      .split('\n')
    expect(lines).toHaveLength(300)
    expect(lines[0]).toMatch(/^\d*,\d\d$/)
  })
})
