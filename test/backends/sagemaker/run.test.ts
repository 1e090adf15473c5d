import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openCloud, placeFrom } from '../../../src/backends/sagemaker/client.ts'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { jobName, trialOf } from '../../../src/backends/sagemaker/mapping.ts'
import { readExperiment } from '../../../src/experiment/store.ts'
import { glasspilot, writeTable } from '../../helpers/cli.ts'
import { complaintsOfBotocore, hasBotocore } from './botocore.ts'
import { callsIn, cloudHere, KEYS, NOWHERE } from './here.ts'

const here = cloudHere()
const { folder, at } = here
const ROLE = 'arn:aws:iam::123456789012:role/Glasspilot'
const CANARY = KEYS.AWS_SECRET_ACCESS_KEY
const CLOUD = ['--backend', 'sagemaker', '--role', ROLE, '--s3', 's3://lake/glasspilot']

describe('an experiment as an AutoML job', () => {
  let env: Record<string, string> = {}
  beforeAll(async () => {
    writeTable(at('train.csv'), 'binary', 600)
    writeTable(at('test.csv'), 'binary', 200, 5)
    writeTable(at('small.csv'), 'binary', 100)
    await here.open()
    env = { ...here.env, AWS_SESSION_TOKEN: `${CANARY}-token` }
  })

  it('gives the same folder: leaderboard, notebooks, a model that predicts, and a ledger', async () => {
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--test',
      'test.csv',
      '--max-candidates',
      '3',
      '--output',
      'cloud',
      '--json',
      ...CLOUD,
    ]
    const { code, stdout, stderr } = await glasspilot(args, { cwd: folder, env })
    expect([code, stderr]).toEqual([0, expect.stringContaining('SageMaker: ')])
    const result = JSON.parse(stdout) as {
      best: { candidate: string; score: number; holdout: number }
      trials: number
    }
    const { trials, records } = readExperiment(at('cloud'))
    expect(trials.length).toBe(result.trials)
    expect(trials.filter(({ state }) => state === 'COMPLETE').length).toBeGreaterThanOrEqual(3)
    expect(records.at(-1)!.type).toBe('finished')
    expect(result.best.score).toBeGreaterThan(0.5)
    expect(result.best.holdout).toBeGreaterThan(0.5)
    const board = await glasspilot(['leaderboard', 'cloud', '--json'], { cwd: folder })
    const [first] = JSON.parse(board.stdout) as { candidate: string; algorithm: string }[]
    expect(first!.candidate).toBe(result.best.candidate)
    expect(
      readdirSync(at('cloud', 'notebooks')).filter(name => name.startsWith('SageMakerAutopilot')),
    ).toHaveLength(2)
    const predicted = await glasspilot(['predict', 'cloud', 'test.csv'], { cwd: folder })
    expect(predicted.stdout.trimEnd().split('\n')).toHaveLength(201)
    const status = await glasspilot(['cloud', 'status', 'cloud', '--json'], { cwd: folder, env })
    const items = JSON.parse(status.stdout) as { kind: string; state: string }[]
    expect(items.map(({ kind }) => kind)).toEqual(['object', 'prefix', 'automl-job'])
    expect(items[2]!.state).toMatch(/^Completed/)
  })

  it('goes on with the job that is there, and makes nothing twice', async () => {
    const again = await glasspilot(['resume', 'cloud', '--json', '--quiet'], { cwd: folder, env })
    expect(again.code).toBe(0)
    expect(readdirSync(at('buckets', '.glasspilot', 'jobs'))).toHaveLength(1)
  })

  it('writes no secret anywhere', () => {
    for (const place of ['cloud', 'buckets']) {
      for (const name of readdirSync(at(place), { recursive: true, encoding: 'utf8' })) {
        const path = at(place, name)
        const text =
          existsSync(path) &&
          !readdirSync(join(path, '..'), { withFileTypes: true })
            .find(entry => join(path, '..', entry.name) === path)!
            .isDirectory()
            ? readFileSync(path, 'latin1')
            : ''
        expect([name, text.includes(CANARY) || text.includes(KEYS.AWS_ACCESS_KEY_ID)]).toEqual([name, false])
      }
    }
  })

  it('deletes what it made, and nothing else', async () => {
    writeFileSync(at('buckets', 'lake', 'other.csv'), 'mine')
    const { code } = await glasspilot(['cloud', 'clean', 'cloud'], { cwd: folder, env })
    expect(code).toBe(0)
    const left = readdirSync(at('buckets', 'lake'), {
      recursive: true,
      encoding: 'utf8',
      withFileTypes: true,
    }).filter(entry => entry.isFile())
    expect(left.map(({ name }) => name)).toEqual(['other.csv'])
    expect(
      (await glasspilot(['cloud', 'status', 'cloud', '--json'], { cwd: folder, env })).stdout.trim(),
    ).toBe('[]')
  })

  it('loses nothing when requests are throttled, fail or are cut off', async () => {
    const spoilt = await here.through(count =>
      count % 5 === 1 ? 400 : count % 5 === 2 ? 500 : count % 5 === 3 ? 'cut' : 'pass',
    )
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--max-candidates',
      '2',
      '--output',
      'spoilt',
      '--json',
      '--quiet',
      '--seed',
      '1',
      ...CLOUD,
    ]
    const { code, stdout } = await glasspilot(args, { cwd: folder, env: spoilt.env })
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as { trials: number }).trials).toBeGreaterThanOrEqual(2)
    expect(spoilt.count()).toBeGreaterThan(10)
    expect(openLedger(at('spoilt', 'cloud.jsonl')).entries).toHaveLength(3)
  })

  it('says in one sentence what the service would refuse, and sends nothing', async () => {
    const args = ['small.csv', '--target', 'y', '--backend', 'sagemaker', '--role', 'me', '--s3', 'bucket']
    const planned = await glasspilot(['plan', ...args], { cwd: folder, env: NOWHERE })
    expect(planned.code).toBe(65)
    expect(planned.stdout).toContain('REFUSED the table has 100 rows: at least 500')
    expect(planned.stdout).toContain('--role is "me"')
    const run = await glasspilot(['run', ...args, '--output', 'refused', '--quiet'], {
      cwd: folder,
      env: NOWHERE,
    })
    expect(run.code).toBe(64)
    expect(run.stderr).toContain('E_CLOUD_REFUSED')
    expect(
      (await glasspilot(['run', 'small.csv', '--target', 'y', '--backend', 'sagemaker'], { cwd: folder }))
        .stderr,
    ).toContain('E_CLOUD_SETTINGS')
  })

  it('prints every call and makes none with --dry-run; botocore takes each of them', async () => {
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--budget',
      '10m',
      '--mode',
      'hpo',
      '--dry-run',
      ...CLOUD,
    ]
    const { code, stdout } = await glasspilot(args, { cwd: folder, env: NOWHERE })
    expect(code).toBe(0)
    const calls = callsIn(stdout)
    expect(calls.map(({ operation }) => operation)).toEqual([
      'DescribeAutoMLJobV2',
      'PutObject',
      'CreateAutoMLJobV2',
      'DescribeAutoMLJobV2',
      'ListCandidatesForAutoMLJob',
      'DescribeTrainingJob',
    ])
    if (!hasBotocore) return
    expect(complaintsOfBotocore(calls)).toEqual(['', ''])
  })

  it('stops the job of the service when it is stopped here', async () => {
    const args = [
      'run',
      'train.csv',
      '--target',
      'y',
      '--max-candidates',
      '300',
      '--output',
      'stopped',
      '--seed',
      '2',
      ...CLOUD,
    ]
    let asked = false
    const { code } = await glasspilot(args, {
      cwd: folder,
      env,
      onStderr: (text, kill) => {
        if (asked || !/SageMaker: (TrainingModels|ModelTuning)/.test(text)) return
        asked = true
        kill('SIGINT')
      },
    })
    expect(code).toBe(130)
    const status = await glasspilot(['cloud', 'status', 'stopped', '--json'], { cwd: folder, env })
    expect(status.stdout).toMatch(/"state":"Stop(ped|ping)/)
  })
})

describe('the parts', () => {
  it('only https, or this machine, is talked to', () => {
    expect(placeFrom('eu-west-1', {})).toEqual({ region: 'eu-west-1' })
    expect(placeFrom(undefined, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9/' })).toEqual({
      region: 'us-east-1',
      sagemaker: 'http://127.0.0.1:9',
      runtime: 'http://127.0.0.1:9',
      cloudwatch: 'http://127.0.0.1:9',
      s3: 'http://127.0.0.1:9',
    })
    for (const AWS_ENDPOINT_URL of [
      'http://example.com',
      'ftp://127.0.0.1',
      'nonsense',
      'http://127.0.0.1.example.com',
    ])
      expect(() => placeFrom(undefined, { AWS_ENDPOINT_URL })).toThrow('cannot be used')
  })

  it('a server that is not there is said so after the last attempt, and refusals are not tried again', async () => {
    const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' })
    const nobody = openCloud(
      { region: 'us-east-1', sagemaker: 'http://127.0.0.1:1' },
      { credentials, attempts: 2, firstDelayMs: 1 },
    )
    await expect(nobody.call('ListAutoMLJobs', {})).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      exit: 'unreachable',
    })
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.writeHead(400).end('{"__type":"com.amazon#AccessDeniedException","Message":"no"}')
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const place = { region: 'us-east-1', sagemaker: `http://127.0.0.1:${port}` }
    await expect(
      openCloud(place, { credentials, firstDelayMs: 1 }).call('ListAutoMLJobs', {}),
    ).rejects.toMatchObject({ type: 'AccessDeniedException' })
    expect(asked).toBe(1)
    server.close()
  })

  it('expired credentials are asked for again', async () => {
    let issued = 0
    const seen: string[] = []
    const server = createServer((request, response) => {
      const key = /Credential=(\w+)/.exec(request.headers.authorization ?? '')![1]!
      seen.push(key)
      if (key === 'K1') response.writeHead(400).end('{"__type":"ExpiredTokenException","message":"old"}')
      else response.end('{"ok":1}')
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const credentials = async () => ({ accessKeyId: `K${++issued}`, secretAccessKey: 'b' })
    const cloud = openCloud(
      { region: 'us-east-1', sagemaker: `http://127.0.0.1:${port}` },
      { credentials, firstDelayMs: 1 },
    )
    expect(await cloud.call('ListAutoMLJobs', {})).toEqual({ ok: 1 })
    expect(seen).toEqual(['K1', 'K2'])
    server.close()
  })

  it('a ledger survives a line that was cut off', () => {
    const path = at('ledger.jsonl')
    const entry = (name: string) => ({ kind: 'object' as const, name, region: 'r' })
    const first = openLedger(path)
    first.add(entry('a'))
    first.add(entry('b'))
    first.add(entry('a'))
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -12))
    const second = openLedger(path)
    expect(second.entries).toEqual([entry('a')])
    second.add(entry('c'))
    second.strike(entry('a'))
    expect(openLedger(path).entries).toEqual([entry('c')])
  })

  it('a job name has at most 32 characters and is one of its experiment', () => {
    const spec = (name: string) =>
      ({
        name,
        data: 'x',
        target: 'y',
        mode: 'auto',
        maxCandidates: 1,
        seed: 0,
        workers: 1,
        definitionsOnly: false,
        backend: 'sagemaker',
      }) as const
    const long = jobName(spec('a-very-long-name-of-an-experiment-indeed'), 'f00')
    expect(long).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$/)
    expect(jobName(spec('x'), 'f00')).not.toBe(jobName(spec('x'), 'f01'))
  })

  it('metrics of a candidate keep their precision, and names of algorithms do not count', () => {
    const trial = trialOf(
      {
        CandidateName: 'c',
        CandidateStatus: 'Completed',
        CandidateSteps: [],
        FinalAutoMLJobObjectiveMetric: {
          MetricName: 'validation:f1_binary',
          StandardMetricName: 'F1',
          Value: 0.99,
        },
        CandidateProperties: { CandidateMetrics: [{ MetricName: 'AUC', StandardMetricName: 'AUC', Value: 0.123456789012, Set: 'Validation' }, { StandardMetricName: 'LogLoss', Value: 0.3 }, { MetricName: 'AUC', Value: 1, Set: 'Train' }] }, // prettier-ignore
      },
      'F1',
      7,
      { algorithm: 'x', params: {} },
    )
    expect(trial).toMatchObject({
      id: 7,
      state: 'COMPLETE',
      metrics: { F1: 0.99, AUC: 0.123456789012, LogLoss: 0.3 },
    })
    const failed = trialOf(
      { CandidateName: 'd', CandidateStatus: 'Completed', CandidateSteps: [] },
      'F1',
      8,
      { algorithm: 'x', params: {} },
    )
    expect(failed).toMatchObject({ state: 'FAILED' })
  })
})
