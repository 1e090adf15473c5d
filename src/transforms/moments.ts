import type { Column } from '../data/dataset.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { MISSING_DATETIME } from './missing-indicator.ts'

/** Milliseconds since 1970; not finite where missing. */
export function momentsOf(column: Column): Float64Array {
  if (column.kind !== 'datetime')
    throw new Error(`column "${column.name}" is ${column.kind}: expected datetime`)
  return column.values
}

/** Where a raw column int64 `[N, 1]` is missing, and the column with a whole number of milliseconds in those places. */
export function emitMoments(graph: Graph, input: Tensor, fill: number): { missing: Tensor; known: Tensor } {
  const absent = graph.constant(BigInt64Array.of(MISSING_DATETIME), [1])
  const missing = graph.op('Equal', [input, absent], {}, { type: 'bool' })
  return { missing, known: graph.op('Where', [missing, graph.i64(fill), input], {}, { type: 'int64' }) }
}
