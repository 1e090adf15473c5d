import type { Graph, Tensor } from '../onnx/graph.ts'
import { MISSING, notFinite } from './levels.ts'
import { takeQuantile } from './order.ts'

/** Inner edges of bins, ascending and distinct; a value at an edge belongs to the bin above. */
export type BinEdges = Float32Array

/** Ways to make at most `bins` bins of finite values, which they may reorder. */
export const BINNINGS = {
  quantile: (values: Float32Array, bins: number) => inner(bins, i => takeQuantile(values, i / bins)),
  uniform(values: Float32Array, bins: number) {
    const [low, high] = [takeQuantile(values, 0), takeQuantile(values, 1)]
    return inner(bins, i => low + ((high - low) * i) / bins)
  },
  /** Halfway between the centres of k-means in one dimension (Lloyd), begun at the centres of uniform bins. */
  kmeans(values: Float32Array, bins: number) {
    const centres = kMeans(values.sort(), bins)
    return centres.slice(1).map((centre, i) => (centre + centres[i]!) / 2)
  },
} as const
export type Binning = keyof typeof BINNINGS

const inner = (bins: number, edge: (i: number) => number): number[] =>
  Array.from({ length: bins - 1 }, (_, i) => edge(i + 1))

const MAX_ROUNDS = 300

/**
 * Centres of at most `count` clusters of ascending values, ascending. A cluster that loses all its values begins anew at the
 * value farthest from its centre.
 */
function kMeans(sorted: Float32Array, count: number): number[] {
  const [low, high] = [sorted[0]!, sorted.at(-1)!]
  let centres = Array.from({ length: count }, (_, i) => low + ((high - low) * (i + 0.5)) / count)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const nearest = nearestCentres(sorted, centres)
    const sums = centres.map(() => 0)
    const sizes = centres.map(() => 0)
    for (let i = 0; i < sorted.length; i++) {
      sums[nearest[i]!]! += sorted[i]!
      sizes[nearest[i]!]!++
    }
    const empty = sizes.flatMap((size, k) => (size === 0 ? [k] : []))
    const distance = (i: number) => Math.abs(sorted[i]! - centres[nearest[i]!]!)
    const farthest = empty.length > 0 ? [...sorted.keys()].sort((a, b) => distance(b) - distance(a)) : []
    let next = 0
    for (const k of empty) {
      while (next < farthest.length && sizes[nearest[farthest[next]!]!]! < 2) next++
      const i = farthest[next++]
      if (i === undefined || distance(i) === 0) break
      sums[nearest[i]!]! -= sorted[i]!
      sizes[nearest[i]!]!--
      sums[k] = sorted[i]!
      sizes[k] = 1
    }
    const moved = sums.flatMap((sum, k) => (sizes[k]! > 0 ? [sum / sizes[k]!] : [])).sort((a, b) => a - b)
    const still = moved.length === centres.length && moved.every((centre, k) => centre === centres[k])
    centres = moved
    if (still) break
  }
  return centres
}

/** The number of the nearest of ascending centres for each of ascending values. */
function nearestCentres(sorted: Float32Array, centres: readonly number[]): Int32Array {
  let nearest = 0
  return Int32Array.from(sorted, value => {
    while (nearest + 1 < centres.length && value - centres[nearest]! > centres[nearest + 1]! - value)
      nearest++
    return nearest
  })
}

/** Edges of the bins of finite float32 values. An edge at or below the smallest value separates nothing. */
export function binEdges(values: Float32Array, bins: number, binning: Binning): BinEdges {
  if (values.length === 0) return new Float32Array(0)
  const smallest = values.reduce((least, value) => Math.min(least, value), Infinity)
  const edges = Float32Array.from(BINNINGS[binning](values.slice(), bins)).filter(edge => edge > smallest)
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]!)
}

/** The bin of every value, or `MISSING`. */
export const binRows = (values: ArrayLike<number>, edges: BinEdges): Int32Array =>
  Int32Array.from(values, raw => {
    const value = Math.fround(raw)
    if (!Number.isFinite(value)) return MISSING
    let low = 0
    let high = edges.length // edges before low are ≤ value, from high on they are > value
    while (low < high) {
      const middle = (low + high) >> 1
      if (edges[middle]! <= value) low = middle + 1
      else high = middle
    }
    return low
  })

/** Graph of `binRows`: float `[N, 1]` → int64 `[N, 1]`. */
export function emitBins(edges: BinEdges, graph: Graph, input: Tensor): Tensor {
  const none = new Float32Array([Infinity]) // a table needs a width; no finite value reaches this edge
  const table = graph.constant(edges.length > 0 ? edges : none, [1, Math.max(1, edges.length)])
  const reached = graph.op('GreaterOrEqual', [input, table], {}, { type: 'bool' })
  const bin = graph.op('ReduceSum', [graph.cast(reached, 'int64'), graph.i64(1)], { keepdims: 1 })
  return graph.op('Where', [notFinite(graph, input), graph.i64(MISSING), bin], {}, { type: 'int64' })
}
