import type { Feature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'

/**
 * Farthest a scaled value may lie from 0. No row of fewer than 10¹² can lie so many deviations from their mean, so no training
 * row is touched; a wild value seen later stays finite in everything that is computed from it.
 */
const FARTHEST = 1e6

/** (value − mean) / scale, kept within ±10⁶. NaN stays. */
export function scaleValue(value: number, mean: number, scale: number): number {
  const scaled = (value - mean) / scale
  return scaled > FARTHEST ? FARTHEST : scaled < -FARTHEST ? -FARTHEST : scaled
}

/** Whether scaling by mean 0 and scale 1 would change nothing. */
export const isWithin = ({ values }: Feature): boolean =>
  !values.some(value => value > FARTHEST || value < -FARTHEST)

/** Graph of `scaleValue`: float `[N, width]`; mean and scale are doubles that fit it. */
export const emitScale = (graph: Graph, input: Tensor, mean: Tensor, scale: Tensor): Tensor =>
  graph.cast(emitScaled(graph, input, mean, scale), 'float')

/** The same before it is rounded to float32. */
export function emitScaled(graph: Graph, input: Tensor, mean: Tensor, scale: Tensor): Tensor {
  const scaled = graph.op('Div', [graph.op('Sub', [graph.cast(input, 'double'), mean]), scale])
  // Where, not Clip: a comparison with NaN is false on every platform, so NaN stays.
  const [most, least] = [graph.f64(FARTHEST), graph.f64(-FARTHEST)]
  const high = graph.op('Greater', [scaled, most], {}, { type: 'bool' })
  const below = graph.op('Where', [high, most, scaled], {}, { type: 'double' })
  const low = graph.op('Less', [below, least], {}, { type: 'bool' })
  return graph.op('Where', [low, least, below], {}, { type: 'double' })
}
