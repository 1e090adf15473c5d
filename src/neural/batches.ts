import type { Network } from '../onnx/network.ts'
import { feed, type Feed } from '../onnx/session.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'
import { dropoutOf, maskValues } from './masks.ts'
import { randomWarps, warpCount, type ImageWarps } from './warps.ts'

const POOL_VALUES = 1 << 22

interface BatchOptions {
  readonly batch: number
  readonly seed: number
  readonly warps?: ImageWarps
  /** The pool holds uniform numbers instead of masks. */
  readonly fading?: boolean
  /** Both parameters of the beta distribution that shares of mixup are drawn from; 0 or absent for none. */
  readonly mixup?: number
}

/** Feeds for any number of steps to come: shuffled row numbers, epoch after epoch, and dropout windows. */
export async function batchSource(
  net: Network,
  rows: number,
  { batch, seed, warps, fading = false, mixup = 0 }: BatchOptions,
) {
  const next = rowStream(rows, createRng(hashSeed(seed, 'order')))
  const { rate, sizes } = dropoutOf(net)
  const window = maskValues(sizes, batch)
  const pool =
    window > 0
      ? maskPool(Math.max(2 * window, Math.min(POOL_VALUES, 64 * window)), {
          rate: fading ? undefined : rate,
          seed,
        })
      : undefined
  const fedPool = pool && (await feed(pool, [pool.length]))
  const offsets = createRng(hashSeed(seed, 'offsets'))
  const bent = warps && (await fedWarps(warps, createRng(hashSeed(seed, 'warps'))))
  const picks = createRng(hashSeed(seed, 'picks'))
  const shares = createRng(hashSeed(seed, 'mixup'))
  return async (steps: number): Promise<Record<string, Feed>> => {
    const feeds: Record<string, Feed> = { order: await feed(next(steps * batch), [steps * batch]) }
    if (warps && bent) {
      const count = warpCount(warps)
      feeds['warps'] = bent
      feeds['picks'] = await feed(
        Int32Array.from({ length: steps * batch }, () => picks.int(count)),
        [steps * batch],
      )
    }
    if (mixup > 0)
      feeds['blend'] = await feed(
        Float32Array.from({ length: steps }, () => betaShare(mixup, shares)),
        [steps],
      )
    if (!pool || !fedPool) return feeds
    const starts = BigInt64Array.from({ length: steps }, () => BigInt(offsets.int(pool.length - window)))
    return { ...feeds, pool: fedPool, offsets: await feed(starts, [steps]) }
  }
}

const fedWarps = (warps: ImageWarps, rng: Rng): Promise<Feed> =>
  feed(randomWarps(warps, rng), [warpCount(warps), warps.height, warps.width, 2])

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
function maskPool(
  length: number,
  { rate, seed }: { readonly rate: number | undefined; readonly seed: number },
): Float32Array {
  const rng = createRng(hashSeed(seed, 'dropout'))
  const pool = new Float32Array(length)
  if (rate === undefined) for (let i = 0; i < length; i++) pool[i] = rng.next()
  else {
    const kept = 1 / (1 - rate)
    for (let i = 0; i < length; i++) pool[i] = rng.next() < rate ? 0 : kept
  }
  return pool
}

/** A draw of the beta distribution with both parameters `a` (Jöhnk 1964, good for a ≤ 1), the larger side of it. */
export function betaShare(a: number, rng: Rng): number {
  for (;;) {
    const x = rng.next() ** (1 / a)
    const y = rng.next() ** (1 / a)
    if (x + y > 0 && x + y <= 1) return Math.max(x, y) / (x + y)
  }
}
