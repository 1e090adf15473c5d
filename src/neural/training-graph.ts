import { Graph, type Tensor } from '../onnx/graph.ts'
import { parametersOf, type Network } from '../onnx/network.ts'
import { emitAdamW, type AdamOptions, type Pace } from './adamw.ts'
import { emitBatchEntry, embeddingGradients, entryInputs, splitParameters } from './entry.ts'
import type { EntryShape, EntryTable } from './entry.ts'
import { backward, forward, type Supply } from './gradients.ts'
import { emitLoss, type Loss } from './losses.ts'
import { dropoutOf, emitMasks } from './masks.ts'
import { memberCount, trainedLayers } from './members.ts'
import { emitWarps, warpCount, type ImageWarps } from './warps.ts'

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
  /** How fast each parameter moves and how much it decays, in their order; absent for all alike. */
  readonly paces?: readonly Pace[]
  /** Whether the rate of dropout changes from step to step. */
  readonly fading?: boolean
  /** Whether each batch is blended with itself in another order (Zhang et al. 2018, mixup). */
  readonly blended?: boolean
  /** Images are moved and bent while training; absent for none. */
  readonly warps?: ImageWarps
}

/**
 * The whole training as one `Loop`: each turn gathers a mini-batch from the resident table, runs the net forward and back and
 * takes one AdamW step. Weights and moments are carried; one call makes as many steps as it is told.
 *
 * Fed: matrix, codes, target, importance (the table); order (row numbers, B per step), steps, alpha, epsilon, decay (one
 * each per step), pool, offsets, rates (dropout), blend (mixup), warps, picks (images); weights, first, second (the state).
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
  const { sizes } = dropoutOf(net)
  const masks = sizes.length > 0 && {
    pool: graph.input('pool', 'float', ['Q']),
    offsets: graph.input('offsets', 'int64', ['S']),
    rates: shape.fading ? graph.input('rates', 'float', ['S']) : undefined,
  }

  const blend = shape.blended ? graph.input('blend', 'float', ['S']) : undefined
  const warps = shape.warps && {
    pool: graph.input('warps', 'float', [warpCount(shape.warps), shape.warps.height, shape.warps.width, 2]),
    picks: graph.input('picks', 'int32', ['M']),
  }

  const body = graph.subgraph('step')
  const turn = body.input('turn', 'int64', [])
  const going = body.input('going', 'bool', [])
  const [weights, first, second] = ['weights in', 'first in', 'second in'].map(name =>
    body.input(name, 'float', [size]),
  ) as [Tensor, Tensor, Tensor]
  const now = (values: Tensor) => body.op('Gather', [values, turn])

  const from = body.op('Mul', [turn, body.i64(batch)])
  const end = body.op('Add', [from, body.i64(batch)])
  const rows = body.op('Slice', [order, from, end])
  const pieces = masks
    ? emitMasks(body, masks.pool, now(masks.offsets), masks.rates && now(masks.rates), { sizes, batch })
    : []
  const { gradient, drifts } = flatGradient(body, shape, table, {
    rows,
    weights,
    masks: pieces,
    bent: warps && { pool: warps.pool, picks: body.op('Slice', [warps.picks, from, end]) },
    blend: blend && now(blend),
  })
  const [alpha, epsilon, decay] = scalars.map(now) as [Tensor, Tensor, Tensor]
  const paces = shape.paces && emitPaces(body, net, shape.paces)
  const next = emitAdamW(
    body,
    { weights, first, second },
    gradient,
    { alpha, epsilon, decay },
    shape.adam,
    paces,
  )
  body.output('going on', going, [])
  body.output('weights out', drifts ? body.op('Add', [next.weights, drifts]) : next.weights, [size])
  body.output('first out', next.first, [size])
  body.output('second out', next.second, [size])

  const results = graph.ops('Loop', [steps, undefined, ...state], 3, { body }, { type: 'float' })
  for (const [i, name] of ['weights', 'first', 'second'].entries())
    graph.output(`${name} after`, results[i]!, [size])
  return graph.encode()
}

interface Table extends EntryTable {
  readonly target: Tensor
  readonly importance?: Tensor
}

const tableInputs = (graph: Graph, shape: TrainingShape): Table => ({
  ...entryInputs(graph, shape),
  target:
    shape.loss === 'cross-entropy'
      ? graph.input('target', 'int32', ['N'])
      : graph.input('target', 'float', ['N', 1]),
  ...(shape.weighted && { importance: graph.input('importance', 'float', ['N', 1]) }),
})

interface StepTensors {
  /** Row numbers of the batch. */
  readonly rows: Tensor
  readonly weights: Tensor
  readonly masks: readonly Tensor[]
  /** All warps, and which of them each image gets. */
  readonly bent: { readonly pool: Tensor; readonly picks: Tensor } | undefined
  /** Share that a row keeps of itself. */
  readonly blend: Tensor | undefined
}

/**
 * The gradient of the batch loss with respect to all parameters, as one vector laid out like the weights; and, where there are
 * running statistics, what they have to be moved by, laid out alike.
 */
function flatGradient(
  body: Graph,
  shape: TrainingShape,
  table: Table,
  { rows, weights, masks, bent, blend }: StepTensors,
): { readonly gradient: Tensor; readonly drifts: Tensor | undefined } {
  const { net, loss, batch } = shape
  const { tables, parameters } = splitParameters(body, net, weights)
  const take = (values: Tensor) => body.op('Gather', [values, rows])
  const entry = emitBatchEntry(body, shape, table, take, tables)
  let nextMask = 0
  const moving = bent && shape.warps ? emitWarps(body, entry.joined, bent, shape.warps) : entry.joined
  const joined = blend ? blended(body, moving, blend) : moving
  const members = memberCount(net)
  const drifts = new Map<number, Tensor>()
  const supply: Supply = {
    parameters,
    next: 0,
    mask: () => masks[nextMask++],
    batchRows: batch * members,
    drifts,
  }
  const tape = forward(body, trainedLayers(net), joined, supply)
  const target = take(table.target)
  const wanted = loss === 'cross-entropy' ? body.op('Gather', [targetRows(body, shape), target]) : target
  const { gradient } = emitLoss(
    body,
    loss,
    tape.output,
    repeated(body, blend ? blended(body, wanted, blend) : wanted, members, shape.outputs),
    batch * members,
    table.importance && repeated(body, take(table.importance), members, 1),
  )
  const gradients: Tensor[] = []
  const back = backward(body, tape.played, gradient, gradients, net.embeddings.length > 0)
  const dx = back && blend ? blended(body, back, blend) : back
  const all = [...(dx ? embeddingGradients(body, net, entry.codes!, dx) : []), ...gradients]
  const joinedUp = (parts: readonly Tensor[]) =>
    body.op(
      'Concat',
      parts.map(part => body.op('Reshape', [part, body.i64(-1)])),
      { axis: 0 },
    )
  return {
    gradient: joinedUp(all),
    drifts: drifts.size > 0 ? joinedUp(driftParts(body, net, drifts)) : undefined,
  }
}

function driftParts(body: Graph, net: Network, drifts: ReadonlyMap<number, Tensor>): Tensor[] {
  const before = net.embeddings.length
  return parametersOf(net).map(
    ({ values }, i) =>
      drifts.get(i - before) ?? body.constant(new Float32Array(values.length), [values.length]),
  )
}

/** `share · row + (1 − share) · the row as far from the other end of the batch`: a symmetric map, its own gradient. */
function blended(body: Graph, rows: Tensor, share: Tensor): Tensor {
  const start = body.i64(-1)
  const other = body.op('Slice', [rows, start, body.i64(-(2 ** 31)), body.i64(0), body.i64(-1)])
  const change = body.op('Sub', [other, rows])
  return body.op('Add', [rows, body.op('Mul', [change, body.op('Sub', [body.f32(1), share])])])
}

/** Each row once for each member. */
function repeated(body: Graph, rows: Tensor, members: number, width: number): Tensor {
  if (members === 1) return rows
  const copies = body.op('Expand', [body.op('Unsqueeze', [rows, body.i64(1)]), body.i64(1, members, 1)])
  return body.op('Reshape', [copies, body.i64(-1, width)])
}

/** Paces of the parameters as vectors laid out like the weights. */
function emitPaces(body: Graph, net: Network, paces: readonly Pace[]) {
  const lengths = parametersOf(net).map(({ values }) => values.length)
  const spread = (of: (pace: Pace) => number) => {
    const all = new Float32Array(lengths.reduce((sum, length) => sum + length, 0))
    let offset = 0
    for (const [i, length] of lengths.entries()) {
      all.fill(of(paces[i]!), offset, offset + length)
      offset += length
    }
    return body.constant(all, [all.length])
  }
  return { rate: spread(({ rate }) => rate), decay: spread(({ decay }) => decay) }
}

/** Row k is the distribution that a row of class k should get. */
function targetRows(graph: Graph, { outputs, smoothing }: TrainingShape): Tensor {
  const rows = new Float32Array(outputs * outputs).fill(smoothing / outputs)
  for (let k = 0; k < outputs; k++) rows[k * outputs + k]! += 1 - smoothing
  return graph.constant(rows, [outputs, outputs])
}

/** The net over resident rows `start … end`, for scoring while it trains: fed the table, `start`, `end` and the weights. */
export function scoringGraph(shape: EntryShape & Pick<TrainingShape, 'outputs'>): Uint8Array {
  const { net } = shape
  const graph = new Graph('scoring')
  const table = entryInputs(graph, shape)
  const size = parametersOf(net).reduce((sum, { values }) => sum + values.length, 0)
  const bounds = (['start', 'end'] as const).map(name => graph.input(name, 'int64', [1]))
  const { tables, parameters } = splitParameters(graph, net, graph.input('weights', 'float', [size]))
  const take = (values: Tensor) => graph.op('Slice', [values, ...bounds, graph.i64(0)])
  const { joined } = emitBatchEntry(graph, shape, table, take, tables)
  const tape = forward(graph, net.layers, joined, {
    parameters,
    next: 0,
    mask: () => undefined,
  })
  graph.output('outputs', tape.output, ['M', shape.outputs])
  return graph.encode()
}
