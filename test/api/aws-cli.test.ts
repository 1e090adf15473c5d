import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../helpers/cli.ts'
import { apiFor, ROLE } from './client.ts'
import { tutorialTables, withoutTarget } from './tables.ts'

// AWS's own command line goes the way of the tutorials, by nothing but another endpoint URL.

const beside = join(dirname(process.env['GLASSPILOT_PYTHON'] ?? ''), 'aws')
const aws = process.env['GLASSPILOT_AWS'] ?? (existsSync(beside) ? beside : 'aws')
const isThere = spawnSync(aws, ['--version']).status === 0
const run = promisify(execFile)
const folder = temporaryFolder()
const start = apiFor()
const at = (...parts: string[]) => join(folder, ...parts)

describe.skipIf(!isThere)(
  'the command line of AWS (skipped where there is no aws; pip install awscli)',
  () => {
    let env: NodeJS.ProcessEnv = {}
    beforeAll(async () => {
      mkdirSync(at('buckets', 'lake'), { recursive: true })
      const { port } = await start(at('buckets'))
      env = {
        PATH: process.env['PATH'],
        HOME: folder,
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'never-looked-at',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        AWS_EC2_METADATA_DISABLED: 'true',
      }
    })

    const call = async <T = Record<string, unknown>>(...args: (string | object)[]): Promise<T> => {
      const texts = args.map(arg => (typeof arg === 'string' ? arg : JSON.stringify(arg)))
      const { stdout } = await run(aws, texts, { env, cwd: folder, maxBuffer: 1e8 })
      return (stdout.trim().startsWith('{') ? JSON.parse(stdout) : {}) as T
    }
    const maker = (...args: (string | object)[]) => call('sagemaker', ...args)

    it.for(tutorialTables)(
      'goes from the first upload to the last deletion on $name',
      { timeout: 600_000 },
      async (table, { skip }) => {
        skip(!table.isHere, 'its rows are not here (GLASSPILOT_DATASETS, npm ci)')
        table.write(folder)
        const { text, truth } = await withoutTarget(at(`${table.name}-held.csv`), table.target)
        writeFileSync(at('rows.csv'), text)
        await call('s3', 'cp', `${table.name}.csv`, 's3://lake/train/train.csv')
        await call('s3', 'cp', 'rows.csv', 's3://lake/batch/rows.csv')
        const source = (uri: string) => ({ S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri } })
        const job = ['--auto-ml-job-name', table.name.replace('_', '-')]
        await maker('create-auto-ml-job-v2', ...job, '--role-arn', ROLE, '--auto-ml-job-input-data-config', [{ ChannelType: 'training', DataSource: source('s3://lake/train/') }], '--output-data-config', { S3OutputPath: 's3://lake/output' }, '--auto-ml-problem-type-config', { TabularJobConfig: { TargetAttributeName: table.target, CompletionCriteria: { MaxCandidates: 2 }, CandidateGenerationConfig: { AlgorithmsConfig: [{ AutoMLAlgorithms: ['xgboost', 'linear-learner'] }] }, Mode: 'HYPERPARAMETER_TUNING' } }) // prettier-ignore
        let described: Record<string, unknown>
        do described = await maker('describe-auto-ml-job-v2', ...job)
        while (described['AutoMLJobStatus'] === 'InProgress')
        expect(described['AutoMLJobStatus']).toBe('Completed')
        const { Candidates } = (await maker('list-candidates-for-auto-ml-job', ...job)) as {
          Candidates: object[]
        }
        expect(Candidates.length).toBeGreaterThanOrEqual(2)
        const { InferenceContainers } = described['BestCandidate'] as { InferenceContainers: object[] }
        await maker('create-model', '--model-name', 'churn', '--containers', InferenceContainers, '--execution-role-arn', ROLE) // prettier-ignore
        const variant = { VariantName: 'main', ModelName: 'churn', InitialInstanceCount: 1, InstanceType: 'ml.m5.large' } // prettier-ignore
        await maker('create-endpoint-config', '--endpoint-config-name', 'churn', '--production-variants', [variant]) // prettier-ignore
        const endpoint = ['--endpoint-name', 'churn']
        await maker('create-endpoint', ...endpoint, '--endpoint-config-name', 'churn')
        await maker('wait', 'endpoint-in-service', ...endpoint)
        const asked = await call('sagemaker-runtime', 'invoke-endpoint', ...endpoint, '--content-type', 'text/csv', '--body', 'fileb://rows.csv', 'answers.csv') // prettier-ignore
        expect(asked).toMatchObject({ InvokedProductionVariant: 'main' })
        const answers = readFileSync(at('answers.csv'), 'utf8')
        const labels = answers.trimEnd().split('\n')
        const right = labels.filter((label, i) => label === truth[i]).length
        expect(right / truth.length).toBeGreaterThan(table.accuracy)
        const transform = ['--transform-job-name', `${table.name.replace('_', '-')}-batch`]
        await maker('create-transform-job', ...transform, '--model-name', 'churn', '--transform-input', { DataSource: source('s3://lake/batch/'), ContentType: 'text/csv', SplitType: 'Line' }, '--transform-output', { S3OutputPath: 's3://lake/answers', AssembleWith: 'Line' }, '--transform-resources', { InstanceType: 'ml.m5.large', InstanceCount: 1 }) // prettier-ignore
        await maker('wait', 'transform-job-completed-or-stopped', ...transform)
        await call('s3', 'cp', 's3://lake/answers/rows.csv.out', 'batch.csv')
        expect(readFileSync(at('batch.csv'), 'utf8')).toBe(answers)
        await maker('delete-endpoint', ...endpoint)
        await maker('delete-endpoint-config', '--endpoint-config-name', 'churn')
        await maker('delete-model', '--model-name', 'churn')
        for (const place of ['output', 'answers', 'batch', 'train'])
          await call('s3', 'rm', '--recursive', `s3://lake/${place}`)
        expect(await maker('list-endpoints')).toEqual({ Endpoints: [] })
        await expect(maker('describe-endpoint', ...endpoint)).rejects.toThrow('ValidationException')
      },
    )
  },
)
