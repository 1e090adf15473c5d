import type { Features } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { constant } from './constant.ts'
import { forest } from './forest.ts'
import { linear } from './linear.ts'
import type { ModelData, ModelKind } from './model.ts'
import { neighbors } from './neighbors.ts'
import { network } from './network.ts'

/** Every kind of model. A kind is called with models of its own kind only, which the types of a table cannot say. */
export const modelKinds = [
  constant,
  forest,
  linear,
  neighbors,
  network,
] as unknown as readonly ModelKind[] // prettier-ignore

const kindOf = (model: ModelData): ModelKind => {
  const kind = modelKinds.find(candidate => candidate.kind === model.kind)
  if (!kind) throw new Error(`model kind "${model.kind}" is not in the table of model kinds`)
  return kind
}

/** Row-major rows × outputs. */
export const predictModel = (model: ModelData, features: Features): Promise<Float64Array> =>
  kindOf(model).predict(model, features)

/** Adds the model to a graph; see `ModelKind.emit`. */
export const emitModel = (model: ModelData, graph: Graph, features: Tensor): Tensor =>
  kindOf(model).emit(model, graph, features)
