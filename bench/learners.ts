import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { algorithms } from '../src/algorithms/index.ts'
import type { Examples } from '../src/algorithms/algorithm.ts'
import type { Candidate } from '../src/candidates/candidate.ts'
import { proposeCandidates } from '../src/candidates/index.ts'
import type { Column, Dataset, Target, Task } from '../src/data/dataset.ts'
import { takeRows } from '../src/data/dataset.ts'
import type { Features } from '../src/data/features.ts'
import { readDataset } from '../src/data/read.ts'
import { makeTarget } from '../src/data/target.ts'
import { evaluate } from '../src/metrics/index.ts'
import { predictModel } from '../src/models/index.ts'
import { defaults } from '../src/params/space.ts'
import { applyTransforms, fitTransforms } from '../src/pipeline/features.ts'
import { profileDataset } from '../src/profile/index.ts'
import { splitRows } from '../src/split/index.ts'
import { figure } from '../src/util/text.ts'
import { describeMachine, median, note, pythonVersions, startPython } from './harness.ts'

// Boosted trees at their defaults, ours and others', on the same test rows of real tables: a fifth of the rows, several seeds. Ours
// hold back a tenth of their training rows to stop early, as in the product; the others fit their default rounds on all of them.
// Text columns are left out for all; the others are told which columns are categories; --codes: all numbers are. --only=NAME,… --seeds=N --quick --json

const NAMES = 'titanic churn_autopilot telco_customer_churn german_credit credit_approval hr_attrition bank_churn_modelling mammography sick_thyroid amazon_employee_access satimage splice nursery soybean covertype_20k kin8nm cpu_act abalone wine_quality_red california_housing elevators house_prices_ames'.split(' ') // prettier-ignore
const OURS = ['gbt-depthwise', 'gbt-leafwise', 'gbt-oblivious']
const PEERS = ['lightgbm', 'xgboost', 'catboost']

const argument = (name: string) =>
  process.argv.find(text => text.startsWith(`--${name}=`))?.slice(name.length + 3)
const data = process.env['GLASSPILOT_DATASETS']
if (!data || !existsSync(data)) {
  note('bench learners needs real tables: set GLASSPILOT_DATASETS to their folder')
  process.exit(66)
}
const manifest = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as {
  readonly name: string
  readonly target: string
  readonly task: Task
}[]
const quick = process.argv.includes('--quick')
const versions = pythonVersions(PEERS)
const peers = PEERS.filter(name => versions[name] !== undefined)
const python = peers.length > 0 ? startPython<{ seconds: number }>('bench/peers/learners.py') : undefined
const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))
const file = (name: string) => join(folder, `${name}.bin`)

interface Table {
  readonly dataset: Dataset
  readonly target: Target
  readonly candidates: readonly Candidate[]
}

async function open(name: string): Promise<Table> {
  const { target: targetName, task } = manifest.find(entry => entry.name === name)!
  const read = (overrides: Record<string, 'categorical'> = {}) =>
    readDataset(join(data!, `${name}.csv.gz`), { target: targetName, overrides })
  const first = await read()
  const codes = first.schema.columns.filter(({ kind, use }) => use === 'feature' && kind === 'numeric')
  const { dataset: table, schema } = process.argv.includes('--codes')
    ? await read(Object.fromEntries(codes.map(column => [column.name, 'categorical'])))
    : first
  const made = makeTarget(table, targetName, task)
  const features = new Set(
    schema.columns.filter(({ use, kind }) => use === 'feature' && kind !== 'text').map(column => column.name),
  )
  const columns = table.columns.filter(column => features.has(column.name) || column.name === targetName)
  const profile = await profileDataset(
    { ...table, columns },
    { columns: schema.columns.filter(column => columns.some(({ name: kept }) => kept === column.name)) },
    { target: targetName, made, seed: 0 },
  )
  const { target } = made
  const learnable = { ...table, columns: columns.filter(column => column.name !== targetName) }
  const plan = proposeCandidates(profile, {
    task: target.task,
    rows: Math.round(0.72 * made.rows.length),
    classes: target.classes.length,
    algorithms,
    most: 30,
  })
  return { dataset: takeRows(learnable, made.rows), target, candidates: plan }
}

const part = (target: Target, rows: Int32Array): Float64Array =>
  Float64Array.from(rows, row => target.values[row]!)

/** A fifth of the rows for the test, a tenth of the others to stop early. */
function split(target: Target, seed: number) {
  const outer = splitRows(target, { seed, folds: 1 }).folds[0]!
  const inner = splitRows({ ...target, values: part(target, outer.train) }, { seed: seed + 1000, folds: 10 })
    .folds[0]!
  const back = (rows: Int32Array) => rows.map(row => outer.train[row]!)
  return { train: outer.train, test: outer.validation, fit: back(inner.train), stop: back(inner.validation) }
}

async function ours(name: string, { dataset, target, candidates }: Table, seed: number) {
  const algorithm = algorithms.find(one => one.name === name)!
  const candidate = candidates.find(
    one => one.algorithm === name && ['plain', 'boosting'].includes(one.role),
  )!
  const { fit, stop, test } = split(target, seed)
  const started = performance.now()
  const context = { seed, task: target.task, classes: target.classes.length, target: part(target, fit) }
  const { fitted, features } = fitTransforms({ groups: candidate.groups, merged: candidate.merged }, dataset, fit, context) // prettier-ignore
  const examples = (given: Features, rows: Int32Array): Examples => ({
    features: given,
    target: part(target, rows),
  })
  const model = await algorithm.fit(
    {
      ...examples(features, fit),
      task: target.task,
      classes: target.classes.length,
      validation: examples(applyTransforms(fitted, dataset, stop), stop),
    },
    { ...candidate.static, ...defaults(candidate.space) },
    { seed, signal: new AbortController().signal, deadline: Infinity, threads: 1 },
  )
  const seconds = (performance.now() - started) / 1000
  return { seconds, outputs: await predictModel(model, applyTransforms(fitted, dataset, test)) }
}

const numbersOf = (column: Column): ArrayLike<number> =>
  column.kind === 'categorical' ? column.codes : column.kind === 'text' ? [] : column.values

/** Files of a table as the peers read them. */
function save({ dataset, target }: Table) {
  const width = dataset.columns.length
  const x = new Float32Array(dataset.rows * width)
  for (const [j, column] of dataset.columns.entries()) {
    const values = numbersOf(column)
    for (let row = 0; row < dataset.rows; row++) x[row * width + j] = values[row]!
  }
  writeFileSync(file('x'), x)
  writeFileSync(file('y'), target.values)
  const categories = [...dataset.columns.keys()].filter(j => dataset.columns[j]!.kind === 'categorical')
  return { x: file('x'), y: file('y'), features: width, categories }
}

async function theirs(peer: string, { target }: Table, saved: ReturnType<typeof save>, seed: number) {
  const { train, test } = split(target, seed)
  writeFileSync(file('train'), train)
  writeFileSync(file('test'), test)
  const request = { ...saved, peer, train: file('train'), test: file('test'), task: target.task, classes: target.classes.length, seed, answer: file('answer') } // prettier-ignore
  const { seconds } = await python!.ask(request)
  const bytes = readFileSync(file('answer'))
  const outputs = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  return { seconds, outputs }
}

interface Cell {
  readonly losses: number[]
  readonly areas: number[]
  readonly seconds: number[]
}
interface Line {
  readonly dataset: string
  readonly rows: number
  readonly metric: 'RMSE' | 'LogLoss'
  readonly seeds: number
  readonly cells: Record<string, Cell>
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: readonly number[]) =>
  Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(1, values.length - 1),
  )

async function compare(name: string): Promise<Line> {
  const table = await open(name)
  const { target } = table
  const saved = save(table)
  const width = target.task === 'regression' ? 1 : target.classes.length
  const seeds = Number(argument('seeds') ?? (quick ? 1 : target.values.length < 5000 ? 10 : 4))
  const metric = target.task === 'regression' ? 'RMSE' : 'LogLoss'
  const systems = [...OURS, ...peers]
  const cells: Record<string, Cell> = Object.fromEntries(
    systems.map(system => [system, { losses: [], areas: [], seconds: [] }]),
  )
  for (let seed = 0; seed < seeds; seed++) {
    const truth = part(target, split(target, seed).test)
    for (const system of systems) {
      const answer = OURS.includes(system)
        ? await ours(system, table, seed)
        : await theirs(system, table, saved, seed)
      const scores = evaluate({ task: target.task, target: truth, outputs: answer.outputs, width })
      cells[system]!.losses.push(scores[metric]!)
      cells[system]!.seconds.push(answer.seconds)
      if (scores['AUC'] !== undefined) cells[system]!.areas.push(scores['AUC'])
    }
  }
  return { dataset: name, rows: target.values.length, metric, seeds, cells }
}

const only = argument('only')?.split(',')
const lines: Line[] = []
try {
  for (const name of only ?? (quick ? ['titanic', 'satimage', 'kin8nm'] : NAMES)) {
    const line = await compare(name)
    lines.push(line)
    const shown = Object.entries(line.cells).map(
      ([system, { losses, areas, seconds }]) => `${system} ${figure(mean(losses), 4)} ± ${figure(deviation(losses), 2)}${areas.length > 0 ? `, AUC ${figure(mean(areas), 4)}` : ''} (${figure(median(seconds), 2)} s)`, // prettier-ignore
    )
    note(`${name}, ${line.rows} rows, ${line.metric}, ${line.seeds} seeds: ${shown.join('  ')}`)
  }
} finally {
  python?.close()
  rmSync(folder, { recursive: true, force: true })
}
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ lines, machine: describeMachine(), versions })}\n`)
} else {
  const systems = [...OURS, ...peers]
  process.stdout.write(
    `| dataset | rows | loss | seeds | ${systems.join(' | ')} |\n|${' --- |'.repeat(systems.length + 4)}\n`,
  )
  for (const { dataset, rows, metric, seeds, cells } of lines) {
    const means = systems.map(system => mean(cells[system]!.losses))
    const best = Math.min(...means)
    const shown = means.map(value => (value === best ? `**${figure(value, 4)}**` : figure(value, 4)))
    process.stdout.write(`| ${dataset} | ${rows} | ${metric} | ${seeds} | ${shown.join(' | ')} |\n`)
  }
  process.stdout.write(`\n${describeMachine()}; ${Object.entries(versions).map(entry => entry.join(' ')).join(', ')}\n`) // prettier-ignore
}
