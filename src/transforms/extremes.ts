import type { Feature, Features } from '../data/features.ts'
import { denseValues } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Params } from '../params/space.ts'
import { float } from '../params/space.ts'
import { selectRank, withoutNaN } from './order.ts'

/** Which features have extreme values. */
export interface Extremes {
  /** Number of features in. */
  readonly width: number
  /** Ascending. */
  readonly changed: Int32Array
}

/** What makes a feature extreme; shared by the transforms of extremes. */
export const extremeSpace = {
  /** How many deviations from the mean. */
  threshold_std: float(0.1, 100, 4),
  /** The percentile that must lie beyond, and its mirror image below. */
  quantile: float(50, 100, 98),
}

/** Features whose 98 % or 2 % quantile lies beyond mean ± threshold · deviation; sparse features and codes never count. */
export function findExtremes({ rows, columns }: Features, params: Params): Extremes {
  const threshold = Number(params.threshold_std)
  const share = Number(params.quantile) / 100
  const changed = [...columns.keys()].filter(j => {
    const feature = columns[j]!
    return feature.kind === 'dense' && !feature.categories && isExtreme(feature.values, threshold, share)
  })
  return { width: columns.length, changed: rows === 0 ? new Int32Array(0) : Int32Array.from(changed) }
}

function isExtreme(all: Float32Array, threshold: number, share: number): boolean {
  const values = withoutNaN(all)
  const { length } = values
  if (length === 0) return false
  let sum = 0
  for (let i = 0; i < length; i++) sum += values[i]!
  const mean = sum / length
  let squares = 0
  for (let i = 0; i < length; i++) squares += (values[i]! - mean) * (values[i]! - mean)
  const deviation = Math.sqrt(squares / length)
  if (deviation <= 1e-12 * Math.abs(mean)) return false
  const quantile = (level: number) => selectRank(values, Math.round(level * (length - 1)))
  return quantile(share) > mean + threshold * deviation || quantile(1 - share) < mean - threshold * deviation
}

/** The same features with those in `changed` mapped value by value; `i` is the place in `changed`. */
export function replaceFeatures(
  { rows, columns }: Features,
  changed: Int32Array,
  map: (value: number, i: number) => number,
): Features {
  const result: Feature[] = [...columns]
  for (const [i, j] of changed.entries()) {
    const values = denseValues(columns[j]!, rows)
    result[j] = { kind: 'dense', name: columns[j]!.name, values: values.map(value => map(value, i)) }
  }
  return { rows, columns: result }
}

/** Graph of `replaceFeatures`: `map` gets the changed features side by side, double `[N, changed]`, and returns as many. */
export function emitReplaced(
  graph: Graph,
  input: Tensor,
  { width, changed }: Extremes,
  map: (columns: Tensor) => Tensor,
): Tensor {
  if (changed.length === 0) return input
  const isChanged = new Set(changed)
  const untouched = Array.from({ length: width }, (_, j) => j).filter(j => !isChanged.has(j))
  const pick = (from: Tensor, places: ArrayLike<number>) =>
    graph.op('Gather', [from, graph.i64(...Array.from(places))], { axis: 1 })
  const mapped = graph.cast(map(graph.cast(pick(input, changed), 'double')), 'float')
  if (untouched.length === 0) return mapped
  const shuffled = graph.op('Concat', [pick(input, untouched), mapped], { axis: 1 })
  const place = new Map([...untouched, ...changed].map((j, position) => [j, position]))
  return pick(
    shuffled,
    Array.from({ length: width }, (_, j) => place.get(j)!),
  )
}
