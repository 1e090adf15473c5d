import type { Column, Dataset, Task } from '../data/dataset.ts'
import { findColumn, takeColumn } from '../data/dataset.ts'
import type { Feature, Features } from '../data/features.ts'
import type { Params } from '../params/space.ts'
import { parseParams } from '../params/space.ts'
import { transforms } from '../transforms/index.ts'
import type {
  Combiner,
  Encoder,
  FeatureTransform,
  Transform,
  TransformContext,
} from '../transforms/transform.ts'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import type { ColumnRef } from './columns.ts'
import { columnOf, emptyColumn, requireColumns } from './columns.ts'

/** A transform with its settings, as a candidate plans it. */
export interface PlannedStep {
  readonly transform: string
  readonly params: Params
}

/** The transforms of a plan: every encoder of a group sees every column of it, a combiner sees all of them at once. */
export interface TransformPlan {
  readonly groups: readonly {
    readonly name: string
    readonly columns: readonly string[]
    readonly encode: readonly PlannedStep[]
    readonly then: readonly PlannedStep[]
  }[]
  readonly merged: readonly PlannedStep[]
}

export interface FittedStep {
  readonly transform: string
  readonly state: unknown
}

export interface FittedGroup {
  readonly name: string
  readonly columns: readonly ColumnRef[]
  /** One state per column of the group; a combiner has a single one. */
  readonly encode: readonly { readonly transform: string; readonly states: readonly unknown[] }[]
  readonly then: readonly FittedStep[]
}

/**
 * Transforms after fitting: plain data. Features stand in the order group, encoder, column; `then` and `merged` may change them.
 */
export interface FittedTransforms {
  readonly groups: readonly FittedGroup[]
  readonly merged: readonly FittedStep[]
}

/** What transforms may know of the rows they are fitted on. */
export interface PlanContext {
  readonly seed: number
  readonly task: Task
  readonly classes: number
  /** Of the rows fitted on, in their order. */
  readonly target: Float64Array
}

export function findTransform(name: string): Transform {
  const transform = transforms.find(candidate => candidate.name === name)
  if (transform) return transform
  const known = transforms.map(candidate => candidate.name).join(', ')
  throw new InputError(
    'E_UNKNOWN_TRANSFORM',
    `transform ${quoted(name)} is unknown: expected one of ${known}`,
  )
}

/** What may stand in `encode`. */
export function findReader(name: string): Encoder | Combiner {
  const transform = findTransform(name)
  if (transform.stage !== 'features') return transform
  throw new InputError(
    'E_WRONG_STAGE',
    `transform "${name}" works on features: expected one that reads columns; move it to "then" or "merged"`,
  )
}

export function findFeatureTransform(name: string): FeatureTransform {
  const transform = findTransform(name)
  if (transform.stage === 'features') return transform
  throw new InputError(
    'E_WRONG_STAGE',
    `transform "${name}" reads columns: expected one that works on features; move it to "encode"`,
  )
}

const paramsOf = ({ transform, params }: PlannedStep): Params =>
  parseParams(findTransform(transform).space, params, `transform "${transform}"`)

/** Fits every transform of a plan on some rows, and gives the features of those rows in that order. */
export function fitTransforms(
  plan: TransformPlan,
  dataset: Dataset,
  rows: Int32Array,
  context: PlanContext,
): { fitted: FittedTransforms; features: Features } {
  requireColumns(
    dataset,
    plan.groups.flatMap(group => group.columns),
  )
  const groups: FittedGroup[] = []
  const joined: Feature[] = []
  for (const group of plan.groups) {
    const encoded = encodeGroup(group, dataset, rows, context)
    const { steps, features } = fitSteps(
      group.then,
      { rows: rows.length, columns: encoded.features },
      context,
    )
    groups.push({ name: group.name, columns: encoded.columns, encode: encoded.encode, then: steps })
    joined.push(...features.columns)
  }
  const { steps, features } = fitSteps(plan.merged, { rows: rows.length, columns: joined }, context)
  return { fitted: { groups, merged: steps }, features }
}

function encodeGroup(
  group: TransformPlan['groups'][number],
  dataset: Dataset,
  rows: Int32Array,
  context: TransformContext,
): { columns: FittedGroup['columns']; encode: FittedGroup['encode']; features: Feature[] } {
  const steps = group.encode.map(step => ({ reader: findReader(step.transform), params: paramsOf(step) }))
  const states = steps.map((): unknown[] => [])
  const features = steps.map((): Feature[] => [])
  const add = (step: number, result: { readonly state: unknown; readonly features: Feature[] }) => {
    states[step]!.push(result.state)
    features[step]!.push(...result.features)
  }
  const found = group.columns.map(name => findColumn(dataset, name)!)
  const columns = walkColumns(steps, found, dataset.rows, rows, (column, i) => {
    const { reader, params } = steps[i]!
    requireKind(reader, column)
    if (reader.stage === 'encode') add(i, fitEncoder(reader, column, params, context))
  })
  for (const [i, { reader, params }] of steps.entries())
    if (reader.stage === 'combine') add(i, fitCombiner(reader, columns, params, context))
  return {
    columns: found.map(({ name, kind }) => ({ name, kind })),
    encode: group.encode.map(({ transform }, i) => ({ transform, states: states[i]! })),
    features: features.flat(),
  }
}

/**
 * Visits every step of every column, and returns the columns when a combiner asks for all of them; encoders alone need only
 * one column's rows in memory at a time.
 */
function walkColumns(
  steps: readonly { readonly reader: Encoder | Combiner }[],
  found: readonly Column[],
  count: number,
  rows: Int32Array | undefined,
  visit: (column: Column, step: number, place: number) => void,
): Column[] {
  const combines = steps.some(({ reader }) => reader.stage === 'combine')
  const kept: Column[] = []
  for (const [place, whole] of found.entries()) {
    const column = rows ? takeRowsOf(whole, count, rows) : whole
    for (const step of steps.keys()) visit(column, step, place)
    if (combines) kept.push(column)
  }
  return kept
}

function fitEncoder(encoder: Encoder, column: Column, params: Params, context: TransformContext) {
  if (encoder.fitApply) return encoder.fitApply(column, params, context)
  const state = encoder.fit(column, params, context)
  return { state, features: encoder.apply(column, state) }
}

function fitCombiner(
  combiner: Combiner,
  columns: readonly Column[],
  params: Params,
  context: TransformContext,
) {
  if (combiner.fitApply) return combiner.fitApply(columns, params, context)
  const state = combiner.fit(columns, params, context)
  return { state, features: combiner.apply(columns, state) }
}

function fitSteps(steps: readonly PlannedStep[], input: Features, context: TransformContext) {
  let features = input
  const fitted = steps.map((step): FittedStep => {
    const transform = findFeatureTransform(step.transform)
    const state = transform.fit(features, paramsOf(step), context)
    features = transform.apply(features, state)
    return { transform: step.transform, state }
  })
  return { steps: fitted, features }
}

/** The features of some rows, or of all rows of the dataset. */
export function applyTransforms(fitted: FittedTransforms, dataset: Dataset, rows?: Int32Array): Features {
  requireColumns(
    dataset,
    fitted.groups.flatMap(group => group.columns.map(column => column.name)),
  )
  const count = rows?.length ?? dataset.rows
  const joined = fitted.groups.flatMap(
    group => applySteps(group.then, { rows: count, columns: applyReaders(group, dataset, rows) }).columns,
  )
  return applySteps(fitted.merged, { rows: count, columns: joined })
}

function applyReaders(group: FittedGroup, dataset: Dataset, rows: Int32Array | undefined): Feature[] {
  const steps = group.encode.map(({ transform, states }) => ({ reader: findReader(transform), states }))
  const features = steps.map((): Feature[] => [])
  const found = group.columns.map(ref => columnOf(dataset, ref))
  const columns = walkColumns(steps, found, dataset.rows, rows, (column, i, place) => {
    const { reader, states } = steps[i]!
    if (reader.stage === 'encode') features[i]!.push(...reader.apply(column, states[place]))
  })
  for (const [i, { reader, states }] of steps.entries())
    if (reader.stage === 'combine') features[i]!.push(...reader.apply(columns, states[0]))
  return features.flat()
}

/** Names of the features, in their order. */
export function featureNames(fitted: FittedTransforms): string[] {
  const refs = new Map(fitted.groups.flatMap(group => group.columns.map(ref => [ref.name, ref] as const)))
  const nothing: Dataset = { name: 'no rows', rows: 0, columns: [...refs.values()].map(emptyColumn) }
  return applyTransforms(fitted, nothing).columns.map(({ name }) => name)
}

/** Places of the columns of a group from which its readers make features: their states alone decide. */
export function usedColumns({ columns, encode }: FittedGroup): Set<number> {
  const used = new Set<number>()
  for (const { transform, states } of encode) {
    const reader = findReader(transform)
    if (reader.stage === 'combine') for (const place of reader.uses(states[0])) used.add(place)
    else
      for (const [place, column] of columns.entries())
        if (reader.apply(emptyColumn(column), states[place]).length > 0) used.add(place)
  }
  return used
}

const applySteps = (steps: readonly FittedStep[], features: Features): Features =>
  steps.reduce((input, { transform, state }) => findFeatureTransform(transform).apply(input, state), features)

/** `takeColumn`, but the column itself when all rows are asked for in their order. */
function takeRowsOf(column: Column, count: number, rows: Int32Array): Column {
  if (rows.length === count && rows.every((row, i) => row === i)) return column
  return takeColumn(column, rows)
}

function requireKind(reader: Encoder | Combiner, column: Column): void {
  if (reader.accepts.includes(column.kind)) return
  throw new InputError(
    'E_WRONG_KIND',
    `column ${quoted(column.name)} is ${column.kind}: transform "${reader.name}" expects ${reader.accepts.join(' or ')}; move the column to another group`,
  )
}
