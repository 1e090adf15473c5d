import type { Network } from '../onnx/network.ts'
import { feed, type Feed } from '../onnx/session.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'
import { dropoutOf, type ImageShifts } from './training-graph.ts'

const POOL_VALUES = 1 << 22

interface BatchOptions {
  readonly batch: number
  readonly seed: number
  readonly shifts?: ImageShifts
}

/** Feeds for any number of steps to come: shuffled row numbers, epoch after epoch, and dropout windows. */
export async function batchSource(net: Network, rows: number, { batch, seed, shifts }: BatchOptions) {
  const next = rowStream(rows, createRng(hashSeed(seed, 'order')))
  const { rate, widths } = dropoutOf(net)
  const window = widths.reduce((sum, width) => sum + width * batch, 0)
  const pool =
    window > 0 ? maskPool(rate, Math.max(2 * window, Math.min(POOL_VALUES, 64 * window)), seed) : undefined
  const fedPool = pool && (await feed(pool, [pool.length]))
  const offsets = createRng(hashSeed(seed, 'offsets'))
  const places = createRng(hashSeed(seed, 'moves'))
  return async (steps: number): Promise<Record<string, Feed>> => {
    const feeds: Record<string, Feed> = { order: await feed(next(steps * batch), [steps * batch]) }
    if (shifts) {
      const moves = BigInt64Array.from({ length: 2 * steps }, () => BigInt(places.int(2 * shifts.reach + 1)))
      feeds['moves'] = await feed(moves, [steps, 2])
    }
    if (!pool || !fedPool) return feeds
    const starts = BigInt64Array.from({ length: steps }, () => BigInt(offsets.int(pool.length - window)))
    return { ...feeds, pool: fedPool, offsets: await feed(starts, [steps]) }
  }
}

/** Rows in shuffled order without end: each epoch is a new permutation, and batches may span two. */
function rowStream(rows: number, rng: Rng): (count: number) => Int32Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  let at = rows
  return count => {
    const taken = new Int32Array(count)
    for (let filled = 0; filled < count;) {
      if (at === rows) {
        rng.shuffle(order)
        at = 0
      }
      const some = Math.min(count - filled, rows - at)
      taken.set(order.subarray(at, at + some), filled)
      filled += some
      at += some
    }
    return taken
  }
}

/** Random masks to cut windows from: cheaper than fresh random numbers at every step, and reproducible anywhere. */
function maskPool(rate: number, length: number, seed: number): Float32Array {
  const rng = createRng(hashSeed(seed, 'dropout'))
  const kept = 1 / (1 - rate)
  const pool = new Float32Array(length)
  for (let i = 0; i < length; i++) pool[i] = rng.next() < rate ? 0 : kept
  return pool
}
