import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../src/algorithms/index.ts'
import type { Candidate, ColumnGroup, Step } from '../src/candidates/candidate.ts'
import { proposeCandidates } from '../src/candidates/index.ts'
import type { Dataset, Target } from '../src/data/dataset.ts'
import { takeRows } from '../src/data/dataset.ts'
import { readDataset } from '../src/data/read.ts'
import type { ColumnSchema } from '../src/data/schema.ts'
import { makeTarget } from '../src/data/target.ts'
import { fitCandidate } from '../src/experiment/fit-candidate.ts'
import { defaults } from '../src/params/space.ts'
import { profileDataset } from '../src/profile/index.ts'
import { splitRows } from '../src/split/index.ts'
import { createRng } from '../src/util/rng.ts'
import { figure } from '../src/util/text.ts'
import { describeMachine, note } from './harness.ts'

// What features of several columns add: out-of-fold scores of one learner, with its usual features alone and with each kind
// beside them. Three folds, at most 9,000 rows, the learner's defaults; arguments: --only=NAME,… --role=plain|boosting

const DATASETS = 'titanic adult_train bank_additional_full churn_autopilot german_credit california_housing diamonds house_prices_ames bike_sharing_demand amazon_employee_access covertype_20k nursery kin8nm used_car_price_audi'.split(' ') // prettier-ignore
const MOST_ROWS = 9000

const argument = (name: string) =>
  process.argv.find(text => text.startsWith(`--${name}=`))?.slice(name.length + 3)
const role = argument('role') ?? 'boosting'

const step = (transform: string, params = {}): Step => ({ transform, params })

interface Variant {
  readonly name: string
  readonly kinds: readonly string[]
  readonly encode: readonly Step[]
}
const pairsOf = step('category-interactions')
const VARIANTS: readonly Variant[] = [
  { name: 'interactions', kinds: ['categorical'], encode: [pairsOf] },
  { name: 'interaction codes', kinds: ['categorical'], encode: [step('category-interactions', { encoding: 'codes' })] }, // prettier-ignore
  { name: 'target means', kinds: ['categorical'], encode: [step('target-encoder')] },
  { name: 'arithmetic', kinds: ['numeric'], encode: [step('arithmetic-features')] },
  { name: 'group-by', kinds: ['categorical', 'numeric'], encode: [step('group-by-features')] },
]

interface Table {
  readonly dataset: Dataset
  readonly target: Target
  readonly features: readonly ColumnSchema[]
  readonly candidate: Candidate
}

async function open(data: string, name: string, targetName: string): Promise<Table> {
  const { dataset: table, schema } = await readDataset(join(data, `${name}.csv.gz`), { target: targetName })
  const made = makeTarget(table, targetName)
  const profile = await profileDataset(table, schema, { target: targetName, made, seed: 0 })
  const features = schema.columns.filter(column => column.use === 'feature' && column.name !== targetName)
  const rows = createRng(1).shuffle(Int32Array.from(made.rows.keys())).slice(0, MOST_ROWS).sort()
  const columns = table.columns.filter(column => features.some(feature => feature.name === column.name))
  const { target } = made
  const options = { task: target.task, rows: rows.length, classes: target.classes.length, algorithms }
  const candidate = proposeCandidates(profile, options).find(one => one.role === role)!
  return {
    dataset: takeRows(
      { ...table, columns },
      Int32Array.from(rows, row => made.rows[row]!),
    ),
    target: { ...target, values: Float64Array.from(rows, row => target.values[row]!) },
    features,
    candidate,
  }
}

/** The groups of the candidate and one more. */
function extended({ candidate, dataset }: Table, variants: readonly Variant[]): Candidate {
  const planned = new Set(candidate.groups.flatMap(({ columns }) => columns))
  const groups = variants.map(({ name, kinds, encode }): ColumnGroup => ({
    name,
    reason: '',
    columns: dataset.columns
      .filter(column => kinds.includes(column.kind) && planned.has(column.name))
      .map(column => column.name),
    encode,
    then: [],
  }))
  return {
    ...candidate,
    groups: [...candidate.groups, ...groups.filter(({ columns }) => columns.length > 0)],
  }
}

async function score(table: Table, candidate: Candidate) {
  const { dataset, target, features } = table
  const folds = splitRows(target, { seed: 1, folds: 3 })
  const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
  const trial = await fitCandidate(
    { dataset, target, folds, table: { columns: features } },
    candidate,
    algorithm,
    defaults(candidate.space),
    {
      objective: target.task === 'regression' ? 'RMSE' : 'LogLoss',
      seed: 1,
      signal: new AbortController().signal,
      seconds: Infinity,
    },
  )
  return {
    loss: trial.metrics[target.task === 'regression' ? 'RMSE' : 'LogLoss']!,
    seconds: trial.fitSeconds,
  }
}

const data = process.env['GLASSPILOT_DATASETS']
if (!data || !existsSync(data)) {
  note('bench pairs needs real tables: set GLASSPILOT_DATASETS to their folder')
  process.exit(66)
}
const manifest = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as {
  name: string
  target: string
}[]
const all = { name: 'all', variants: VARIANTS.filter(({ name }) => !/codes|means/.test(name)) }
const tried = [...VARIANTS.map(variant => ({ name: variant.name, variants: [variant] })), all]
process.stdout.write(`| dataset (${role}) | usual | ${tried.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(tried.length + 1)}\n`) // prettier-ignore
for (const name of argument('only')?.split(',') ?? DATASETS) {
  const table = await open(data, name, manifest.find(entry => entry.name === name)!.target)
  const usual = await score(table, table.candidate)
  const cells = [`${figure(usual.loss, 5)} in ${figure(usual.seconds, 3)} s`]
  for (const { variants } of tried) {
    const candidate = extended(table, variants)
    if (candidate.groups.length === table.candidate.groups.length) {
      cells.push('')
      continue
    }
    const { loss, seconds } = await score(table, candidate)
    cells.push(`${(100 * (loss / usual.loss - 1)).toFixed(2)} % in ${figure(seconds, 3)} s`)
  }
  process.stdout.write(`| ${[name, ...cells].join(' | ')} |\n`)
}
process.stdout.write(`\n${describeMachine()}; node ${process.version}\n`)
