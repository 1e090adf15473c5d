import type { Graph, ElementType, Tensor } from '../onnx/graph.ts'
import { emitEntry, fixedWidth, parametersOf, type Network } from '../onnx/network.ts'

/** Neighbouring embeddings of one width: their tables stand below each other and are read in one go. */
export interface EmbeddingRun {
  readonly start: number
  readonly end: number
  readonly width: number
  /** Rows of all its tables. */
  readonly rows: number
}

export function embeddingRuns({ embeddings }: Network): EmbeddingRun[] {
  const runs: EmbeddingRun[] = []
  for (const [i, { width, categories }] of embeddings.entries()) {
    const last = runs.at(-1)
    if (last?.width === width)
      runs[runs.length - 1] = { ...last, end: i + 1, rows: last.rows + categories + 1 }
    else runs.push({ start: i, end: i + 1, width, rows: categories + 1 })
  }
  return runs
}

/** The resident table as graph inputs; each is absent where the net has no use for it. */
export interface EntryTable {
  readonly matrix?: Tensor
  readonly codes?: Tensor
}
export interface EntryShape {
  readonly net: Network
  readonly store: 'uint8' | 'float'
}

const rowsOf = (graph: Graph, name: string, type: ElementType, width: number) =>
  graph.input(name, type, ['N', width])

export const entryInputs = (graph: Graph, { net, store }: EntryShape): EntryTable => ({
  ...(fixedWidth(net) > 0 && { matrix: rowsOf(graph, 'matrix', store, fixedWidth(net)) }),
  ...(net.embeddings.length > 0 && { codes: rowsOf(graph, 'codes', 'int32', net.embeddings.length) }),
})

/** Cuts a flat vector into the tables of the embedding runs and the parameters of the layers. */
export function splitParameters(graph: Graph, net: Network, flat: Tensor) {
  const runs = embeddingRuns(net)
  const rest = parametersOf(net).slice(net.embeddings.length)
  const lengths = [...runs.map(({ rows, width }) => rows * width), ...rest.map(({ values }) => values.length)]
  const shapes = [...runs.map(({ rows, width }) => [rows, width]), ...rest.map(({ dims }) => dims)]
  const pieces = graph.ops('Split', [flat, graph.i64(...lengths)], lengths.length, { axis: 0 })
  const shaped = pieces.map((piece, i) => graph.op('Reshape', [piece, graph.i64(...shapes[i]!)]))
  return { tables: shaped.slice(0, runs.length), parameters: shaped.slice(runs.length) }
}

/** What enters the first layer: numbers, then embedded categories. `take` picks the rows. */
export function emitBatchEntry(
  graph: Graph,
  { net, store }: EntryShape,
  { matrix, codes }: EntryTable,
  take: (values: Tensor) => Tensor,
  tables: readonly Tensor[],
): { readonly joined: Tensor; readonly codes: readonly Tensor[] } {
  const parts: Tensor[] = []
  if (matrix) {
    const numbers = graph.cast(take(matrix), 'float')
    parts.push(store === 'uint8' ? emitEntry(graph, net, numbers) : numbers)
  }
  const taken = codes ? runCodes(graph, net, take(codes)) : []
  for (const [i, { start, end, width }] of embeddingRuns(net).entries()) {
    const vectors = graph.op('Gather', [tables[i]!, taken[i]!], { axis: 0 }) // [B, embeddings, width]
    parts.push(graph.op('Reshape', [vectors, graph.i64(-1, (end - start) * width)]))
  }
  return { joined: parts.length === 1 ? parts[0]! : graph.op('Concat', parts, { axis: 1 }), codes: taken }
}

function runCodes(graph: Graph, net: Network, codes: Tensor): Tensor[] {
  const widths = embeddingRuns(net).map(({ start, end }) => end - start)
  if (widths.length === 1) return [codes]
  return graph.ops('Split', [codes, graph.i64(...widths)], widths.length, { axis: 1 })
}

/** Each embedded row's gradient is added to the row of its category; one table per run. */
export function embeddingGradients(
  graph: Graph,
  net: Network,
  codes: readonly Tensor[],
  dx: Tensor,
): Tensor[] {
  const runs = embeddingRuns(net)
  const fixed = fixedWidth(net)
  const widths = [
    ...(fixed > 0 ? [fixed] : []),
    ...runs.map(({ start, end, width }) => (end - start) * width),
  ]
  const pieces =
    widths.length === 1 ? [dx] : graph.ops('Split', [dx, graph.i64(...widths)], widths.length, { axis: 1 })
  return runs.map(({ start, end, width, rows }, i) => {
    const zeros = graph.constant(new Float32Array(rows * width), [rows, width])
    const places = graph.op('Unsqueeze', [graph.cast(codes[i]!, 'int64'), graph.i64(2)])
    const piece = pieces[pieces.length - runs.length + i]!
    const vectors = graph.op('Reshape', [piece, graph.i64(-1, end - start, width)])
    return graph.op('ScatterND', [zeros, places, vectors], { reduction: 'add' })
  })
}
