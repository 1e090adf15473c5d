import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'
import { apiFor, ROLE } from './client.ts'

// The SDK of AWS for JavaScript goes from a job to an endpoint and back.

type Client = { send(command: object): Promise<Record<string, never>> }
type Sdk = Readonly<Record<string, new (input: object) => Client>>

/** It is 30 MB, and so no dependency: `GLASSPILOT_AWS_SDK` names a folder that has it in its node_modules. */
const home = process.env['GLASSPILOT_AWS_SDK'] ?? resolve(import.meta.dirname, '../..')
const NAMES = ['@aws-sdk/client-sagemaker', '@aws-sdk/client-sagemaker-runtime']
const isThere = NAMES.every(name => existsSync(join(home, 'node_modules', name)))
const folder = temporaryFolder()
const start = apiFor()

it.skipIf(!isThere)(
  'AWS SDK v3 (skipped where it is not installed) takes a job from creation to an answer and deletes everything',
  async () => {
    const load = createRequire(join(home, 'package.json'))
    const [maker, runtime] = NAMES.map(name => load(name) as Sdk)
    mkdirSync(join(folder, 'lake'))
    writeTable(join(folder, 'lake', 'train.csv'), 'binary', 400)
    writeTable(join(folder, 'new.csv'), 'binary', 20, 9)
    const { port } = await start(folder)
    const options = {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'never-looked-at' },
    }
    const client = new maker!['SageMakerClient']!(options)
    const call = async (name: string, input: object = {}): Promise<Record<string, unknown>> =>
      client.send(new maker![`${name}Command`]!(input))
    const job = { AutoMLJobName: 'churn' }
    await call('CreateAutoMLJobV2', { ...job, RoleArn: ROLE, AutoMLJobInputDataConfig: [{ ChannelType: 'training', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://lake/train.csv' } } }], OutputDataConfig: { S3OutputPath: 's3://lake/output' }, AutoMLProblemTypeConfig: { TabularJobConfig: { TargetAttributeName: 'y', CompletionCriteria: { MaxCandidates: 2 } } } }) // prettier-ignore
    await expect(call('DescribeAutoMLJobV2', { AutoMLJobName: 'other' })).rejects.toMatchObject({
      name: 'ResourceNotFound',
    })
    let described: Record<string, unknown>
    do {
      await new Promise(done => setTimeout(done, 100))
      described = await call('DescribeAutoMLJobV2', job)
    } while (described['AutoMLJobStatus'] === 'InProgress')
    expect(described).toMatchObject({ AutoMLJobStatus: 'Completed', CreationTime: expect.any(Date) as Date })
    const { Candidates } = await call('ListCandidatesForAutoMLJob', job)
    expect((Candidates as object[]).length).toBeGreaterThanOrEqual(2)
    const { InferenceContainers } = described['BestCandidate'] as { InferenceContainers: object[] }
    await call('CreateModel', { ModelName: 'churn', Containers: InferenceContainers, ExecutionRoleArn: ROLE })
    await call('CreateEndpointConfig', { EndpointConfigName: 'churn', ProductionVariants: [{ VariantName: 'main', ModelName: 'churn', InitialInstanceCount: 1, InstanceType: 'ml.m5.large' }] }) // prettier-ignore
    await call('CreateEndpoint', { EndpointName: 'churn', EndpointConfigName: 'churn' })
    const wait = maker!['waitUntilEndpointInService'] as unknown as (given: object, input: object) => Promise<{ state: string }> // prettier-ignore
    expect(await wait({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { EndpointName: 'churn' })).toMatchObject({ state: 'SUCCESS' }) // prettier-ignore
    const asker = new runtime!['SageMakerRuntimeClient']!(options)
    const rows = readFileSync(join(folder, 'new.csv'), 'utf8').replaceAll(/,[^,\n]*$/gm, '')
    const ask = (Body: string) =>
      asker.send(
        new runtime!['InvokeEndpointCommand']!({ EndpointName: 'churn', ContentType: 'text/csv', Body }),
      ) as Promise<Record<string, unknown>>
    const { Body, InvokedProductionVariant } = await ask(rows.slice(rows.indexOf('\n') + 1))
    expect(InvokedProductionVariant).toBe('main')
    expect(Buffer.from(Body as Uint8Array).toString()).toMatch(/^(?:(?:yes|no)\n){20}$/)
    await expect(ask('1,2\n')).rejects.toMatchObject({ name: 'ModelError', OriginalStatusCode: 400 })
    await call('DeleteEndpoint', { EndpointName: 'churn' })
    await call('DeleteEndpointConfig', { EndpointConfigName: 'churn' })
    await call('DeleteModel', { ModelName: 'churn' })
    expect(await call('ListEndpoints')).toMatchObject({ Endpoints: [] })
  },
  600_000,
)
