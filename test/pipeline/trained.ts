import type { Algorithm } from '../../src/algorithms/algorithm.ts'
import { algorithms } from '../../src/algorithms/index.ts'
import type { ColumnKind, Dataset, Task } from '../../src/data/dataset.ts'
import { stringAt } from '../../src/data/dataset.ts'
import type { TaskSchema } from '../../src/data/schema.ts'
import type { Params, Space } from '../../src/params/space.ts'
import { defaults } from '../../src/params/space.ts'
import type { PlannedStep, TransformPlan } from '../../src/pipeline/features.ts'
import { applyTransforms, findReader, fitTransforms } from '../../src/pipeline/features.ts'
import type { Member, Pipeline } from '../../src/pipeline/pipeline.ts'
import { isForTask, transforms } from '../../src/transforms/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext } from '../helpers/fit.ts'
import { allRows, numeric, table } from '../transforms/columns.ts'
import { schemaOf, TASKS, toyDataset } from './toys.ts'

// Small pipelines with the real learners, on the toy table of every kind of column.

/** Defaults, with few of everything that is counted: levels need few rows, texts give few features. */
function smallParams(space: Space): Params {
  const small: Record<string, number> = {
    threshold: 2,
    minimum_gain: -1,
    max_features: 12,
    max_pairs: 3,
    n_components: 6,
    max_n_features: 16,
    n_bins: 3,
    n_frequencies: 1,
    target_dimension: 6,
  }
  const own = Object.entries(small).filter(
    ([name]) => space[name]?.type === 'float' || space[name]?.type === 'int',
  )
  return { ...defaults(space), ...Object.fromEntries(own) }
}

const filled: PlannedStep = { transform: 'feature-imputer', params: {} }

const LAST = ['robust-pca', 'quadratic', 'piecewise-linear-encoder', 'periodic-encoder']

/**
 * Every transform of the table that is for the task once, in a group of the columns it can read; those of features run over what
 * that gives, those that multiply the features last.
 */
export function everyTransform({ columns }: Dataset, task: Task): TransformPlan {
  const readers = transforms.filter(transform => transform.stage !== 'features')
  const groups: TransformPlan['groups'][number][] = readers.map(({ name, accepts, space }) => ({
    name,
    columns: columns.filter(({ kind }) => accepts.includes(kind)).map(column => column.name),
    encode: [{ transform: name, params: smallParams(space) }],
    then: [filled],
  }))
  const later = transforms.filter(({ stage }) => stage === 'features')
  const names = later.map(({ name }) => name).filter(name => !LAST.includes(name))
  const merged = [...names, ...LAST].map(name => ({
    transform: name,
    params: smallParams(later.find(transform => transform.name === name)!.space),
  }))
  // Runs of characters beside words.
  const tfidf = groups.find(({ name }) => name === 'tfidf')!
  const runs = { analyzer: 'char_wb', ngram_min: 2, ngram_max: 3, max_features: 12 }
  groups.push({ ...tfidf, name: 'characters', encode: [{ transform: 'tfidf', params: runs }] })
  return ableOnly({ groups, merged }, task)
}

/** The plan without encoders that are not for the task. */
export const ableOnly = (plan: TransformPlan, task: Task): TransformPlan => ({
  ...plan,
  groups: plan.groups.map(group => ({
    ...group,
    encode: group.encode.filter(({ transform }) => isForTask(findReader(transform), task)),
  })),
})

const step = (transform: string, params: Params = {}): PlannedStep => ({ transform, params })

/** A usual plan for scaled features: numbers, categories, words and moments. */
export const usualTransforms = (dataset: Dataset): TransformPlan =>
  planOf(dataset, step('threshold-one-hot', { threshold: 2 }), [step('robust-standard-scaler')])

/** The same with categories as codes, unscaled. */
export const codedTransforms = (dataset: Dataset): TransformPlan =>
  planOf(dataset, step('ordinal-encoder', { threshold: 2 }), [])

function planOf({ columns }: Dataset, categories: PlannedStep, merged: PlannedStep[]): TransformPlan {
  const encoders: Record<ColumnKind, PlannedStep> = {
    numeric: step('robust-imputer'),
    categorical: categories,
    text: step('tfidf', { max_features: 12 }),
    datetime: step('datetime-vectorizer'),
  }
  const kinds = Object.keys(encoders) as ColumnKind[]
  return {
    groups: kinds.map(kind => ({
      name: kind,
      columns: columns.filter(column => column.kind === kind).map(({ name }) => name),
      encode: [encoders[kind]],
      then: [filled],
    })),
    merged,
  }
}

/** Depends on a number, a category and a word. */
export function toyTarget(dataset: Dataset, task: Task): Float64Array {
  const [age, , city, review] = dataset.columns
  const rng = createRng(99)
  return Float64Array.from({ length: dataset.rows }, (_, row) => {
    const years = age!.kind === 'numeric' ? age!.values[row]! || 50 : 0
    const place = city!.kind === 'categorical' ? city!.codes[row]! : 0
    const praise = review!.kind === 'text' && stringAt(review!, row)?.startsWith('Good') ? 1 : 0
    const signal = (years - 50) / 20 + (place === 1 ? 1 : -0.3) + praise + 0.2 * rng.normal()
    if (task === 'regression') return 10 * signal
    return task === 'binary' ? Number(signal > 0.3) : signal < -0.3 ? 0 : signal < 0.9 ? 1 : 2
  })
}

/** Defaults with every count of rounds, trees or epochs made small. */
function quickParams({ space }: Algorithm): Params {
  const params: Record<string, Params[string]> = { ...defaults(space) }
  for (const [name, distribution] of Object.entries(space)) {
    if (!(name in params) || distribution.type !== 'int') continue
    if (/num_round|iterations|num_trees|epochs/.test(name)) params[name] = 6
    if (/num_leaves|depth/.test(name)) params[name] = 4
  }
  if ('layers' in params) params['layers'] = '50,25'
  return params
}

/** Learners that take a table of this shape, by what they are told of it. */
const usable = (task: Task, rows: number) =>
  algorithms.filter(
    algorithm =>
      algorithm.tasks.includes(task) &&
      algorithm.unfit?.({ task, rows, features: 20, classes: task === 'multiclass' ? 3 : 2 }) === undefined,
  )

export const learnersFor = (task: Task): string[] => usable(task, 200).map(({ name }) => name)

/** One member per learner, which share their transforms: quick settings on the toy table. */
async function trainMembers(
  task: TaskSchema,
  learners: readonly string[],
  plan: TransformPlan,
  dataset: Dataset,
): Promise<Member[]> {
  const rows = allRows(dataset.rows)
  const target = toyTarget(dataset, task.task)
  const shape = { task: task.task, classes: task.classes.length }
  const { fitted, features } = fitTransforms(plan, dataset, rows, { ...shape, seed: 5, target })
  const validation = { features: applyTransforms(fitted, dataset, rows), target }
  const data = { ...shape, features, target, validation }
  const members: Member[] = []
  for (const learner of learners) {
    const algorithm = algorithms.find(({ name }) => name === learner)!
    const model = await algorithm.fit(data, quickParams(algorithm), fitContext({ seed: 5 }))
    members.push({ weight: 1 + (members.length % 3), transforms: fitted, model })
  }
  return members
}

/** Every usable learner as one member, dealt out to the plans in turn. */
export async function trainEnsemble(
  name: keyof typeof TASKS,
  plans: readonly ((dataset: Dataset, task: Task) => TransformPlan)[],
  { learners = learnersFor(TASKS[name]!.task), rows = 160 } = {},
): Promise<Pipeline> {
  const task = TASKS[name]!
  const dataset = toyDataset(7, rows)
  const members: Member[] = []
  for (const [p, plan] of plans.entries()) {
    const own = learners.filter((_, i) => i % plans.length === p)
    members.push(...(await trainMembers(task, own, plan(dataset, task.task), dataset)))
  }
  return { formatVersion: 1, task, table: schemaOf(dataset), members }
}

const SIDE = 8

/** A net of pictures: a bright half, above or below. */
export async function trainPictures(rows: number): Promise<{ pipeline: Pipeline; dataset: Dataset }> {
  const rng = createRng(3)
  const names = Array.from({ length: SIDE * SIDE }, (_, pixel) => `pixel ${pixel}`)
  const above = Array.from({ length: rows }, () => rng.int(2))
  const dataset = table(
    rows,
    names.map((name, pixel) =>
      numeric(
        name,
        above.map(half =>
          Math.round((half === Number(pixel < (SIDE * SIDE) / 2) ? 150 : 0) + 100 * rng.next()),
        ),
      ),
    ),
  )
  const task = TASKS['binary']!
  const plan: TransformPlan = {
    groups: [
      { name: 'pixels', columns: names, encode: [{ transform: 'robust-imputer', params: {} }], then: [] },
    ],
    merged: [{ transform: 'common-scaler', params: {} }],
  }
  const shape = { task: task.task, classes: 2 }
  const target = Float64Array.from(above)
  const { fitted, features } = fitTransforms(plan, dataset, allRows(rows), { ...shape, seed: 1, target })
  const cnn = algorithms.find(({ role }) => role === 'image')!
  const params = { ...defaults(cnn.space), height: SIDE, width: SIDE, channels: 1, filters: 8, hidden: 64 }
  const data = { ...shape, features, target, validation: { features, target } }
  const model = await cnn.fit(data, params, fitContext({ seed: 1, deadline: performance.now() + 1000 }))
  const members = [{ weight: 1, transforms: fitted, model }]
  return { pipeline: { formatVersion: 1, task, table: schemaOf(dataset), members }, dataset }
}
