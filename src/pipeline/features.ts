import type { Column, Dataset, Task } from '../data/dataset.ts'
import { findColumn, takeColumn } from '../data/dataset.ts'
import type { Feature, Features } from '../data/features.ts'
import type { Params } from '../params/space.ts'
import { parseParams } from '../params/space.ts'
import { transforms } from '../transforms/index.ts'
import type { Encoder, FeatureTransform, Transform, TransformContext } from '../transforms/transform.ts'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import type { ColumnRef } from './columns.ts'
import { columnOf, emptyColumn, requireColumns } from './columns.ts'

/** A transform with its settings, as a candidate plans it. */
export interface PlannedStep {
  readonly transform: string
  readonly params: Params
}

/** The transforms of a plan: every encoder of a group sees every column of it. */
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
  /** One state per column of the group. */
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

export function findEncoder(name: string): Encoder {
  const transform = findTransform(name)
  if (transform.stage === 'encode') return transform
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
  const steps = group.encode.map(step => ({ encoder: findEncoder(step.transform), params: paramsOf(step) }))
  const states = steps.map((): unknown[] => [])
  const features = steps.map((): Feature[] => [])
  const columns = group.columns.map(name => {
    const column = takeRowsOf(findColumn(dataset, name)!, dataset.rows, rows)
    for (const [i, { encoder, params }] of steps.entries()) {
      requireKind(encoder, column)
      const result =
        encoder.fitApply?.(column, params, context) ?? fitThenApply(encoder, column, params, context)
      states[i]!.push(result.state)
      features[i]!.push(...result.features)
    }
    return { name, kind: column.kind }
  })
  return {
    columns,
    encode: group.encode.map(({ transform }, i) => ({ transform, states: states[i]! })),
    features: features.flat(),
  }
}

function fitThenApply(encoder: Encoder, column: Column, params: Params, context: TransformContext) {
  const state = encoder.fit(column, params, context)
  return { state, features: encoder.apply(column, state) }
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
  const joined = fitted.groups.flatMap(group => {
    const features = group.encode.map((): Feature[] => [])
    for (const [c, { name, kind }] of group.columns.entries()) {
      const found = columnOf(dataset, { name, kind })
      const column = rows ? takeRowsOf(found, dataset.rows, rows) : found
      for (const [i, { transform, states }] of group.encode.entries()) {
        features[i]!.push(...findEncoder(transform).apply(column, states[c]))
      }
    }
    return applySteps(group.then, { rows: count, columns: features.flat() }).columns
  })
  return applySteps(fitted.merged, { rows: count, columns: joined })
}

/** Names of the features, in their order. */
export function featureNames(fitted: FittedTransforms): string[] {
  const refs = new Map(fitted.groups.flatMap(group => group.columns.map(ref => [ref.name, ref] as const)))
  const nothing: Dataset = { name: 'no rows', rows: 0, columns: [...refs.values()].map(emptyColumn) }
  return applyTransforms(fitted, nothing).columns.map(({ name }) => name)
}

/** How many features an encoder makes of a column: the state alone decides. */
export const encodedWidth = (encoder: Encoder, column: ColumnRef, state: unknown): number =>
  encoder.apply(emptyColumn(column), state).length

const applySteps = (steps: readonly FittedStep[], features: Features): Features =>
  steps.reduce((input, { transform, state }) => findFeatureTransform(transform).apply(input, state), features)

/** `takeColumn`, but the column itself when all rows are asked for in their order. */
function takeRowsOf(column: Column, count: number, rows: Int32Array): Column {
  if (rows.length === count && rows.every((row, i) => row === i)) return column
  return takeColumn(column, rows)
}

function requireKind(encoder: Encoder, column: Column): void {
  if (encoder.accepts.includes(column.kind)) return
  throw new InputError(
    'E_WRONG_KIND',
    `column ${quoted(column.name)} is ${column.kind}: transform "${encoder.name}" expects ${encoder.accepts.join(' or ')}; move the column to another group`,
  )
}
