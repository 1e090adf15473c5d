import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { readExperiment } from '../../../src/experiment/store.ts'
import type { ApiServer } from '../../../src/api/server.ts'
import { glasspilot, temporaryFolder, writeTable } from '../../helpers/cli.ts'
import { apiFor, call, ROLE } from '../../api/client.ts'
import type { PlannedCall } from '../../../src/backends/sagemaker/calls.ts'
import { between } from '../sagemaker/between.ts'
import { complaintsOfBotocore, hasBotocore } from '../sagemaker/botocore.ts'

const folder = temporaryFolder()
const start = apiFor()
const at = (...parts: string[]) => join(folder, ...parts)
const IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/glasspilot:latest'
const CLOUD = [
  '--backend',
  'sagemaker-training',
  '--role',
  ROLE,
  '--s3',
  's3://lake/trials',
  '--training-image',
  IMAGE,
]
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIACANARY0000000000', AWS_SECRET_ACCESS_KEY: 'canary-secret' }

describe('trials of an experiment as training jobs', () => {
  let api: ApiServer
  let env: Record<string, string> = {}
  const others: Server[] = []
  afterAll(() => others.forEach(server => server.close()))
  beforeAll(async () => {
    mkdirSync(at('buckets', 'lake'), { recursive: true })
    writeTable(at('train.csv'), 'binary', 300)
    writeTable(at('test.csv'), 'binary', 100, 5)
    api = await start(at('buckets'), { trainingAtOnce: 2 })
    env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${api.port}`, GLASSPILOT_POLL_MS: '50' }
  })
  const run = (output: string, ...more: string[]) =>
    glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '4', '--output', output, '--json', ...more],
      { cwd: folder, env },
    )
  const jobs = async () =>
    (await call(api.port, 'ListTrainingJobs', { MaxResults: 100 })).body['TrainingJobSummaries'] as {
      TrainingJobName: string
      TrainingJobStatus: string
    }[]

  it('give the same leaderboard, byte for byte, and the same model as trials on this machine', async () => {
    const there = await run('there', '--test', 'test.csv', '--workers', '2', ...CLOUD)
    expect([there.code, there.code === 0 ? '' : there.stderr]).toEqual([0, ''])
    const here = await run('here', '--test', 'test.csv', '--workers', '1')
    expect(here.code).toBe(0)
    for (const name of ['leaderboard.csv', 'evaluation.json', 'model/model.onnx', 'candidates.json'])
      expect([name, readFileSync(at('there', name)).equals(readFileSync(at('here', name)))]).toEqual([name, true]) // prettier-ignore
    expect((await jobs()).map(({ TrainingJobStatus }) => TrainingJobStatus)).toEqual(Array(4).fill('Completed')) // prettier-ignore
    for (const { id, state } of readExperiment(at('there')).trials)
      if (state === 'COMPLETE')
        expect(readdirSync(at('there', 'trials', String(id).padStart(4, '0'))).sort()).toEqual([
          'outputs.bin',
          'pipeline.bin',
          'trial.json',
        ])
  }, 120_000)

  it('leave only their files in the ledger, and nothing once it is cleaned', async () => {
    expect(openLedger(at('there', 'cloud.jsonl')).entries.map(({ kind }) => kind)).toEqual(['prefix'])
    expect((await glasspilot(['cloud', 'clean', 'there'], { cwd: folder, env })).code).toBe(0)
    const left = readdirSync(at('buckets', 'lake'), { recursive: true, withFileTypes: true })
    expect(left.filter(entry => entry.isFile())).toEqual([])
  })

  it('lose nothing when requests are throttled, fail or are cut off', async () => {
    const proxy = between(
      () => api.port,
      count => (count % 7 === 1 ? 400 : count % 7 === 3 ? 500 : count % 7 === 5 ? 'cut' : 'pass'),
    )
    others.push(proxy.server)
    const spoilt = await glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '2', '--seed', '1', '--output', 'spoilt', '--json', ...CLOUD], // prettier-ignore
      { cwd: folder, env: { ...env, AWS_ENDPOINT_URL: `http://127.0.0.1:${await proxy.port}` } },
    )
    expect(spoilt.code).toBe(0)
    expect(JSON.parse(spoilt.stdout)).toMatchObject({ trials: 2, failed: 0 })
    expect(openLedger(at('spoilt', 'cloud.jsonl')).entries.map(({ kind }) => kind)).toEqual(['prefix'])
  }, 120_000)

  it('go on where a killed client left them: no trial is begun twice, and the leaderboard is the same', async () => {
    const before = (await jobs()).length
    const made = () => openLedger(at('killed', 'cloud.jsonl')).entries.map(({ kind }) => kind)
    const killed = await glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '4', '--output', 'killed', ...CLOUD],
      {
        cwd: folder,
        env,
        onStderr: (_, kill) => {
          const timer = setInterval(() => {
            if (made().filter(kind => kind === 'training-job').length === 0) return
            clearInterval(timer)
            setTimeout(() => kill('SIGKILL'), 300)
          }, 20)
        },
      },
    )
    expect(killed.code).toBe(null)
    expect(made()).toContain('training-job')
    const resumed = await glasspilot(['resume', 'killed', '--json', '--quiet'], { cwd: folder, env })
    expect([resumed.code, resumed.code === 0 ? '' : resumed.stderr]).toEqual([0, ''])
    expect((await jobs()).length - before).toBe(4)
    expect(readFileSync(at('killed', 'leaderboard.csv'))).toEqual(readFileSync(at('here', 'leaderboard.csv')))
  }, 120_000)

  it('are stopped when the experiment is, and nothing runs on', async () => {
    let asked = false
    const { code } = await glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '40', '--seed', '3', '--output', 'stopped', ...CLOUD], // prettier-ignore
      {
        cwd: folder,
        env,
        onStderr: (text, kill) => {
          if (asked || !/tuning/.test(text)) return
          asked = true
          const timer = setInterval(async () => {
            if (!(await jobs()).some(({ TrainingJobStatus }) => TrainingJobStatus === 'InProgress')) return
            clearInterval(timer)
            kill('SIGINT')
          }, 50)
        },
      },
    )
    expect(code).toBe(130)
    const cleaned = await glasspilot(['cloud', 'clean', 'stopped'], { cwd: folder, env })
    expect(cleaned.code).toBe(0)
    expect((await jobs()).filter(({ TrainingJobStatus }) => !/Completed|Stopped/.test(TrainingJobStatus))).toEqual([]) // prettier-ignore
  }, 120_000)

  it('are planned call by call, none of them made; botocore takes each of them', async () => {
    const nowhere = { ...env, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
    const args = ['run', 'train.csv', '--target', 'y', '--dry-run', '--keep-alive', '10m', ...CLOUD]
    const { code, stdout } = await glasspilot(args, { cwd: folder, env: nowhere })
    expect(code).toBe(0)
    const calls = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as PlannedCall)
    const operations = calls.map(({ operation }) => operation)
    expect(operations.filter(name => name !== 'PutObject')).toEqual([
      'DescribeTrainingJob',
      'CreateTrainingJob',
      'DescribeTrainingJob',
    ])
    expect(operations.filter(name => name === 'PutObject').length).toBeGreaterThan(3)
    if (hasBotocore) expect(complaintsOfBotocore(calls)).toEqual(['', ''])
    const planned = await glasspilot(['plan', 'train.csv', '--target', 'y', ...CLOUD.slice(0, -2)], {
      cwd: folder,
      env: nowhere,
    })
    expect([planned.code, planned.stdout]).toEqual([65, expect.stringContaining('REFUSED --training-image is ""')]) // prettier-ignore
  })
})
