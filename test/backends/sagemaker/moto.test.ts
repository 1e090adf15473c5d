import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTrainingJobs } from '../../../src/backends/sagemaker-training/executor.ts'
import { openCloud } from '../../../src/backends/sagemaker/client.ts'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { metricRequests, sendMetrics } from '../../../src/backends/sagemaker/metrics.ts'
import { identityOf } from '../../../src/experiment/executor.ts'
import { FORMAT_VERSION } from '../../../src/experiment/format.ts'
import { prepareExperiment } from '../../../src/experiment/prepare.ts'
import { createStore, definitionHash, readExperiment } from '../../../src/experiment/store.ts'
import { defaults } from '../../../src/params/space.ts'
import { packTarGz } from '../../../src/util/tar.ts'
import { ROLE } from '../../api/client.ts'
import { glasspilot, temporaryFolder, writeTable } from '../../helpers/cli.ts'
import { between } from './between.ts'
import { hasMoto, startMoto, type Moto } from './moto.ts'
import { python } from './botocore.ts'

// moto is a server of AWS's protocols that nobody here wrote. Of what this backend asks it knows, as of 5.2: S3, CreateAutoMLJobV2,
// DescribeAutoMLJobV2, StopAutoMLJob, models, endpoints, InvokeEndpoint with prepared answers, CreateTrainingJob, DescribeTrainingJob and
// PutMetricData. It lacks:
const LACKING = ['ListCandidatesForAutoMLJob', 'StopTrainingJob', 'UpdateTrainingJob']
// Its AutoML jobs have one candidate, run for ever until they are stopped, and leave no files; its training jobs end at once.

const folder = temporaryFolder()
const at = (...parts: string[]) => join(folder, ...parts)
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIACANARY0000000000', AWS_SECRET_ACCESS_KEY: 'never-looked-at' }

describe.skipIf(!hasMoto)('against moto (skipped without it; pip install "moto[server]")', () => {
  let moto: Moto
  let port = 0
  let env: Record<string, string> = {}
  const asked = new Set<string>()
  const others: Server[] = []
  const place = () => {
    const url = `http://127.0.0.1:${port}`
    return { region: 'us-east-1', sagemaker: url, s3: url, cloudwatch: url, runtime: url }
  }
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' })
  const cloud = () => openCloud(place(), { credentials })
  const list = async (operation: string) =>
    Object.values(await cloud().call(operation, {})).find(Array.isArray) as unknown[]

  beforeAll(async () => {
    moto = await startMoto()
    port = moto.port
    await cloud().put('s3://lake/', { text: '' })
    const proxy = between(
      () => port,
      (_, operation) => {
        asked.add(operation)
        if (operation !== 'ListCandidatesForAutoMLJob') return 'pass'
        return {
          answer: {
            Candidates: [
              {
                CandidateName: 'one',
                CandidateStatus: 'Completed',
                CandidateSteps: [],
                FinalAutoMLJobObjectiveMetric: { MetricName: 'F1', Value: 0.5 },
              },
            ],
          },
        }
      },
    )
    others.push(proxy.server)
    env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${await proxy.port}`, GLASSPILOT_POLL_MS: '50' }
    writeTable(at('train.csv'), 'binary', 600)
    writeTable(at('new.csv'), 'binary', 5, 5)
  }, 60_000)
  afterAll(() => {
    moto.end()
    others.forEach(server => server.close())
  })

  it('a job is made, followed and stopped; its candidate is on the leaderboard', async () => {
    let asked = false
    const args = ['run', 'train.csv', '--target', 'y', '--output', 'e', '--backend', 'sagemaker', '--role', ROLE, '--s3', 's3://lake/x'] // prettier-ignore
    const { code, stderr } = await glasspilot(args, {
      cwd: folder,
      env,
      onStderr: (text, kill) => {
        if (asked || !text.includes('SageMaker: ')) return
        asked = true
        setTimeout(() => kill('SIGINT'), 500)
      },
    })
    expect([code, stderr]).toEqual([130, expect.stringContaining('SageMaker: ')])
    expect(readExperiment(at('e')).trials.map(({ candidate }) => candidate)).toEqual(['one'])
    const { stdout } = await glasspilot(['cloud', 'status', 'e', '--json'], { cwd: folder, env })
    expect((JSON.parse(stdout) as { kind: string; state: string }[]).map(({ kind, state }) => [kind, state])).toEqual([
      ['object', '1 object'],
      ['prefix', 'not there'],
      ['automl-job', expect.stringContaining('Stop')],
    ]) // prettier-ignore
  })

  it('its best candidate is deployed and answers, and everything is deleted again', async () => {
    const run = (...args: string[]) => glasspilot(['cloud', ...args], { cwd: folder, env })
    const deployed = await run('deploy', 'e', '--name', 'churn')
    expect([deployed.code, deployed.stderr]).toEqual([0, expect.stringContaining('InService')])
    expect(await Promise.all(['ListModels', 'ListEndpointConfigs', 'ListEndpoints'].map(list))).toMatchObject(
      [[{ ModelName: 'churn' }], [{ EndpointConfigName: 'churn' }], [{ EndpointName: 'churn' }]],
    )
    await fetch(`http://127.0.0.1:${port}/moto-api/static/sagemaker/endpoint-results`, {
      method: 'POST',
      body: JSON.stringify({
        results: [{ Body: 'yes\nno\nyes\nno\nno\n', ContentType: 'text/csv', InvokedProductionVariant: 'a', CustomAttributes: '' }], // prettier-ignore
      }),
    })
    const answered = await run('invoke', 'e', 'new.csv')
    expect([answered.code, answered.stdout]).toEqual([0, 'yes\nno\nyes\nno\nno\n'])
    const cleaned = await run('clean', 'e')
    expect([cleaned.code, cleaned.code === 0 ? '' : cleaned.stderr]).toEqual([0, ''])
    expect(await Promise.all(['ListModels', 'ListEndpointConfigs', 'ListEndpoints'].map(list))).toEqual([[], [], []]) // prettier-ignore
    expect(await cloud().list('s3://lake/')).toEqual([])
    expect(openLedger(at('e', 'cloud.jsonl')).entries).toEqual([])
  })

  it('a trial as a training job: data and order go there, its archive comes back', async () => {
    const store = createStore(
      at('trials'),
      { name: 'churn', data: at('train.csv'), target: 'y', mode: 'hpo', maxCandidates: 9, seed: 1, workers: 2, backend: 'sagemaker-training', definitionsOnly: false, cloud: { role: ROLE, storage: 's3://lake/t', image: 'glasspilot' } }, // prettier-ignore
      '0.0.0',
    )
    const { candidates, objective } = await prepareExperiment(store, () => {})
    const candidate = candidates[0]!
    const request = { id: 3, candidate: candidate.name, definition: definitionHash(candidate), params: defaults(candidate.space), seed: 3 } // prettier-ignore
    const job = { request, candidate, objective }
    const run = 's3://lake/t/churn-0a0b0c0d'
    openLedger(at('trials', 'cloud.jsonl')).add({ kind: 'prefix', name: run, region: 'us-east-1' })
    const trial = { ...identityOf(job), state: 'COMPLETE' as const, metrics: { F1: 0.25 } }
    const text = (value: object) => Buffer.from(JSON.stringify(value))
    const archive = packTarGz([
      { name: 'result.json', bytes: text({ trial }) },
      { name: 'outputs.bin', bytes: Buffer.from('o') },
      { name: 'pipeline.bin', bytes: Buffer.from('p') },
      { name: 'trial.json', bytes: text({ formatVersion: FORMAT_VERSION, trial }) },
    ])
    writeFileSync(at('model.tar.gz'), archive)
    await cloud().put(`${run}/output/churn-0a0b0c0d-t0003/output/model.tar.gz`, { file: at('model.tar.gz') })
    const executor = openTrainingJobs(store, () => {}, cloud)
    const free = { softSeconds: Infinity, hardSeconds: 3600 }
    expect(await executor.submit(job, { time: () => free, onStart: () => {} })).toEqual(trial)
    await executor.close()
    store.close()
    const described = await cloud().call('DescribeTrainingJob', { TrainingJobName: 'churn-0a0b0c0d-t0003' }) // prettier-ignore
    expect(described).toMatchObject({ HyperParameters: { trial: '3' }, ResourceConfig: { InstanceCount: 1 } }) // prettier-ignore
    expect(await cloud().list(`${run}/data/`)).toContain(`${run}/data/split.bin`)
  })

  it('figures arrive in CloudWatch once', async () => {
    await sendMetrics(cloud(), metricRequests({ rows: 7, columns: [], alerts: [] }, { endpoint: 'churn', schedule: 'daily' })) // prettier-ignore
    const program = `
import boto3, datetime, json
client = boto3.client("cloudwatch", endpoint_url="http://127.0.0.1:${port}", region_name="us-east-1")
now = datetime.datetime.now(datetime.timezone.utc)
found = client.get_metric_statistics(Namespace="/aws/sagemaker/Endpoints/data-metric", MetricName="rows", Period=86400,
    Dimensions=[dict(Name="EndpointName", Value="churn"), dict(Name="ScheduleName", Value="daily")],
    StartTime=now - datetime.timedelta(days=1), EndTime=now + datetime.timedelta(days=1), Statistics=["Sum", "SampleCount"])
print(json.dumps([[point["Sum"], point["SampleCount"]] for point in found["Datapoints"]]))
`
    const { stdout, stderr } = spawnSync(python, ['-c', program], {
      encoding: 'utf8',
      env: { ...process.env, ...KEYS },
    })
    expect([stdout.trim(), stderr]).toEqual(['[[7.0, 1.0]]', ''])
  })

  it('lacks what it is said to lack, and only that was answered for it', async () => {
    const once = openCloud(place(), { credentials, attempts: 1 })
    for (const operation of LACKING)
      await expect(once.call(operation, {}), operation).rejects.toMatchObject({ status: 500 })
    expect([...asked].filter(operation => LACKING.includes(operation))).toEqual([LACKING[0]])
  })
})
