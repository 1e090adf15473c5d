import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { JobResult } from '../src/job/job.ts'
import { figure } from '../src/util/text.ts'
import { benchOptions, describeMachine, note } from './harness.ts'

// What a budget promises, on tables small and large, long and wide: a model within min(5 s, 10 %), the end within max(5 s, 5 %) of
// it, at least 90 % of it used or an early end that says why. Wall seconds of the whole command, from its start to its last byte.
// node bench/run.mjs budgets [--quick] [--budgets=10,30] [--only=iris,adult] [--cli=dist/cli/main.js] [--json]

const TABLES = [
  { name: 'iris', file: 'iris', target: 'species' },
  { name: 'adult', file: 'adult_train', target: 'class' },
  { name: 'arcene', file: 'arcene_train', target: 'Class' },
  { name: 'mnist', file: 'mnist_train', target: 'label' },
] as const
const BUDGETS = [10, 30, 60, 300]

interface Row {
  readonly dataset: string
  readonly budget: number
  readonly wall: number
  /** When the first trial ended, and the first that is more than a constant answer. */
  readonly firstModel: number
  readonly firstLearnt: number
  readonly trials: number
  readonly score: number
  readonly metric: string
  /** Why it ended early, when it did. */
  readonly ended: string
  readonly load: number
  readonly misses: readonly string[]
}

const given = (name: string) =>
  process.argv.find(argument => argument.startsWith(`--${name}=`))?.slice(name.length + 3)

async function measure(
  { name, file, target }: (typeof TABLES)[number],
  budget: number,
  data: string,
): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-budgets-'))
  try {
    const out = join(folder, 'out')
    const args = ['run', join(data, `${file}.csv.gz`), '--target', target, '--budget', `${budget}s`]
    const started = performance.now()
    const child = spawn(
      process.execPath,
      [resolve(given('cli') ?? 'dist/cli/main.js'), ...args, '--output', out, '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let firstModel = Infinity
    let firstLearnt = Infinity
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      const now = (performance.now() - started) / 1000
      if (firstModel === Infinity && /trial \d+ +\S+ +\w+ [\d.-]+/.test(stderr)) firstModel = now
      if (firstLearnt === Infinity && /trial \d+ +(?!\S*baseline)\S+ +\w+ [\d.-]+/.test(stderr))
        firstLearnt = now
    })
    const code = await new Promise<number | null>(done => child.on('close', done))
    const wall = (performance.now() - started) / 1000
    if (code !== 0) note(stderr)
    const result = code === 0 ? (JSON.parse(stdout) as JobResult) : undefined
    const ended = /(?:ended early|converged): (.*)/.exec(stderr)?.[1] ?? ''
    const misses = [
      ...(result?.best ? [] : ['no model']),
      ...(firstModel > Math.min(5, 0.1 * budget) ? ['late model'] : []),
      ...(firstLearnt > Math.min(5, 0.1 * budget) ? ['late learnt model'] : []),
      ...(wall > budget + Math.max(5, 0.05 * budget) ? ['late end'] : []),
      ...(wall < 0.9 * budget && (ended === '' || /no trial fits/.test(ended)) ? ['unused'] : []),
    ]
    return {
      dataset: name,
      budget,
      wall,
      firstModel,
      firstLearnt,
      trials: result?.trials ?? 0,
      score: result?.best?.score ?? NaN,
      metric: result?.objective.name ?? '',
      ended,
      load: loadavg()[0]!,
      misses,
    }
  } finally {
    if (given('keep') === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

const data = process.env['GLASSPILOT_DATASETS']
if (!data || !existsSync(data)) {
  note('bench budgets needs real tables: set GLASSPILOT_DATASETS to their folder')
  process.exit(66)
}
const { json, quick } = benchOptions()
const only = given('only')?.split(',')
const budgets = given('budgets')?.split(',').map(Number) ?? (quick ? [10] : BUDGETS)
const rows: Row[] = []
const head =
  '| dataset | budget | wall | first model | first learnt | trials | score | load | promise |\n|---|---|---|---|---|---|---|---|---|'
if (!json) process.stdout.write(`${head}\n`)
for (const budget of budgets) {
  for (const table of TABLES) {
    if (only && !only.includes(table.name)) continue
    const row = await measure(table, budget, data)
    rows.push(row)
    const kept =
      row.misses.length > 0 ? `MISS: ${row.misses.join(', ')}` : row.ended ? `kept; ${row.ended}` : 'kept'
    if (!json)
      process.stdout.write(
        `| ${row.dataset} | ${budget} s | ${row.wall.toFixed(1)} s | ${row.firstModel.toFixed(1)} s | ${row.firstLearnt.toFixed(1)} s | ${row.trials} | ${row.metric} ${figure(row.score, 5)} | ${row.load.toFixed(1)} | ${kept} |\n`,
      )
  }
}
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
if (json)
  process.stdout.write(
    `${JSON.stringify({ rows, machine: describeMachine(), version, node: process.version })}\n`,
  )
else process.stdout.write(`\n${describeMachine()}; node ${process.version}; glasspilot ${version}\n`)
