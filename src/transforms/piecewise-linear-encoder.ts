import type { DenseFeature, Feature, Features } from '../data/features.ts'
import { choice, int } from '../params/space.ts'
import { selectRank, takeQuantile, withoutNaN } from './order.ts'
import { isQuantity } from './spread.ts'
import type { FeatureTransform } from './transform.ts'

interface PiecewiseState {
  /** Feature number each result comes from. */
  readonly source: Int32Array
  /** Place of the bin within its feature, or −1 where the feature stays as it is. */
  readonly bin: Int32Array
  /** Ends of the bin, and what the result is kept within. */
  readonly from: Float64Array
  readonly to: Float64Array
  readonly least: Float64Array
  readonly most: Float64Array
}

/** The open ends of the first and last bin still end somewhere, so that a wild value stays finite in what follows. */
const FARTHEST = 1e6

interface Piece {
  readonly source: number
  readonly bin: number
  readonly from: number
  readonly to: number
  readonly least: number
  readonly most: number
}

const asItIs = (source: number): Piece => ({
  source,
  bin: -1,
  from: 0,
  to: 1,
  least: -Infinity,
  most: Infinity,
})

function edgesOf(feature: Feature, bins: number, binning: string): number[] {
  const values = withoutNaN(feature.values)
  if (values.length === 0) return []
  const low = selectRank(values, 0)
  const high = selectRank(values, values.length - 1)
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    binning === 'quantile' ? takeQuantile(values, i / bins) : low + ((high - low) * i) / bins,
  )
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]!)
}

function piecesOf(feature: Feature, source: number, bins: number, binning: string): Piece[] {
  const edges = isQuantity(feature) ? edgesOf(feature, bins, binning) : []
  if (edges.length < 3) return [asItIs(source)]
  const last = edges.length - 2
  return edges.slice(0, -1).map((from, bin) => ({
    source,
    bin,
    from,
    to: edges[bin + 1]!,
    least: bin === 0 ? -FARTHEST : 0,
    most: bin === last ? FARTHEST : 1,
  }))
}

/**
 * Piecewise-linear encoding (Gorishniy, Rubachev & Babenko 2022, "On Embeddings for Numerical Features", §3.2): result t of a
 * quantity is the share of bin t that lies below the value,
 *
 *     x = 7, edges 0 5 10 20   →   1   0.4   0
 *
 * with the first bin open below and the last open above. Bins are made from the values alone: bins from a tree would look at the
 * target of the very rows they encode. Features of fewer than two bins stay; missing is missing in every bin.
 */
export const piecewiseLinearEncoder: FeatureTransform<PiecewiseState> = {
  stage: 'features',
  name: 'piecewise-linear-encoder',
  summary: 'Each quantity as one feature per bin: how far the value reaches through it, from 0 to 1.',
  space: { n_bins: int(2, 256, 16), binning: choice(['quantile', 'uniform']) },
  fit({ columns }, { n_bins, binning }) {
    const pieces = columns.flatMap((feature, j) => piecesOf(feature, j, Number(n_bins), String(binning)))
    const each = (key: keyof Piece) => Float64Array.from(pieces, piece => piece[key])
    return {
      source: Int32Array.from(each('source')),
      bin: Int32Array.from(each('bin')),
      from: each('from'),
      to: each('to'),
      least: each('least'),
      most: each('most'),
    }
  },
  apply: ({ rows, columns }, { source, bin, from, to, least, most }): Features => ({
    rows,
    columns: Array.from(source, (j, t): Feature => {
      if (bin[t]! < 0) return columns[j]!
      const { name, values } = columns[j] as DenseFeature
      const share = (value: number) => {
        const reached = (value - from[t]!) / (to[t]! - from[t]!)
        return reached < least[t]! ? least[t]! : reached > most[t]! ? most[t]! : reached
      }
      return { kind: 'dense', name: `${name} bin ${bin[t]! + 1}`, values: values.map(share) }
    }),
  }),
  emit({ source, bin, from, to, least, most }, graph, input) {
    if (bin.every(t => t < 0)) return input
    const shape = [1, source.length]
    const each = (values: Float64Array) => graph.constant(values, shape)
    const values = graph.cast(graph.op('Gather', [input, graph.i64(...source)], { axis: 1 }), 'double')
    const width = to.map((end, t) => end - from[t]!)
    const reached = graph.op('Div', [graph.op('Sub', [values, each(from)]), each(width)])
    // Where, not Clip: a comparison with NaN is false on every platform, so NaN stays.
    const below = graph.op('Less', [reached, each(least)], {}, { type: 'bool' })
    const raised = graph.op('Where', [below, each(least), reached], {}, { type: 'double' })
    const above = graph.op('Greater', [raised, each(most)], {}, { type: 'bool' })
    return graph.cast(graph.op('Where', [above, each(most), raised], {}, { type: 'double' }), 'float')
  },
}
