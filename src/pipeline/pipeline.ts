import type { Dataset, NumericColumn } from '../data/dataset.ts'
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

/** A model whose outputs are columns to members above it (stacked generalization; Wolpert 1992). Reads raw columns only. */
export interface Base {
  /** The last of its outputs, as columns of these names: fewer names than outputs leave the first out. */
  readonly columns: readonly string[]
  readonly members: readonly Member[]
}

/** Everything that predicts, from raw columns to probabilities or values. Plain data; knows no algorithm. */
export interface Pipeline {
  readonly formatVersion: 1
  readonly task: TaskSchema
  /** Feature columns only. */
  readonly table: TableSchema
  readonly members: readonly Member[]
  /** What members read besides the table. */
  readonly bases?: readonly Base[]
}

const VERSION = 1

export { outputWidth } from './outputs.ts'

/**
 * Row-major rows × outputs: the weighted mean of the members' outputs. Members that share their transforms share the features;
 * one set of features is in memory at a time.
 */
export async function predictPipeline(pipeline: Pipeline, dataset: Dataset): Promise<Float64Array> {
  const { members, bases = [], task } = pipeline
  const width = outputWidth(task)
  const above = new Set(stackedMembers(pipeline))
  const below = members.filter(member => !above.has(member))
  const [sum, ...based] = await sumOutputs([below, ...bases.map(base => base.members)], dataset, width)
  if (above.size > 0) {
    const wider = withColumns(dataset, bases, based, width)
    const [rest] = await sumOutputs([[...above]], wider, width)
    for (let i = 0; i < sum!.length; i++) sum![i]! += rest![i]!
  }
  const total = totalWeight(members)
  for (let i = 0; i < sum!.length; i++) sum![i]! /= total
  const { temperature } = task.answer ?? {}
  return temperature === undefined ? sum! : applyTemperature(sum!, width, temperature)
}

/** The members that read outputs of bases. */
export function stackedMembers({ members, bases = [] }: Pick<Pipeline, 'members' | 'bases'>): Member[] {
  const names = new Set(bases.flatMap(({ columns }) => columns))
  const reads = ({ groups }: FittedTransforms) =>
    groups.some(({ columns }) => columns.some(({ name }) => names.has(name)))
  return names.size === 0 ? [] : members.filter(({ transforms }) => reads(transforms))
}

/** Outputs times weights, summed over each list of members; a model in several lists answers once. */
async function sumOutputs(
  lists: readonly (readonly Member[])[],
  dataset: Dataset,
  width: number,
): Promise<Float64Array[]> {
  const sums = lists.map(() => new Float64Array(dataset.rows * width))
  const listsOf = (one: Member) =>
    lists.flatMap((members, list) =>
      members.filter(member => isSame(member, one)).map(({ weight }) => [list, weight] as const),
    )
  for (const [transforms, members] of byTransforms(lists.flat())) {
    const features: Features = applyTransforms(transforms, dataset)
    for (const member of distinct(members)) {
      const outputs = clamped(await predictModel(member.model, features), member.range)
      for (const [list, weight] of listsOf(member)) {
        const sum = sums[list]!
        for (let i = 0; i < sum.length; i++) sum[i]! += outputs[i]! * weight
      }
    }
  }
  return sums
}

const isSame = (a: Member, b: Member): boolean => a.model === b.model && a.transforms === b.transforms

/** Members that share their transforms, each model once. */
export function distinct(members: readonly Member[]): Member[] {
  const models = new Set<ModelData>()
  return members.filter(({ model }) => !models.has(model) && models.add(model))
}

function withColumns(
  dataset: Dataset,
  bases: readonly Base[],
  sums: readonly Float64Array[],
  width: number,
): Dataset {
  const columns = bases.flatMap(({ columns: names, members }, b) => {
    const total = totalWeight(members)
    return names.map((name, i) =>
      outputColumn(name, dataset.rows, row => sums[b]![(row + 1) * width - names.length + i]! / total),
    )
  })
  return { ...dataset, columns: [...dataset.columns, ...columns] }
}

/** One output of a base as a column. */
export const outputColumn = (
  name: string,
  rows: number,
  valueAt: (row: number) => number,
): NumericColumn => ({
  kind: 'numeric',
  name,
  values: Float64Array.from({ length: rows }, (_, row) => valueAt(row)),
})

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

/** Makes equal things one object. */
function canon<T extends object>(): (thing: T) => T {
  const known = new Map<string, T>()
  const canonical = new Map<T, T>()
  return thing => {
    const seen = canonical.get(thing)
    if (seen) return seen
    const key = sha256(pack(thing))
    const one = known.get(key) ?? thing
    known.set(key, one)
    canonical.set(thing, one)
    return one
  }
}

/** The same members, with equal transforms made one object; with bases equal models too, for a base may be a member. */
function shareParts<P extends Pick<Pipeline, 'members' | 'bases'>>(pipeline: P): P {
  const { members, bases } = pipeline
  const canonical = canon<FittedTransforms>()
  const models = new Map<FittedTransforms, (model: ModelData) => ModelData>()
  const sharedModel = (transforms: FittedTransforms, model: ModelData) => {
    if (!bases) return model
    const known = models.get(transforms) ?? canon<ModelData>()
    models.set(transforms, known)
    return known(model)
  }
  const shared = (list: readonly Member[]) =>
    list.map(member => {
      const transforms = canonical(member.transforms)
      return { ...member, transforms, model: sharedModel(transforms, member.model) }
    })
  return {
    ...pipeline,
    members: shared(members),
    ...(bases && { bases: bases.map(base => ({ ...base, members: shared(base.members) })) }),
  }
}

interface StoredMember extends Omit<Member, 'transforms'> {
  readonly transforms: number
}

/** One buffer with everything; equal transforms are stored once. */
export function packPipeline(pipeline: Pipeline): Uint8Array {
  const { task, table, members, bases } = shareParts(pipeline)
  const all = [...members, ...(bases ?? []).flatMap(base => base.members)]
  const transforms = [...byTransforms(all).keys()]
  const stored = (list: readonly Member[]): StoredMember[] =>
    list.map(member => ({
      weight: member.weight,
      model: member.model,
      ...(member.range && { range: member.range }),
      transforms: transforms.indexOf(member.transforms),
    }))
  return pack({
    kind: 'pipeline',
    formatVersion: VERSION,
    task,
    table,
    transforms,
    members: stored(members),
    ...(bases && { bases: bases.map(base => ({ columns: base.columns, members: stored(base.members) })) }),
  })
}

/** Reads what `packPipeline` wrote. */
export function unpackPipeline(bytes: Uint8Array): Pipeline {
  const stored = unpack(bytes) as Omit<Pipeline, 'members' | 'bases'> & {
    readonly kind?: string
    readonly transforms: readonly FittedTransforms[]
    readonly members: readonly StoredMember[]
    readonly bases?: readonly {
      readonly columns: readonly string[]
      readonly members: readonly StoredMember[]
    }[]
  }
  if (stored.kind !== 'pipeline' || stored.formatVersion !== VERSION) {
    throw new InputError(
      'E_BAD_VERSION',
      `file holds ${JSON.stringify(stored.kind)} of format version ${stored.formatVersion}: expected a pipeline of version ${VERSION}; use the program that wrote it`,
    )
  }
  const restored = (list: readonly StoredMember[]): Member[] =>
    list.map(({ weight, model, transforms, range }) => ({
      weight,
      model,
      transforms: stored.transforms[transforms]!,
      ...(range && { range }),
    }))
  const { bases } = stored
  return {
    formatVersion: VERSION,
    task: stored.task,
    table: stored.table,
    members: restored(stored.members),
    ...(bases && { bases: bases.map(({ columns, members }) => ({ columns, members: restored(members) })) }),
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
  const all = parts.flatMap(({ pipeline }) => pipeline.bases ?? [])
  const { bases, ...joined } = shareParts<Pipeline>({
    formatVersion: VERSION,
    task: first.pipeline.task,
    table: { columns: [...columns.values()] },
    members: parts
      .filter(({ weight }) => weight > 0)
      .flatMap(({ weight, pipeline }) =>
        pipeline.members.map(member => ({
          ...member,
          weight: (weight * member.weight) / totalWeight(pipeline.members),
        })),
      ),
    ...(all.length > 0 && { bases: all }),
  })
  return { ...joined, ...(bases && { bases: joinBases(bases) }) }
}

/** Bases of the same columns are one: the mean of all models there are of it. */
function joinBases(bases: readonly Base[]): Base[] {
  const joined = new Map<string, Base>()
  for (const { columns, members } of bases) {
    const known = joined.get(columns[0]!)?.members ?? []
    const fresh = members.filter(member => !known.some(other => isSame(member, other)))
    joined.set(columns[0]!, { columns, members: [...known, ...fresh] })
  }
  return [...joined.values()]
}

/** The models of one fold: the members of a trial, and of its bases, stand in the order of the folds. */
export const foldOf = (pipeline: Pipeline, fold: number): Pipeline => ({
  ...pipeline,
  members: [pipeline.members[fold]!],
  ...(pipeline.bases && {
    bases: pipeline.bases.map(base => ({ ...base, members: [base.members[fold]!] })),
  }),
})
