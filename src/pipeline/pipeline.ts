import type { Dataset } from '../data/dataset.ts'
import type { Features } from '../data/features.ts'
import type { TableSchema, TaskSchema } from '../data/schema.ts'
import { predictModel } from '../models/index.ts'
import type { ModelData } from '../models/model.ts'
import { InputError } from '../util/errors.ts'
import { sha256 } from '../util/files.ts'
import { pack, unpack } from '../util/pack.ts'
import type { FittedTransforms } from './features.ts'
import { applyTransforms } from './features.ts'
import { outputWidth } from './outputs.ts'
import { applyTemperature } from './temperature.ts'

/** One fitted candidate (or fold of one) and its share of the answer. */
export interface Member {
  readonly weight: number
  readonly transforms: FittedTransforms
  readonly model: ModelData
  /** Regression: its values are held within what it was trained on. */
  readonly range?: ValueRange
}

export type ValueRange = readonly [least: number, most: number]

/** Everything that predicts, from raw columns to probabilities or values. Plain data; knows no algorithm. */
export interface Pipeline {
  readonly formatVersion: 1
  readonly task: TaskSchema
  /** Feature columns only. */
  readonly table: TableSchema
  readonly members: readonly Member[]
}

const VERSION = 1

export { outputWidth } from './outputs.ts'

/**
 * Row-major rows × outputs: the weighted mean of the members' outputs. Members that share their transforms share the features;
 * one set of features is in memory at a time.
 */
export async function predictPipeline(pipeline: Pipeline, dataset: Dataset): Promise<Float64Array> {
  const width = outputWidth(pipeline.task)
  const sum = new Float64Array(dataset.rows * width)
  const total = totalWeight(pipeline.members)
  for (const [transforms, members] of byTransforms(pipeline.members)) {
    const features: Features = applyTransforms(transforms, dataset)
    for (const { weight, model, range } of members) {
      const outputs = clamped(await predictModel(model, features), range)
      for (let i = 0; i < sum.length; i++) sum[i]! += outputs[i]! * weight
    }
  }
  for (let i = 0; i < sum.length; i++) sum[i]! /= total
  const { temperature } = pipeline.task.answer ?? {}
  return temperature === undefined ? sum : applyTemperature(sum, width, temperature)
}

/** The values, held within the range if there is one; NaN stays NaN. */
export function clamped(values: Float64Array, range: ValueRange | undefined): Float64Array {
  return range ? values.map(value => Math.min(range[1], Math.max(range[0], value))) : values
}

export const totalWeight = (members: readonly Member[]): number =>
  members.reduce((sum, { weight }) => sum + weight, 0)

/** Members grouped by the very same transforms object; `unpackPipeline` and `joinPipelines` make equal ones the same. */
export function byTransforms(members: readonly Member[]): Map<FittedTransforms, Member[]> {
  const groups = new Map<FittedTransforms, Member[]>()
  for (const member of members) {
    const group = groups.get(member.transforms)
    if (group) group.push(member)
    else groups.set(member.transforms, [member])
  }
  return groups
}

/** The same members, with equal transforms made one object. */
function shareTransforms(members: readonly Member[]): Member[] {
  const known = new Map<string, FittedTransforms>()
  const canonical = new Map<FittedTransforms, FittedTransforms>()
  const shared = (transforms: FittedTransforms): FittedTransforms => {
    const seen = canonical.get(transforms)
    if (seen) return seen
    const key = sha256(pack(transforms))
    const one = known.get(key) ?? transforms
    known.set(key, one)
    canonical.set(transforms, one)
    return one
  }
  return members.map(member => ({ ...member, transforms: shared(member.transforms) }))
}

/** One buffer with everything; equal transforms are stored once. */
export function packPipeline({ task, table, members }: Pipeline): Uint8Array {
  const shared = shareTransforms(members)
  const transforms = [...byTransforms(shared).keys()]
  return pack({
    kind: 'pipeline',
    formatVersion: VERSION,
    task,
    table,
    transforms,
    members: shared.map(member => ({
      weight: member.weight,
      model: member.model,
      ...(member.range && { range: member.range }),
      transforms: transforms.indexOf(member.transforms),
    })),
  })
}

/** Reads what `packPipeline` wrote. */
export function unpackPipeline(bytes: Uint8Array): Pipeline {
  const stored = unpack(bytes) as Omit<Pipeline, 'members'> & {
    readonly kind?: string
    readonly transforms: readonly FittedTransforms[]
    readonly members: readonly { weight: number; model: ModelData; transforms: number; range?: ValueRange }[]
  }
  if (stored.kind !== 'pipeline' || stored.formatVersion !== VERSION) {
    throw new InputError(
      'E_BAD_VERSION',
      `file holds ${JSON.stringify(stored.kind)} of format version ${stored.formatVersion}: expected a pipeline of version ${VERSION}; use the program that wrote it`,
    )
  }
  return {
    formatVersion: VERSION,
    task: stored.task,
    table: stored.table,
    members: stored.members.map(({ weight, model, transforms, range }) => ({
      weight,
      model,
      transforms: stored.transforms[transforms]!,
      ...(range && { range }),
    })),
  }
}

/** The pipeline with rules of how its probabilities become answers; as it is without any. */
export const withAnswer = (pipeline: Pipeline, answer: TaskSchema['answer']): Pipeline =>
  answer ? { ...pipeline, task: { ...pipeline.task, answer } } : pipeline

/** An ensemble: each pipeline has its weight, split among its members. All must answer the same question. */
export function joinPipelines(
  parts: readonly { readonly weight: number; readonly pipeline: Pipeline }[],
): Pipeline {
  const first = parts[0]
  if (!first) throw new Error('an ensemble needs at least one pipeline')
  const question = JSON.stringify(first.pipeline.task)
  for (const { pipeline } of parts) {
    if (JSON.stringify(pipeline.task) !== question) {
      throw new InputError(
        'E_DIFFERENT_TASKS',
        `pipelines answer different questions (${question} and ${JSON.stringify(pipeline.task)}): expected the same target and classes; join only pipelines of one experiment`,
      )
    }
  }
  const columns = new Map(
    parts.flatMap(({ pipeline }) => pipeline.table.columns.map(column => [column.name, column] as const)),
  )
  return {
    formatVersion: VERSION,
    task: first.pipeline.task,
    table: { columns: [...columns.values()] },
    members: shareTransforms(
      parts
        .filter(({ weight }) => weight > 0)
        .flatMap(({ weight, pipeline }) =>
          pipeline.members.map(member => ({
            ...member,
            weight: (weight * member.weight) / totalWeight(pipeline.members),
          })),
        ),
    ),
  }
}
