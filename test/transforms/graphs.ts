import type { Column } from '../../src/data/dataset.ts'
import type { Features } from '../../src/data/features.ts'
import { toRowMajor } from '../../src/data/features.ts'
import type { Tensor } from '../../src/onnx/graph.ts'
import { Graph } from '../../src/onnx/graph.ts'
import type { Feed } from '../../src/onnx/session.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { textAt } from '../../src/transforms/strings.ts'
import { rowCount } from '../../src/transforms/levels.ts'
import { MISSING_DATETIME } from '../../src/transforms/missing-indicator.ts'

const TYPES = { numeric: 'float', categorical: 'string', text: 'string', datetime: 'int64' } as const

/** A raw column as a graph receives it. */
export function feedColumn(column: Column): Promise<Feed> {
  const rows = rowCount(column)
  switch (column.kind) {
    case 'numeric':
      return feed(Float32Array.from(column.values), [rows, 1])
    case 'datetime':
      return feed(
        BigInt64Array.from(column.values as Float64Array, value =>
          Number.isFinite(value) ? BigInt(Math.floor(value)) : MISSING_DATETIME,
        ),
        [rows, 1],
      )
    default:
      return feed(
        Array.from({ length: rows }, (_, row) => textAt(column, row)),
        [rows, 1],
      )
  }
}

async function runGraph(graph: Graph, feeds: Record<string, Feed>, result: Tensor): Promise<number[][]> {
  graph.output('features', result, ['N', 'width'])
  const session = await openSession(graph.encode())
  try {
    const { features } = await session.run(feeds)
    const [rows, width] = features!.dims as [number, number]
    const data = features!.data as Float32Array
    return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)))
  } finally {
    await session.release()
  }
}

/** What the graph of an encoder makes of a column, or undefined when it makes nothing. */
export async function runEncoder(
  emit: (graph: Graph, input: Tensor) => Tensor | undefined,
  column: Column,
): Promise<number[][] | undefined> {
  const graph = new Graph('test')
  const result = emit(graph, graph.input('column', TYPES[column.kind], ['N', 1]))
  return result && runGraph(graph, { column: await feedColumn(column) }, result)
}

/** What the graph of a feature transform makes of features. */
export async function runFeatureTransform(
  emit: (graph: Graph, input: Tensor) => Tensor,
  features: Features,
): Promise<number[][]> {
  const graph = new Graph('test')
  const result = emit(graph, graph.input('raw', 'float', ['N', features.columns.length]))
  const feeds = { raw: await feed(toRowMajor(features), [features.rows, features.columns.length]) }
  return runGraph(graph, feeds, result)
}
