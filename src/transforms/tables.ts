import type { DenseFeature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'

/** What a column is looked up in: one row per place (missing, unseen, then each level or bin), `width` numbers in each. */
export interface LookupTable {
  readonly width: number
  /** Row-major places × width. */
  readonly table: Float32Array
}

/** Row-major rows × width as features, named with their number when there is more than one. */
export const rowFeatures = (name: string, { width, table }: LookupTable): DenseFeature[] =>
  Array.from({ length: width }, (_, k) => ({
    kind: 'dense' as const,
    name: width === 1 ? name : `${name} ${k}`,
    values: Float32Array.from({ length: table.length / width }, (_, row) => table[row * width + k]!),
  }))

/** What a table says of every row; `place` says which of its rows each row looks up. */
export function lookUp(place: Int32Array, { width, table }: LookupTable): LookupTable {
  const found = new Float32Array(place.length * width)
  for (let row = 0; row < place.length; row++)
    for (let k = 0; k < width; k++) found[row * width + k] = table[place[row]! * width + k]!
  return { width, table: found }
}

/** Graph of `lookUp`: `place` int64 `[N, 1]` → float `[N, width]`. */
export function emitLookUp({ width, table }: LookupTable, graph: Graph, place: Tensor): Tensor {
  const rows = graph.constant(table, [table.length / width, width])
  const found = graph.op('Gather', [rows, place], {}, { type: 'float' })
  return graph.op('Reshape', [found, graph.i64(-1, width)])
}
