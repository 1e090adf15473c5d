import type { Candidate, ColumnGroup, Step } from '../src/candidates/candidate.ts'
import type { Dataset, Task } from '../src/data/dataset.ts'
import type { Folds } from '../src/split/folds.ts'
import { createRng } from '../src/util/rng.ts'
import { figure } from '../src/util/text.ts'
import { describeMachine, median } from './harness.ts'
import type { Planned } from './planned.ts'
import { argument, lossOf, openPlanned, requireDatasets, step } from './planned.ts'

// Which ways of making features pay: the loss of a planned candidate with one thing changed, as a share of its own, the mean of
// three splits (four fifths to learn from). At most 10,000 rows, the learner's defaults.
// --part=dates|categories|codes|numbers --only=NAME,… --variant=TEXT --learner=NAME,… --rows=N

const MOST_ROWS = Number(argument('rows') ?? 10_000)
const SEEDS = [1, 2, 3]
/** Columns that add up to the target. */
const LEAKS: Readonly<Record<string, readonly string[]>> = { bike_sharing_demand: ['casual', 'registered'] }

interface Variant {
  readonly name: string
  /** The candidate with the change, or nothing where it changes nothing. */
  change(candidate: Candidate, table: Planned): Candidate
}

interface Part {
  readonly datasets: readonly string[]
  /** The candidates that are changed: `learner` or `learner role`. */
  readonly learners: readonly string[]
  readonly variants: readonly Variant[]
}

const words = (text: string) => text.split(' ')

/** Changes the groups of some names. */
const inGroups = (
  candidate: Candidate,
  names: readonly string[],
  change: (group: ColumnGroup) => Partial<ColumnGroup>,
): Candidate => ({
  ...candidate,
  groups: candidate.groups.map(group =>
    names.includes(group.name) ? { ...group, ...change(group) } : group,
  ),
})

const CATEGORIES = ['categorical', 'many-values']
const beside = (name: string, groups: readonly string[], ...steps: readonly Step[]): Variant => ({
  name,
  change: candidate => inGroups(candidate, groups, ({ encode }) => ({ encode: [...encode, ...steps] })),
})
const instead = (name: string, groups: readonly string[], ...steps: readonly Step[]): Variant => ({
  name,
  change: candidate => inGroups(candidate, groups, () => ({ encode: steps })),
})
/** Of the numeric group alone, after what is there. */
const numbers = (name: string, ...steps: readonly Step[]): Variant => ({
  name,
  change: candidate => inGroups(candidate, ['numeric'], ({ then }) => ({ then: [...then, ...steps] })),
})

/** One group more, of the strings with more values than that. */
const besideMany = (name: string, values: number, ...encode: readonly Step[]): Variant => ({
  name,
  change(candidate, { dataset }) {
    const planned = new Set(candidate.groups.flatMap(({ columns }) => columns))
    const columns = dataset.columns.flatMap(column =>
      column.kind === 'categorical' && column.categories.length > values && planned.has(column.name)
        ? [column.name]
        : [],
    )
    if (columns.length === 0) return candidate
    return { ...candidate, groups: [...candidate.groups, { name, reason: '', columns, encode, then: [] }] }
  },
})

const frequency = step('frequency-encoder')
const target = step('target-encoder')
const ordered = step('target-encoder', { training: 'ordered' })
const woe = step('woe-encoder')
const similarity = step('similarity-encoder')
const codes = (max: number, threshold: number) => step('ordinal-encoder', { max_categories: max, threshold })

const onlyFor = (tasks: readonly Task[], variant: Variant): Variant => ({
  name: variant.name,
  change: (candidate, table) =>
    tasks.includes(table.target.task) ? variant.change(candidate, table) : candidate,
})
const CLASSES: readonly Task[] = ['binary', 'multiclass']

const PARTS: Readonly<Record<string, Part>> = {
  dates: {
    datasets: words('bike_sharing_demand avocado_prices price_of_weed airlines_2k'),
    learners: ['gbt-depthwise plain', 'gbt-leafwise', 'linear-learner plain-linear', 'mlp'],
    variants: [
      beside('calendar beside', ['datetime'], step('calendar-features')),
      instead('calendar alone', ['datetime'], step('calendar-features')),
    ],
  },
  categories: {
    datasets: words(
      'amazon_employee_access adult_train price_of_weed used_car_price_audi titanic airlines_2k bank_additional_full german_credit house_prices_ames diamonds',
    ),
    learners: ['gbt-depthwise plain', 'linear-learner plain-linear'],
    variants: [
      instead('codes', CATEGORIES, codes(10_000, 1)),
      instead('target', CATEGORIES, target, frequency),
      instead('ordered target', CATEGORIES, ordered, frequency),
      onlyFor(CLASSES, instead('woe', CATEGORIES, woe, frequency)),
      beside('target beside', CATEGORIES, target),
      beside('similarity beside', CATEGORIES, similarity),
      besideMany('similarity of more than 30 values beside', 30, similarity),
      instead('target, codes', CATEGORIES, target, frequency, codes(10_000, 1)),
    ],
  },
  codes: {
    datasets: words(
      'amazon_employee_access adult_train price_of_weed used_car_price_audi titanic airlines_2k bank_additional_full german_credit house_prices_ames avocado_prices',
    ),
    learners: ['gbt-oblivious', 'gbt-leafwise', 'random-forest', 'mlp'],
    variants: [
      instead('10,000 codes of 1 row', CATEGORIES, codes(10_000, 1)),
      instead('10,000 codes of 2 rows', CATEGORIES, codes(10_000, 2)),
      instead('target, frequency', CATEGORIES, target, frequency),
      beside('target beside', CATEGORIES, target),
    ],
  },
  numbers: {
    datasets: words('california_housing adult_train diamonds kin8nm cpu_act satimage'),
    learners: ['linear-learner plain-linear', 'linear-learner robust-linear', 'mlp'],
    variants: [
      numbers('smooth clip', step('robust-smooth-clip')),
      numbers('piecewise linear', step('piecewise-linear-encoder')),
      numbers('piecewise linear, 8 bins', step('piecewise-linear-encoder', { n_bins: 8 })),
      numbers('periodic', step('periodic-encoder')),
      numbers('periodic, sigma 0.3', step('periodic-encoder', { sigma: 0.3 })),
      {
        name: 'piecewise linear alone',
        change: candidate => ({
          ...inGroups(candidate, ['numeric'], () => ({ then: [step('piecewise-linear-encoder')] })),
          merged: candidate.merged.filter(({ transform }) => transform !== 'robust-pca'),
        }),
      },
    ],
  },
}

/** Four fifths to learn from. */
function holdout({ rows }: Dataset, seed: number): Folds {
  const order = createRng(seed).shuffle(Int32Array.from({ length: rows }, (_, row) => row))
  const cut = Math.round(0.8 * rows)
  const fold = { train: order.slice(0, cut).sort(), validation: order.slice(cut).sort() }
  return { kind: 'holdout', reason: 'one of three', folds: [fold] }
}

/** Mean over the seeds. */
async function meanLoss(table: Planned, candidate: Candidate) {
  let [loss, seconds] = [0, 0]
  for (const seed of SEEDS) {
    const one = await lossOf(table, candidate, holdout(table.dataset, seed))
    loss += one.loss / SEEDS.length
    seconds += one.seconds / SEEDS.length
  }
  return { loss, seconds }
}

const percent = (ratio: number) => `${ratio > 1 ? '+' : ''}${(100 * (ratio - 1)).toFixed(2)} %`

const data = requireDatasets('transforms-quality')
const parts = argument('part')?.split(',') ?? Object.keys(PARTS)
const some = (list: readonly string[], chosen: string | undefined) =>
  list.filter(name => chosen?.split(',').includes(name) ?? true)
for (const name of parts) {
  const { datasets, learners, variants: all } = PARTS[name]!
  const variants = all.filter(variant => variant.name.includes(argument('variant') ?? ''))
  const tables = new Map<string, Planned>()
  for (const learner of some(learners, argument('learner'))) {
    process.stdout.write(`\n| ${name}: ${learner} | as planned | ${variants.map(variant => variant.name).join(' | ')} |\n|---|${'---|'.repeat(variants.length + 1)}\n`) // prettier-ignore
    const ratios = variants.map((): number[] => [])
    for (const dataset of some(datasets, argument('only'))) {
      const table = tables.get(dataset) ?? (await openPlanned(data, dataset, MOST_ROWS, LEAKS[dataset]))
      tables.set(dataset, table)
      const planned = table.candidates.find(({ algorithm, role }) =>
        [algorithm, `${algorithm} ${role}`].includes(learner),
      )
      if (!planned) continue
      const usual = await meanLoss(table, planned)
      const cells = [`${figure(usual.loss, 5)} in ${figure(usual.seconds, 2)} s`]
      for (const [v, variant] of variants.entries()) {
        const changed = variant.change(planned, table)
        if (JSON.stringify(changed) === JSON.stringify(planned)) {
          cells.push('–')
          continue
        }
        const { loss, seconds } = await meanLoss(table, changed)
        ratios[v]!.push(loss / usual.loss)
        cells.push(`${percent(loss / usual.loss)} in ${figure(seconds, 2)} s`)
      }
      process.stdout.write(`| ${[dataset, ...cells].join(' | ')} |\n`)
    }
    const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
    const means = ratios.map(list => (list.length > 0 ? `**${percent(mean(list))}** (median ${percent(median(list))})` : '')) // prettier-ignore
    process.stdout.write(`| mean | | ${means.join(' | ')} |\n`)
  }
}
process.stdout.write(`\n${describeMachine()}; node ${process.version}\n`)
