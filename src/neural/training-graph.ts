import { Graph, type ElementType, type Tensor } from '../onnx/graph.ts'
import { emitEntry, parametersOf, type Layer, type Network } from '../onnx/network.ts'
import { emitAdamW, type AdamOptions } from './adamw.ts'
import { backward, forward, type Supply } from './gradients.ts'
import { emitLoss, type Loss } from './losses.ts'

/** Everything about a training that is baked into its graph; the rest is fed. */
export interface TrainingShape {
  readonly net: Network
  readonly loss: Loss
  readonly outputs: number
  readonly batch: number
  /** Share of every target distribution that is spread evenly over the classes. */
  readonly smoothing: number
  /** `uint8`: raw bytes, scaled in the graph. `float`: already through the entry of the net. */
  readonly store: 'uint8' | 'float'
  readonly weighted: boolean
  readonly adam: AdamOptions
  /** Images are moved about while training; absent for none. */
  readonly shifts?: ImageShifts
}

/** Each batch of images is moved up to `reach` pixels up, down, left and right; zeros come in at the side. */
export interface ImageShifts {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly reach: number
}

/** Values that dropout needs per step: one window into a pool of random masks, cut into one piece per dropout layer. */
export function dropoutOf(net: Network): { readonly rate: number; readonly widths: readonly number[] } {
  const rates = new Set<number>()
  const widths: number[] = []
  const walk = (layers: readonly Layer[], input: number): number => {
    let width = input
    for (const layer of layers) {
      if (layer.kind === 'dense') width = layer.outputs
      if (layer.kind === 'flatten') width = layer.width
      if (layer.kind === 'sum') width = Math.max(...layer.branches.map(branch => walk(branch, width)))
      if (layer.kind === 'dropout') {
        rates.add(layer.rate)
        widths.push(width)
      }
    }
    return width
  }
  walk(net.layers, joinedWidth(net))
  if (rates.size > 1) throw new Error(`a net has dropout rates ${[...rates].join(' and ')}: expected one`)
  return { rate: [...rates][0] ?? 0, widths }
}

/** Width of what enters the first layer. */
export const joinedWidth = ({ numeric, embeddings }: Network): number =>
  embeddings.reduce((sum, { width }) => sum + width, numeric.length)

/**
 * The whole training as one `Loop`: each turn gathers a mini-batch from the resident table, runs the net forward and back and
 * takes one AdamW step. Weights and moments are carried; one call makes as many steps as it is told.
 *
 * Fed: matrix, codes, target, importance (the table); order (row numbers, B per step), steps, alpha, epsilon, decay (one
 * each per step), pool, offsets (dropout); weights, first, second (the state).
 */
export function trainingGraph(shape: TrainingShape): Uint8Array {
  const { net, batch } = shape
  const graph = new Graph('training')
  const parameters = parametersOf(net)
  const size = parameters.reduce((sum, { values }) => sum + values.length, 0)
  const table = tableInputs(graph, shape)
  const order = graph.input('order', 'int32', ['M'])
  const steps = graph.input('steps', 'int64', [])
  const scalars = (['alpha', 'epsilon', 'decay'] as const).map(name => graph.input(name, 'float', ['S']))
  const state = (['weights', 'first', 'second'] as const).map(name => graph.input(name, 'float', [size]))
  const dropout = dropoutOf(net)
  const masks = dropout.widths.length > 0 && {
    pool: graph.input('pool', 'float', ['Q']),
    offsets: graph.input('offsets', 'int64', ['S']),
  }

  const moves = shape.shifts && graph.input('moves', 'int64', ['S', 2])

  const body = graph.subgraph('step')
  const turn = body.input('turn', 'int64', [])
  const going = body.input('going', 'bool', [])
  const [weights, first, second] = ['weights in', 'first in', 'second in'].map(name =>
    body.input(name, 'float', [size]),
  ) as [Tensor, Tensor, Tensor]
  const now = (values: Tensor) => body.op('Gather', [values, turn])

  const from = body.op('Mul', [turn, body.i64(batch)])
  const rows = body.op('Slice', [order, from, body.op('Add', [from, body.i64(batch)])])
  const pieces = masks ? maskPieces(body, masks.pool, now(masks.offsets), dropout.widths, batch) : []
  const move = moves && now(moves)
  const gradient = flatGradient(body, shape, table, { rows, weights, masks: pieces, move })
  const [alpha, epsilon, decay] = scalars.map(now) as [Tensor, Tensor, Tensor]
  const next = emitAdamW(body, { weights, first, second }, gradient, { alpha, epsilon, decay }, shape.adam)
  body.output('going on', going, [])
  body.output('weights out', next.weights, [size])
  body.output('first out', next.first, [size])
  body.output('second out', next.second, [size])

  const results = graph.ops('Loop', [steps, undefined, ...state], 3, { body }, { type: 'float' })
  for (const [i, name] of ['weights', 'first', 'second'].entries())
    graph.output(`${name} after`, results[i]!, [size])
  return graph.encode()
}

/** The resident table as graph inputs; each is absent where the net has no use for it. */
interface EntryTable {
  readonly matrix?: Tensor
  readonly codes?: Tensor
}
interface Table extends EntryTable {
  readonly target: Tensor
  readonly importance?: Tensor
}
type EntryShape = Pick<TrainingShape, 'net' | 'store'>

const rowsOf = (graph: Graph, name: string, type: ElementType, width: number) =>
  graph.input(name, type, ['N', width])

const entryInputs = (graph: Graph, { net, store }: EntryShape): EntryTable => ({
  ...(net.numeric.length > 0 && { matrix: rowsOf(graph, 'matrix', store, net.numeric.length) }),
  ...(net.embeddings.length > 0 && { codes: rowsOf(graph, 'codes', 'int32', net.embeddings.length) }),
})

const tableInputs = (graph: Graph, shape: TrainingShape): Table => ({
  ...entryInputs(graph, shape),
  target:
    shape.loss === 'cross-entropy'
      ? graph.input('target', 'int32', ['N'])
      : rowsOf(graph, 'target', 'float', 1),
  ...(shape.weighted && { importance: rowsOf(graph, 'importance', 'float', 1) }),
})

interface StepTensors {
  /** Row numbers of the batch. */
  readonly rows: Tensor
  readonly weights: Tensor
  readonly masks: readonly Tensor[]
  /** Where the window on the widened images starts: row, column. */
  readonly move: Tensor | undefined
}

/** The gradient of the batch loss with respect to all parameters, as one vector laid out like the weights. */
function flatGradient(
  body: Graph,
  shape: TrainingShape,
  table: Table,
  { rows, weights, masks, move }: StepTensors,
): Tensor {
  const { net, loss, batch } = shape
  const parameters = splitParameters(body, net, weights)
  const take = (values: Tensor) => body.op('Gather', [values, rows])
  const entry = emitBatchEntry(body, shape, table, take, parameters)
  let nextMask = 0
  const supply: Supply = { parameters, next: net.embeddings.length, mask: () => masks[nextMask++] }
  const joined = move && shape.shifts ? moved(body, entry.joined, move, shape.shifts) : entry.joined
  const tape = forward(body, net.layers, joined, supply)
  const target = take(table.target)
  const { gradient } = emitLoss(
    body,
    loss,
    tape.output,
    loss === 'cross-entropy' ? body.op('Gather', [targetRows(body, shape), target]) : target,
    batch,
    table.importance && take(table.importance),
  )
  const gradients: Tensor[] = []
  const dx = backward(body, tape.played, gradient, gradients, net.embeddings.length > 0)
  if (dx) embeddingGradients(body, net, entry.codes, dx, gradients)
  return body.op(
    'Concat',
    gradients.map(part => body.op('Reshape', [part, body.i64(-1)])),
    { axis: 0 },
  )
}

/** Cuts a flat vector into the parameters of the net. */
export function splitParameters(graph: Graph, net: Network, flat: Tensor): Tensor[] {
  const parameters = parametersOf(net)
  const sizes = graph.i64(...parameters.map(({ values }) => values.length))
  const pieces = graph.ops('Split', [flat, sizes], parameters.length, { axis: 0 })
  return pieces.map((piece, i) => graph.op('Reshape', [piece, graph.i64(...parameters[i]!.dims)]))
}

/** What enters the first layer: numbers, then embedded categories. `take` picks the rows. */
export function emitBatchEntry(
  graph: Graph,
  { net, store }: EntryShape,
  { matrix, codes }: EntryTable,
  take: (values: Tensor) => Tensor,
  parameters: readonly Tensor[],
) {
  const parts: Tensor[] = []
  if (matrix) {
    const numbers = graph.cast(take(matrix), 'float')
    parts.push(store === 'uint8' ? emitEntry(graph, net, numbers) : numbers)
  }
  const taken: Tensor[] = []
  if (codes) {
    const all = take(codes)
    for (const [i] of net.embeddings.entries()) {
      const own =
        net.embeddings.length === 1 ? graph.op('Squeeze', [all, graph.i64(1)]) : column(graph, all, i)
      taken.push(own)
      parts.push(graph.op('Gather', [parameters[i]!, own], { axis: 0 }))
    }
  }
  return { joined: parts.length === 1 ? parts[0]! : graph.op('Concat', parts, { axis: 1 }), codes: taken }
}

const column = (graph: Graph, matrix: Tensor, index: number) =>
  graph.op('Gather', [matrix, graph.constant(Int32Array.of(index), [])], { axis: 1 })

/** Each embedded row's gradient is added to the row of its category. */
function embeddingGradients(
  graph: Graph,
  { numeric, embeddings }: Network,
  codes: readonly Tensor[],
  dx: Tensor,
  gradients: Tensor[],
): void {
  const widths = [...(numeric.length > 0 ? [numeric.length] : []), ...embeddings.map(({ width }) => width)]
  const pieces =
    widths.length === 1 ? [dx] : graph.ops('Split', [dx, graph.i64(...widths)], widths.length, { axis: 1 })
  for (const [i, { categories, width }] of embeddings.entries()) {
    const zeros = graph.constant(new Float32Array((categories + 1) * width), [categories + 1, width])
    const rows = graph.op('Unsqueeze', [graph.cast(codes[i]!, 'int64'), graph.i64(1)])
    const piece = pieces[pieces.length - embeddings.length + i]!
    gradients[i] = graph.op('ScatterND', [zeros, rows, piece], { reduction: 'add' })
  }
}

/** Row k is the distribution that a row of class k should get. */
function targetRows(graph: Graph, { outputs, smoothing }: TrainingShape): Tensor {
  const rows = new Float32Array(outputs * outputs).fill(smoothing / outputs)
  for (let k = 0; k < outputs; k++) rows[k * outputs + k]! += 1 - smoothing
  return graph.constant(rows, [outputs, outputs])
}

function moved(
  body: Graph,
  pixels: Tensor,
  move: Tensor,
  { channels, height, width, reach }: ImageShifts,
): Tensor {
  const images = body.op('Reshape', [pixels, body.i64(-1, channels, height, width)])
  const wide = body.op('Pad', [images, body.i64(0, 0, reach, reach, 0, 0, reach, reach)])
  const end = body.op('Add', [move, body.i64(height, width)])
  const window = body.op('Slice', [wide, move, end, body.i64(2, 3)])
  return body.op('Reshape', [window, body.i64(-1, channels * height * width)])
}

function maskPieces(
  body: Graph,
  pool: Tensor,
  offset: Tensor,
  widths: readonly number[],
  batch: number,
): Tensor[] {
  const sizes = widths.map(width => width * batch)
  const start = body.op('Reshape', [offset, body.i64(1)])
  const end = body.op('Add', [start, body.i64(sizes.reduce((sum, size) => sum + size, 0))])
  const window = body.op('Slice', [pool, start, end])
  const pieces =
    sizes.length === 1 ? [window] : body.ops('Split', [window, body.i64(...sizes)], sizes.length, { axis: 0 })
  return pieces.map((piece, i) => body.op('Reshape', [piece, body.i64(batch, widths[i]!)]))
}

/** The net over resident rows `start … end`, for scoring while it trains: fed the table, `start`, `end` and the weights. */
export function scoringGraph(shape: EntryShape & Pick<TrainingShape, 'outputs'>): Uint8Array {
  const { net } = shape
  const graph = new Graph('scoring')
  const table = entryInputs(graph, shape)
  const size = parametersOf(net).reduce((sum, { values }) => sum + values.length, 0)
  const bounds = (['start', 'end'] as const).map(name => graph.input(name, 'int64', [1]))
  const parameters = splitParameters(graph, net, graph.input('weights', 'float', [size]))
  const take = (values: Tensor) => graph.op('Slice', [values, ...bounds, graph.i64(0)])
  const { joined } = emitBatchEntry(graph, shape, table, take, parameters)
  const tape = forward(graph, net.layers, joined, {
    parameters,
    next: net.embeddings.length,
    mask: () => undefined,
  })
  graph.output('outputs', tape.output, ['M', shape.outputs])
  return graph.encode()
}
