import type { Features } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'

/**
 * What predicts: plain data (numbers, strings, typed arrays) tagged by `kind`, so that one codec (`pack`) stores every model
 * and it can be posted between processes. Few kinds, many algorithms.
 */
export interface ModelData {
  readonly kind: string
  /** 1 for regression, number of classes otherwise (binary: 2). */
  readonly outputs: number
}

/** How one kind of model predicts and how it is written as ONNX. */
export interface ModelKind<M extends ModelData = ModelData> {
  readonly kind: M['kind']
  /**
   * Row-major `rows × outputs`, float64: probabilities that sum to 1 per row, or values.
   * Rows do not influence each other.
   */
  predict(model: M, features: Features): Promise<Float64Array>
  /**
   * Adds nodes that compute the same from a float tensor `[N, features]` (NaN missing) and returns a float tensor
   * `[N, outputs]` (double allowed).
   */
  emit(model: M, graph: Graph, features: Tensor): Tensor
}
