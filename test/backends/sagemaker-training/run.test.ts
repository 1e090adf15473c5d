import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openLedger } from '../../../src/backends/sagemaker/ledger.ts'
import { readExperiment } from '../../../src/experiment/store.ts'
import { glasspilot, writeTable } from '../../helpers/cli.ts'
import { call, ROLE } from '../../api/client.ts'
import { complaintsOfBotocore, hasBotocore } from '../sagemaker/botocore.ts'
import { callsIn, cloudHere, NOWHERE } from '../sagemaker/here.ts'

const here = cloudHere()
const { folder, at } = here
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

describe('trials of an experiment as training jobs', () => {
  let env: Record<string, string> = {}
  beforeAll(async () => {
    writeTable(at('train.csv'), 'binary', 300)
    writeTable(at('test.csv'), 'binary', 100, 5)
    await here.open({ trainingAtOnce: 2 })
    env = here.env
  })
  const run = (output: string, ...more: string[]) =>
    glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '4', '--output', output, '--json', ...more],
      { cwd: folder, env },
    )
  const jobs = async () =>
    (await call(here.port, 'ListTrainingJobs', { MaxResults: 100 })).body['TrainingJobSummaries'] as {
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
  })

  it('leave only their files in the ledger, and nothing once it is cleaned', async () => {
    expect(openLedger(at('there', 'cloud.jsonl')).entries.map(({ kind }) => kind)).toEqual(['prefix'])
    expect((await glasspilot(['cloud', 'clean', 'there'], { cwd: folder, env })).code).toBe(0)
    const left = readdirSync(at('buckets', 'lake'), { recursive: true, withFileTypes: true })
    expect(left.filter(entry => entry.isFile())).toEqual([])
  })

  it('are scored by a module of one’s own as on this machine; one that needs other files is refused, and nothing is sent', async () => {
    writeFileSync(at('score.mjs'), 'export const score = ({ target, labels }) => labels.filter((label, i) => label === target[i]).length') // prettier-ignore
    writeFileSync(at('needy.mjs'), "import { help } from './help.mjs'\nexport const score = help")
    const scored = ['--objective', 'score.mjs', '--max-candidates', '1', '--seed', '4']
    const there = await run('scored-there', ...scored, ...CLOUD)
    expect([there.code, there.code === 0 ? '' : there.stderr]).toEqual([0, ''])
    expect((await run('scored-here', ...scored)).code).toBe(0)
    const board = (name: string) => readFileSync(at(name, 'leaderboard.csv'), 'utf8')
    expect(board('scored-there')).toBe(board('scored-here'))
    expect(board('scored-there')).toContain('COMPLETE')
    writeFileSync(at('help.mjs'), 'export const help = () => 1')
    const args = 'run train.csv --target y --objective needy.mjs --output needy --quiet'.split(' ')
    const needy = await glasspilot([...args, ...CLOUD], { cwd: folder, env: NOWHERE })
    expect([needy.code, needy.stderr]).toEqual([64, expect.stringContaining('imports "./help.mjs"')])
    expect(needy.stderr.trim().split('\n')).toHaveLength(1)
  })

  it('lose nothing when requests are throttled, fail or are cut off', async () => {
    const through = await here.through(count =>
      count % 7 === 1 ? 400 : count % 7 === 3 ? 500 : count % 7 === 5 ? 'cut' : 'pass',
    )
    const spoilt = await glasspilot(
      ['run', 'train.csv', '--target', 'y', '--max-candidates', '2', '--seed', '1', '--output', 'spoilt', '--json', ...CLOUD], // prettier-ignore
      { cwd: folder, env: through.env },
    )
    expect(spoilt.code).toBe(0)
    expect(JSON.parse(spoilt.stdout)).toMatchObject({ trials: 2, failed: 0 })
    expect(openLedger(at('spoilt', 'cloud.jsonl')).entries.map(({ kind }) => kind)).toEqual(['prefix'])
  })

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
  })

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
  })

  it('are planned call by call, none of them made; botocore takes each of them', async () => {
    const args = ['run', 'train.csv', '--target', 'y', '--dry-run', '--keep-alive', '10m', ...CLOUD]
    const { code, stdout } = await glasspilot(args, { cwd: folder, env: NOWHERE })
    expect(code).toBe(0)
    const calls = callsIn(stdout)
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
      env: NOWHERE,
    })
    expect([planned.code, planned.stdout]).toEqual([65, expect.stringContaining('REFUSED --training-image is ""')]) // prettier-ignore
  })
})
