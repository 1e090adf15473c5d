import type { Features } from '../data/features.ts'
import { Graph } from '../onnx/graph.ts'
import { feed, openSession, type Session } from '../onnx/session.ts'
import type { ModelData, ModelKind } from './model.ts'

/** A model that predicts by running its own graph. */
export interface GraphModel extends ModelData {
  readonly features: number
}

const BLOCK_CELLS = 1 << 21 // cells fed at a time
// One row alone takes another path through the matrix kernels and other last bits; in company it does not.
const MIN_ROWS = 4
const MAX_SESSIONS = 4 // loaded models kept for the next prediction

/** Row-major rows × outputs; `cellsPerRow` says how many numbers a row takes where that is more than its features. */
export async function predictByGraph<M extends GraphModel>(
  kind: ModelKind<M>,
  model: M,
  features: Features,
  cellsPerRow: number = model.features,
): Promise<Float64Array> {
  const { rows } = features
  const step = Math.max(1, Math.floor(BLOCK_CELLS / Math.max(1, cellsPerRow)))
  const result = new Float64Array(rows * model.outputs)
  const lease = await borrow(kind, model)
  try {
    for (let start = 0; start < rows; start += step) {
      const count = Math.min(rows, start + step) - start
      const block = rowBlock(features, start, start + count)
      const dims = [Math.max(MIN_ROWS, count), model.features]
      const { result: part } = await lease.session.run({ features: await feed(block, dims) })
      result.set((part!.data as Float64Array).subarray(0, count * model.outputs), start * model.outputs)
    }
  } finally {
    await lease.giveBack()
  }
  return result
}

/** Rows start … end, row-major, with zeros below where they are fewer than `MIN_ROWS`. */
function rowBlock({ columns }: Features, start: number, end: number): Float32Array {
  const width = columns.length
  const block = new Float32Array(Math.max(MIN_ROWS, end - start) * width)
  for (const [j, column] of columns.entries()) {
    const { values } = column
    if (column.kind === 'dense') {
      for (let row = start, at = j; row < end; row++, at += width) block[at] = values[row]!
    } else {
      for (let i = lowerBound(column.index, start); i < values.length && column.index[i]! < end; i++) {
        block[(column.index[i]! - start) * width + j] = values[i]!
      }
    }
  }
  return block
}

/** The first position whose value is not below `bound` in an ascending array. */
function lowerBound(ascending: Int32Array, bound: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < bound) low = middle + 1
    else high = middle
  }
  return low
}

interface Loaded {
  readonly session: Promise<Session>
  borrowers: number
}

const loaded = new Map<GraphModel, Loaded>() // least recently used first

async function borrow<M extends GraphModel>(kind: ModelKind<M>, model: M) {
  const entry: Loaded = loaded.get(model) ?? { session: open(kind, model), borrowers: 0 }
  loaded.delete(model)
  loaded.set(model, entry)
  entry.borrowers++
  const giveBack = async () => {
    entry.borrowers--
    await evict()
  }
  try {
    return { session: await entry.session, giveBack }
  } catch (error) {
    loaded.delete(model)
    throw error
  }
}

async function evict(): Promise<void> {
  for (const [model, entry] of loaded) {
    if (loaded.size <= MAX_SESSIONS) return
    if (entry.borrowers > 0) continue
    loaded.delete(model)
    await (await entry.session).release()
  }
}

function open<M extends GraphModel>(kind: ModelKind<M>, model: M): Promise<Session> {
  const graph = new Graph(model.kind)
  const features = graph.input('features', 'float', ['N', model.features])
  graph.output('result', kind.emit(model, graph, features), ['N', model.outputs])
  return openSession(graph.encode())
}
