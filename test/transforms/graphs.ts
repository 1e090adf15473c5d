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

async function runGraph(
  graph: Graph,
  result: Tensor,
  feeds: readonly Record<string, Feed>[],
): Promise<number[][][]> {
  graph.output('features', result, ['N', 'width'])
  const session = await openSession(graph.encode())
  const results: number[][][] = []
  for (const one of feeds) {
    const { features } = await session.run(one)
    const [rows, width] = features!.dims as [number, number]
    const data = features!.data as Float32Array
    results.push(
      Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width))),
    )
  }
  await session.release()
  return results
}

/** What the graph of an encoder makes of columns of one kind, or undefined when it makes nothing. */
export async function runEncoder(
  emit: (graph: Graph, input: Tensor) => Tensor | undefined,
  columns: readonly Column[],
): Promise<number[][][] | undefined> {
  const graph = new Graph('test')
  const result = emit(graph, graph.input('column', TYPES[columns[0]!.kind], ['N', 1]))
  if (!result) return undefined
  return runGraph(
    graph,
    result,
    await Promise.all(columns.map(async column => ({ column: await feedColumn(column) }))),
  )
}

/** What the graph of a feature transform makes of sets of features of one width. */
export async function runFeatureTransform(
  emit: (graph: Graph, input: Tensor) => Tensor,
  sets: readonly Features[],
): Promise<number[][][]> {
  const width = sets[0]!.columns.length
  const graph = new Graph('test')
  const result = emit(graph, graph.input('raw', 'float', ['N', width]))
  const feeds = sets.map(async set => ({ raw: await feed(toRowMajor(set), [set.rows, width]) }))
  return runGraph(graph, result, await Promise.all(feeds))
}

/** What the graph of a combiner makes of sets of columns, or undefined when it makes nothing; unused inputs are left out. */
export async function runCombiner(
  emit: (graph: Graph, inputs: readonly (Tensor | undefined)[]) => Tensor | undefined,
  used: readonly number[],
  sets: readonly (readonly Column[])[],
): Promise<number[][][] | undefined> {
  const graph = new Graph('test')
  const inputs = sets[0]!.map(({ kind }, place) =>
    used.includes(place) ? graph.input(`column ${place}`, TYPES[kind], ['N', 1]) : undefined,
  )
  const result = emit(graph, inputs)
  if (!result) return undefined
  const feeds = sets.map(async columns =>
    Object.fromEntries(
      await Promise.all(
        used.map(async place => [`column ${place}`, await feedColumn(columns[place]!)] as const),
      ),
    ),
  )
  return runGraph(graph, result, await Promise.all(feeds))
}
