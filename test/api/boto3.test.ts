import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type ApiServer } from '../../src/api/server.ts'
import { temporaryFolder, writeTable } from '../helpers/cli.ts'

// The clients of AWS, which nobody here wrote, drive the control plane through the whole journey of the tutorials.

const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'
const hasBoto3 = spawnSync(python, ['-c', 'import boto3']).status === 0
const run = promisify(execFile)
const root = temporaryFolder()
const OPEN = { allowedHosts: [], allowedOrigins: [] }

interface Journey {
  readonly problems: readonly string[]
  readonly stages: readonly string[]
  readonly summaries: readonly string[]
  readonly best: string
  readonly objective: string
  readonly candidates: readonly string[]
  readonly paged: readonly string[]
  readonly trials: number
  readonly resolved: Readonly<Record<string, unknown>>
  readonly notebooks: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<string, string>>
  readonly model_error: string
  readonly transform: string
  readonly tags: readonly (readonly { Key: string }[])[]
}

describe.skipIf(!hasBoto3)('boto3 (skipped where Python has no boto3)', () => {
  let server: ApiServer
  const at = (...parts: string[]) => join(root, 'bucket', ...parts)
  beforeAll(async () => {
    for (const folder of ['train', 'batch']) mkdirSync(at(folder), { recursive: true })
    writeTable(at('train', 'part-0.csv'), 'binary', 400)
    writeTable(join(root, 'new.csv'), 'binary', 30, 9)
    const rows = readFileSync(join(root, 'new.csv'), 'utf8').trimEnd().split('\n').slice(1)
    writeFileSync(join(root, 'rows.csv'), `${rows.map(row => row.replace(/,[^,]*$/, '')).join('\n')}\n`)
    cpSync(join(root, 'rows.csv'), at('batch', 'rows.csv'))
    server = await startApi({ root, host: '127.0.0.1', port: 0, guard: OPEN, jobsAtOnce: 1, log: () => {} })
  })
  afterAll(() => server.close())

  const travel = async (version: string): Promise<Journey> => {
    const program = resolve(import.meta.dirname, 'journey.py')
    const args = [program, `http://127.0.0.1:${server.port}`, 's3://bucket', join(root, 'rows.csv'), version]
    const { stdout } = await run(python, args, { maxBuffer: 1e8 })
    return JSON.parse(stdout) as Journey
  }

  function expectWhole(found: Journey, job: string): void {
    expect(found.problems).toEqual([])
    expect(found.stages[0]).toMatch(/^InProgress\//)
    expect(found.summaries).toContain(job)
    expect([...found.paged].sort()).toEqual([...found.candidates].sort())
    expect(found.candidates[0]).toBe(found.best)
    expect(found.trials).toBeGreaterThanOrEqual(3)
    for (const place of Object.values(found.notebooks))
      expect(existsSync(place.replace('s3:/', root))).toBe(true)
    for (const answer of Object.values(found.answers)) expect(answer.trimEnd().split('\n')).toHaveLength(30)
    const best = found.answers[`${job}-best`]!.trimEnd().split('\n')
    for (const line of best) expect(line).toMatch(/^(yes|no),0?\.?\d+/)
    expect(found.model_error).toContain('400')
    expect(found.transform).toBe('Completed')
    const batch = readFileSync(at('answers', 'rows.csv.out'), 'utf8').trimEnd().split('\n')
    const ages = readFileSync(join(root, 'rows.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => line.split(',')[0])
    expect(batch.map(line => line.split(',')[0])).toEqual(ages)
    expect(batch.map(line => line.split(',')[1])).toEqual(best.map(line => line.split(',')[0]))
    expect(found.tags.map(tags => tags.map(({ Key }) => Key))).toEqual([['team', 'cost'], ['cost']])
  }

  it('puts, gets, lists and deletes files, in frames and in parts', async () => {
    const { stdout } = await run(python, [
      resolve(import.meta.dirname, 's3.py'),
      `http://127.0.0.1:${server.port}`,
    ])
    expect(JSON.parse(stdout)).toEqual({
      keys: ['data/deep/two words & <é>.bin', 'data/one.csv', 'other.txt'],
      level: [['data/one.csv'], ['data/deep/']],
      same: true,
      part: 'b\n',
      head: 8,
      errors: [
        'NoSuchKey',
        'NoSuchBucket',
        expect.stringMatching(/InvalidArgument|NoSuchKey|NoSuchBucket/),
        'InvalidPart',
        'InvalidPartOrder',
        'InvalidArgument',
        'NoSuchUpload',
        'NoSuchUpload',
      ],
      parts: [
        [1, 4],
        [2, 3],
      ],
      joined: 'one,two',
      uploads: [['dropped'], []],
      left: 2,
    })
    expect(readFileSync(join(root, 'lake', 'data', 'one.csv'), 'utf8')).toBe('a,b\n1,2\n')
  })

  it('takes the first version of the API from job to deletion', async () => {
    const found = await travel('V1')
    expectWhole(found, 'churn-v1')
    expect(found.objective).toBe('AUC')
    expect(found.candidates).toHaveLength(3)
    expect(found.stages.at(-1)).toBe('Completed/MaxCandidatesReached')
    expect(found.resolved).toMatchObject({ ProblemType: 'BinaryClassification' })
  })

  it('takes the second version from job to an endpoint that the job made itself', async () => {
    const found = await travel('V2')
    expectWhole(found, 'churn-v2')
    expect(found.resolved).toMatchObject({
      AutoMLJobObjective: { MetricName: 'F1' },
      AutoMLProblemTypeResolvedAttributes: {
        TabularResolvedAttributes: { ProblemType: 'BinaryClassification' },
      },
    })
    for (const label of found.answers['deployed']!.trimEnd().split('\n')) expect(label).toMatch(/^(yes|no)$/)
  })
})
