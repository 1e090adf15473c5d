import type { Candidate, ColumnGroup, Step } from '../src/candidates/candidate.ts'
import type { Dataset } from '../src/data/dataset.ts'
import { splitRows } from '../src/split/index.ts'
import { figure } from '../src/util/text.ts'
import { describeMachine } from './harness.ts'
import { argument, lossOf, openPlanned, requireDatasets, step } from './planned.ts'

// What features of several columns add: out-of-fold scores of one learner, with its usual features alone and with each kind
// beside them. Three folds, at most 9,000 rows, the learner's defaults; arguments: --only=NAME,… --role=plain|boosting

const DATASETS = 'titanic adult_train bank_additional_full churn_autopilot german_credit california_housing diamonds house_prices_ames bike_sharing_demand amazon_employee_access covertype_20k nursery kin8nm used_car_price_audi'.split(' ') // prettier-ignore
const MOST_ROWS = 9000

const role = argument('role') ?? 'boosting'

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

/** The groups of the candidate and one more. */
function extended(candidate: Candidate, dataset: Dataset, variants: readonly Variant[]): Candidate {
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

const data = requireDatasets('pairs')
const all = { name: 'all', variants: VARIANTS.filter(({ name }) => !/codes|means/.test(name)) }
const tried = [...VARIANTS.map(variant => ({ name: variant.name, variants: [variant] })), all]
process.stdout.write(`| dataset (${role}) | usual | ${tried.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(tried.length + 1)}\n`) // prettier-ignore
for (const name of argument('only')?.split(',') ?? DATASETS) {
  const table = await openPlanned(data, name, MOST_ROWS)
  const planned = table.candidates.find(one => one.role === role)!
  const folds = splitRows(table.target, { seed: 1, folds: 3 })
  const usual = await lossOf(table, planned, folds)
  const cells = [`${figure(usual.loss, 5)} in ${figure(usual.seconds, 3)} s`]
  for (const { variants } of tried) {
    const candidate = extended(planned, table.dataset, variants)
    if (candidate.groups.length === planned.groups.length) {
      cells.push('')
      continue
    }
    const { loss, seconds } = await lossOf(table, candidate, folds)
    cells.push(`${(100 * (loss / usual.loss - 1)).toFixed(2)} % in ${figure(seconds, 3)} s`)
  }
  process.stdout.write(`| ${[name, ...cells].join(' | ')} |\n`)
}
process.stdout.write(`\n${describeMachine()}; node ${process.version}\n`)
