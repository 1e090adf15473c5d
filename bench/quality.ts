import { spawn } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createGunzip } from 'node:zlib'
import Papa from 'papaparse'
import type { JobResult } from '../src/job/job.ts'
import { duration, figure } from '../src/util/text.ts'
import { benchOptions, describeMachine, note } from './harness.ts'

// Scores, seconds and peak memory of whole runs through the command line, on real tables. The test rows are never shown to the
// run: an own test file where the data has one, otherwise every row with fmix32(row + 1) % 5 = 0 (about one in five).

interface Case {
  readonly name: string
  readonly train: string
  readonly test?: string
  readonly target: string
  readonly objective: string
  readonly problemType?: string
  readonly budget: string
}

const CASES: readonly Case[] = [
  { name: 'iris', train: 'iris', target: 'species', objective: 'Accuracy', budget: '30s' },
  { name: 'titanic', train: 'titanic', target: 'Survived', objective: 'AUC', budget: '60s' },
  {
    name: 'adult',
    train: 'adult_train',
    test: 'adult_test',
    target: 'class',
    objective: 'AUC',
    budget: '120s',
  },
  {
    name: 'bank_additional_full',
    train: 'bank_additional_full',
    target: 'y',
    objective: 'AUC',
    budget: '120s',
  },
  { name: 'churn_autopilot', train: 'churn_autopilot', target: 'Churn?', objective: 'F1', budget: '60s' },
  {
    name: 'california_housing',
    train: 'california_housing',
    target: 'median_house_value',
    objective: 'RMSE',
    budget: '120s',
  },
  { name: 'diamonds', train: 'diamonds', target: 'price', objective: 'RMSE', budget: '120s' },
  {
    name: 'covertype_20k',
    train: 'covertype_20k',
    target: 'Cover_Type',
    objective: 'Accuracy',
    budget: '180s',
  },
  {
    name: 'mnist',
    train: 'mnist_train',
    test: 'mnist_test',
    target: 'label',
    objective: 'Accuracy',
    budget: '10m',
  },
]

interface Row {
  readonly dataset: string
  readonly rows: number
  readonly metric: string
  /** On rows no model of the run learnt from; what the leaderboard says. */
  readonly reported: number
  /** On the test rows. */
  readonly test: number
  readonly trials: number
  readonly failed: number
  readonly model: string
  readonly seconds: number
  readonly budget: string
  /** Of the process and all its children together. */
  readonly peakGigabytes: number
  readonly firstModelSeconds: number
}

/** The mixing step of MurmurHash3, so that the split is the same everywhere. */
function isTestRow(row: number): boolean {
  let h = row + 1
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return (h >>> 0) % 5 === 0
}

async function splitFile(path: string, folder: string): Promise<{ train: string; test: string }> {
  const pieces: Buffer[] = []
  for await (const chunk of createReadStream(path).pipe(createGunzip())) pieces.push(chunk as Buffer)
  const { data } = Papa.parse<string[]>(
    Buffer.concat(pieces)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
    { skipEmptyLines: true },
  )
  const [header, ...rows] = data
  const write = (name: string, keep: boolean) => {
    const file = join(folder, name)
    writeFileSync(file, Papa.unparse([header!, ...rows.filter((_, row) => isTestRow(row) === keep)]))
    return file
  }
  return { train: write('train.csv', false), test: write('test.csv', true) }
}

/** Resident bytes of a process and its descendants (Linux). */
function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
    return pages * 4096 + children.reduce((sum, child) => sum + residentBytes(child), 0)
  } catch {
    return 0
  }
}

async function measure(entry: Case, data: string): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-quality-'))
  try {
    const file = (name: string) => join(data, `${name}.csv.gz`)
    const { train, test } = entry.test
      ? { train: file(entry.train), test: file(entry.test) }
      : await splitFile(file(entry.train), folder)
    const args = ['run', train, '--target', entry.target, '--test', test, '--objective', entry.objective]
    if (entry.problemType) args.push('--problem-type', entry.problemType)
    const started = performance.now()
    const child = spawn(
      process.execPath,
      [
        resolve('dist/cli/main.js'),
        ...args,
        '--budget',
        entry.budget,
        '--output',
        join(folder, 'out'),
        '--json',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let peak = 0
    let firstModelSeconds = NaN
    let stdout = ''
    const watch = setInterval(() => (peak = Math.max(peak, residentBytes(child.pid!))), 250)
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      const text = chunk.toString()
      process.stderr.write(text)
      if (Number.isNaN(firstModelSeconds) && /trial \d+ /.test(text))
        firstModelSeconds = (performance.now() - started) / 1000
    })
    const code = await new Promise<number | null>(done => child.on('close', done))
    clearInterval(watch)
    const seconds = (performance.now() - started) / 1000
    if (code !== 0) throw new Error(`${entry.name}: exit code ${code}`)
    const result = JSON.parse(stdout) as JobResult
    return {
      dataset: entry.name,
      rows: result.evaluation!.rows,
      metric: entry.objective,
      reported: result.best!.score,
      test: result.best!.holdout!,
      trials: result.trials,
      failed: result.failed,
      model:
        result.best!.members.length > 1
          ? `ensemble of ${result.best!.members.length}`
          : result.best!.candidate,
      seconds,
      budget: entry.budget,
      peakGigabytes: peak / 1e9,
      firstModelSeconds,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const data = process.env['GLASSPILOT_DATASETS']
if (!data || !existsSync(data)) {
  note('bench quality needs real tables: set GLASSPILOT_DATASETS to their folder')
  process.exit(66)
}
const { json, quick } = benchOptions()
/** The value of `--name=value`. */
const given = (name: string) =>
  process.argv.find(argument => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
const only = given('only')?.split(',')
const rows: Row[] = []
for (const entry of CASES) {
  if (only ? !only.includes(entry.name) : quick && entry.name === 'mnist') continue
  const budget = given('budget') ?? (quick ? '30s' : entry.budget)
  rows.push(await measure({ ...entry, budget }, data))
}
if (json)
  process.stdout.write(`${JSON.stringify({ rows, machine: describeMachine(), node: process.version })}\n`)
else {
  const head =
    '| dataset | metric | reported | test | test rows | trials (failed) | model | budget | wall | first model | peak memory |'
  const lines = rows.map(
    row =>
      `| ${row.dataset} | ${row.metric} | ${figure(row.reported, 5)} | ${figure(row.test, 5)} | ${row.rows} | ${row.trials} (${row.failed}) | ${row.model} | ${row.budget} | ${duration(row.seconds)} | ${duration(row.firstModelSeconds)} | ${figure(row.peakGigabytes, 3)} GB |`,
  )
  process.stdout.write(
    `${[head, '|---|---|---|---|---|---|---|---|---|---|---|', ...lines].join('\n')}\n\n${describeMachine()}; node ${process.version}\n`,
  )
}
