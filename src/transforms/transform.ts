import type { Column, ColumnKind, Task } from '../data/dataset.ts'
import type { Feature, Features } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Params, Space } from '../params/space.ts'

export interface TransformContext {
  readonly seed: number
  readonly task: Task
  readonly classes: number
  /** Class index or value of the rows being fitted on. Only transforms with `usesTarget` may read it. */
  readonly target: Float64Array
}

interface Described {
  readonly name: string
  /** One sentence for people and notebooks. */
  readonly summary: string
  readonly space: Space
  readonly usesTarget?: boolean
}

interface ColumnReader extends Described {
  readonly accepts: readonly ColumnKind[]
  /** Tasks it can be fitted for; all of them without this. */
  readonly tasks?: readonly Task[]
}

/**
 * Turns raw columns into features, one column at a time. State is plain data (`pack`). Everything is computed in float64 and
 * rounded once to float32, natively and in the graph, so both give the same bits.
 */
export interface Encoder<State = unknown> extends ColumnReader {
  readonly stage: 'encode'
  fit(column: Column, params: Params, context: TransformContext): State
  /**
   * Fits and gives the features of the very rows fitted on, where those differ from `apply`: a row must not see its own target.
   * Without it, training rows go through `apply` as any others do.
   */
  fitApply?(
    column: Column,
    params: Params,
    context: TransformContext,
  ): { readonly state: State; readonly features: Feature[] }
  /** Width and names are the state's alone: they never depend on the rows given here. */
  apply(column: Column, state: State): Feature[]
  /** Adds the same to a graph. `input` is the raw column `[N, 1]`: float (numeric), string ('' missing), int64 epoch ms (−2^63 missing). Returns float `[N, width]`, or undefined for width 0. */
  emit(state: State, graph: Graph, input: Tensor): Tensor | undefined
  /** The same for many numeric columns in few nodes: float `[N, states]` → the features of all, column after column. */
  emitColumns?(states: readonly State[], graph: Graph, input: Tensor): Tensor | undefined
  /** The same for one column and the states of several members, which can share what they have in common. */
  emitTogether?(states: readonly State[], graph: Graph, input: Tensor): readonly (Tensor | undefined)[]
}

/**
 * Turns several raw columns at once, all those of a group, into features. Its state says which columns it reads: the others
 * may be absent from the graph.
 */
export interface Combiner<State = unknown> extends ColumnReader {
  readonly stage: 'combine'
  fit(columns: readonly Column[], params: Params, context: TransformContext): State
  /** As `Encoder.fitApply`. */
  fitApply?(
    columns: readonly Column[],
    params: Params,
    context: TransformContext,
  ): { readonly state: State; readonly features: Feature[] }
  /** Places of the columns that are read, among those of the group. */
  uses(state: State): readonly number[]
  /** Width and names are the state's and the columns' names alone. */
  apply(columns: readonly Column[], state: State): Feature[]
  /** `inputs` as `Encoder.emit` has them, in the order of the columns; those not in `uses` may be undefined. */
  emit(state: State, graph: Graph, inputs: readonly (Tensor | undefined)[]): Tensor | undefined
}

/** Turns features into features. */
export interface FeatureTransform<State = unknown> extends Described {
  readonly stage: 'features'
  fit(features: Features, params: Params, context: TransformContext): State
  apply(features: Features, state: State): Features
  /** `[N, width in]` float → `[N, width out]` float. */
  emit(state: State, graph: Graph, input: Tensor): Tensor
}

export type Transform = Encoder | Combiner | FeatureTransform

/** Whether a transform can be fitted for a task. */
export const isForTask = (transform: Transform, task: Task): boolean =>
  transform.stage === 'features' || (transform.tasks?.includes(task) ?? true)
