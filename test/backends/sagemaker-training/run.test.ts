import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { readExperiment } from '../../../src/experiment/store.ts'
import type { ApiServer } from '../../../src/api/server.ts'
import { glasspilot, temporaryFolder, writeTable } from '../../helpers/cli.ts'
import { apiFor, call, ROLE } from '../../api/client.ts'
import { between } from '../sagemaker/between.ts'

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
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '7', '--output', output, '--json', ...more],
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
    expect((await jobs()).map(({ TrainingJobStatus }) => TrainingJobStatus)).toEqual(Array(7).fill('Completed')) // prettier-ignore
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
})
