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

/** Graph of `replaceFeatures`: `map` gets a double `[N, 1]` and returns one. */
export function emitColumnwise(
  graph: Graph,
  input: Tensor,
  width: number,
  changed: Int32Array,
  map: (column: Tensor, i: number) => Tensor,
): Tensor {
  if (changed.length === 0) return input
  const untouched = Array.from({ length: width }, (_, j) => j).filter(j => !changed.includes(j))
  const mapped = Array.from(changed, (j, i) => {
    const column = graph.op('Gather', [input, graph.i64(j)], { axis: 1 })
    return graph.cast(map(graph.cast(column, 'double'), i), 'float')
  })
  const rest = untouched.length > 0 ? [graph.op('Gather', [input, graph.i64(...untouched)], { axis: 1 })] : []
  const shuffled = graph.op('Concat', [...rest, ...mapped], { axis: 1 })
  const place = new Map([...untouched, ...changed].map((j, position) => [j, position]))
  return graph.op(
    'Gather',
    [shuffled, graph.i64(...Array.from({ length: width }, (_, j) => place.get(j)!))],
    { axis: 1 },
  )
}
