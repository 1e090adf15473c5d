import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/cli.ts'
import { apiFor, ROLE } from './client.ts'
import { tutorialTables, withoutTarget } from './tables.ts'

// The SDK of AWS for JavaScript goes the way of the tutorials, in both versions of the operation, by nothing but another endpoint.

type Client = { send(command: object): Promise<Record<string, unknown>> }
type Wait = (given: object, input: object) => Promise<{ readonly state: string }>
type Sdk = Readonly<Record<string, new (input: object) => Client>>

const NAMES = ['@aws-sdk/client-s3', '@aws-sdk/client-sagemaker', '@aws-sdk/client-sagemaker-runtime']
/** `GLASSPILOT_AWS_SDK` names a folder that has the packages in its node_modules, where they are not beside the tests. */
const homes = [resolve(import.meta.dirname, '../..'), process.env['GLASSPILOT_AWS_SDK'] ?? '']
const home = homes.find(place => NAMES.every(name => existsSync(join(place, 'node_modules', name))))
const folder = temporaryFolder()
const start = apiFor()
const at = (...parts: string[]) => join(folder, ...parts)
type Version = 'V1' | 'V2'
/** The first version on small tables only: what is learnt is the same. */
const journeys = tutorialTables.flatMap(table =>
  (['V2', 'V1'] as const).flatMap(version =>
    table.name === 'mnist' && version === 'V1' ? [] : { ...table, version },
  ),
)
const SEARCH = {
  CompletionCriteria: { MaxCandidates: 2 },
  CandidateGenerationConfig: { AlgorithmsConfig: [{ AutoMLAlgorithms: ['xgboost', 'linear-learner'] }] },
  Mode: 'HYPERPARAMETER_TUNING',
}

/** An operation by its name, of one of the clients. */
function caller(sdk: Sdk, client: Client) {
  return async <T = Record<string, unknown>>(name: string, input: object = {}): Promise<T> =>
    (await client.send(new sdk[`${name}Command`]!(input))) as T
}

function open(port: number) {
  const load = createRequire(join(home!, 'package.json'))
  const [s3, maker, runtime] = NAMES.map(name => load(name) as Sdk)
  const options = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'never-looked-at' },
  }
  const client = new maker!['SageMakerClient']!(options)
  return {
    file: caller(s3!, new s3!['S3Client']!(options)),
    make: caller(maker!, client),
    ask: caller(runtime!, new runtime!['SageMakerRuntimeClient']!(options)),
    wait: (name: string, input: object) =>
      (maker![`waitUntil${name}`] as unknown as Wait)(
        { client, maxWaitTime: 120, minDelay: 1, maxDelay: 1 },
        input,
      ),
  }
}

const source = (S3Uri: string) => ({ S3DataSource: { S3DataType: 'S3Prefix', S3Uri } })

function creation(version: Version, TargetAttributeName: string): [string, object] {
  const channel = { ChannelType: 'training', ContentType: 'text/csv;header=present', DataSource: source('s3://lake/train/') } // prettier-ignore
  const common = { OutputDataConfig: { S3OutputPath: 's3://lake/output' }, RoleArn: ROLE }
  return version === 'V2'
    ? ['CreateAutoMLJobV2', { ...common, AutoMLJobInputDataConfig: [channel], AutoMLProblemTypeConfig: { TabularJobConfig: { TargetAttributeName, ...SEARCH } } }] // prettier-ignore
    : ['CreateAutoMLJob', { ...common, InputDataConfig: [{ ...channel, TargetAttributeName }], AutoMLJobConfig: SEARCH }] // prettier-ignore
}

describe.skipIf(home === undefined)('AWS SDK v3 (skipped where its clients are not installed)', () => {
  let sdk: ReturnType<typeof open>
  beforeAll(async () => {
    mkdirSync(at('buckets'), { recursive: true })
    sdk = open((await start(at('buckets'))).port)
    await sdk.file('CreateBucket', { Bucket: 'lake' })
  })

  const read = async (Key: string): Promise<string> => {
    const { Body } = await sdk.file<{ Body: { transformToString(): Promise<string> } }>('GetObject', { Bucket: 'lake', Key }) // prettier-ignore
    return Body.transformToString()
  }

  /** Until the job has ended. */
  async function described(version: Version, job: object): Promise<Record<string, unknown>> {
    for (;;) {
      const now = await sdk.make(version === 'V2' ? 'DescribeAutoMLJobV2' : 'DescribeAutoMLJob', job)
      if (now['AutoMLJobStatus'] !== 'InProgress') return now
      await new Promise(done => setTimeout(done, 200))
    }
  }

  async function emptied(): Promise<void> {
    for (;;) {
      const { Contents } = await sdk.file<{ Contents?: object[] }>('ListObjectsV2', { Bucket: 'lake' })
      if (!Contents) return
      for (const { Key } of Contents as { Key: string }[]) await sdk.file('DeleteObject', { Bucket: 'lake', Key }) // prettier-ignore
    }
  }

  it.for(journeys)(
    'takes $name from the first upload to the last deletion in $version',
    { timeout: 600_000 },
    async ({ name, isHere, target, accuracy, write, version }, { skip }) => {
      skip(!isHere, 'its rows are not here (GLASSPILOT_DATASETS, npm ci)')
      const { file, make, ask, wait } = sdk
      write(folder)
      const { text, truth } = await withoutTarget(at(`${name}-held.csv`), target)
      await file('PutObject', { Bucket: 'lake', Key: 'train/train.csv', Body: readFileSync(at(`${name}.csv`)) }) // prettier-ignore
      await file('PutObject', { Bucket: 'lake', Key: 'batch/rows.csv', Body: text })

      const job = { AutoMLJobName: `${name.replace('_', '-')}-${version.toLowerCase()}` }
      const [operation, request] = creation(version, target)
      expect((await make(operation, { ...job, ...request }))['AutoMLJobArn']).toContain(job.AutoMLJobName)
      await expect(make(operation, { ...job, ...request })).rejects.toMatchObject({ name: 'ResourceInUse' })
      const ended = await described(version, job)
      expect(ended).toMatchObject({
        AutoMLJobStatus: 'Completed',
        CreationTime: expect.any(Date) as Date,
        ResolvedAttributes: { CompletionCriteria: { MaxCandidates: 2 } },
      })
      const { Candidates } = await make<{ Candidates: { CandidateName: string }[] }>(
        'ListCandidatesForAutoMLJob',
        { ...job, SortBy: 'FinalObjectiveMetricValue', SortOrder: 'Descending' },
      )
      expect(Candidates).toHaveLength(2)
      const best = ended['BestCandidate'] as { CandidateName: string; InferenceContainers: object[] }
      expect(Candidates[0]!.CandidateName).toBe(best.CandidateName)

      const [model, config, endpoint] = [{ ModelName: 'churn' }, { EndpointConfigName: 'churn' }, { EndpointName: 'churn' }] // prettier-ignore
      await make('CreateModel', { ...model, Containers: best.InferenceContainers, ExecutionRoleArn: ROLE })
      await make('CreateEndpointConfig', { ...config, ProductionVariants: [{ ...model, VariantName: 'main', InitialInstanceCount: 1, InstanceType: 'ml.m5.large' }] }) // prettier-ignore
      await make('CreateEndpoint', { ...endpoint, ...config })
      expect(await wait('EndpointInService', endpoint)).toMatchObject({ state: 'SUCCESS' })
      const { Body, InvokedProductionVariant } = await ask('InvokeEndpoint', { ...endpoint, ContentType: 'text/csv', Body: text }) // prettier-ignore
      expect(InvokedProductionVariant).toBe('main')
      const answers = Buffer.from(Body as Uint8Array).toString()
      const right = answers.trimEnd().split('\n').filter((label, i) => label === truth[i]).length // prettier-ignore
      expect(right / truth.length).toBeGreaterThan(accuracy)
      await expect(ask('InvokeEndpoint', { ...endpoint, ContentType: 'text/csv', Body: '1\n' })).rejects.toMatchObject({ name: 'ModelError', OriginalStatusCode: 400 }) // prettier-ignore

      const batch = { TransformJobName: job.AutoMLJobName }
      await make('CreateTransformJob', { ...batch, ...model, TransformInput: { DataSource: source('s3://lake/batch/'), ContentType: 'text/csv', SplitType: 'Line' }, TransformOutput: { S3OutputPath: 's3://lake/answers', AssembleWith: 'Line' }, TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 } }) // prettier-ignore
      expect(await wait('TransformJobCompletedOrStopped', batch)).toMatchObject({ state: 'SUCCESS' })
      expect(await read('answers/rows.csv.out')).toBe(answers)

      await make('DeleteEndpoint', endpoint)
      await make('DeleteEndpointConfig', config)
      await make('DeleteModel', model)
      await emptied()
      expect(await make('ListEndpoints')).toMatchObject({ Endpoints: [] })
      await expect(make('DescribeEndpoint', endpoint)).rejects.toMatchObject({ name: 'ValidationException' })
      await expect(read('train/train.csv')).rejects.toMatchObject({ name: 'NoSuchKey' })
    },
  )
})
