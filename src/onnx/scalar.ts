import type { Graph, Tensor } from './graph.ts'

/** A number of the element type of `like`. */
export const scalar = (graph: Graph, value: number, like: Tensor): Tensor =>
  like.type === 'double' ? graph.f64(value) : graph.f32(value)
