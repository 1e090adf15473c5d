import type { Feature } from '../data/features.ts'
import { denseValues } from '../data/features.ts'
import { int } from '../params/space.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import type { Extremes } from './extremes.ts'
import { emitReplaced, extremeSpace, findExtremes, replaceFeatures } from './extremes.ts'
import type { FeatureTransform } from './transform.ts'

interface QuantileState extends Extremes {
  /** Per feature in `changed`: ascending values, and the share of rows below each. */
  readonly maps: readonly { readonly values: Float64Array; readonly levels: Float64Array }[]
}

/** Ascending distinct quantiles; a value that fills several quantiles stands at the middle of its levels. */
function quantileMap(feature: Feature, rows: number, count: number) {
  const sorted = denseValues(feature, rows)
    .filter(value => !Number.isNaN(value))
    .sort()
  const values: number[] = []
  const levels: number[] = []
  let first = 0
  for (let i = 0; i < count; i++) {
    const level = i / (count - 1)
    const value = sorted[Math.round(level * (sorted.length - 1))]!
    if (values.length > 0 && values.at(-1) === value) {
      levels[levels.length - 1] = (first + level) / 2
    } else {
      values.push(value)
      levels.push(level)
      first = level
    }
  }
  // The two ends keep 0 and 1, so the result spans the whole interval.
  levels[0] = 0
  if (levels.length > 1) levels[levels.length - 1] = 1
  return { values: Float64Array.from(values), levels: Float64Array.from(levels) }
}

/** Where a value lies among the quantiles, by straight lines between them: 0 … 1. NaN stays. */
function interpolate(x: number, { values, levels }: QuantileState['maps'][number]): number {
  if (Number.isNaN(x)) return NaN
  const last = values.length - 1
  if (last === 0) return 0
  const inside = Math.min(Math.max(x, values[0]!), values[last]!)
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (values[middle]! <= inside) low = middle
    else high = middle
  }
  const share = (inside - values[low]!) / (values[low + 1]! - values[low]!)
  return levels[low]! + share * (levels[low + 1]! - levels[low]!)
}

/** Features with far outliers become their quantile level, so that one value cannot outweigh all others. */
export const quantileExtreme: FeatureTransform<QuantileState> = {
  stage: 'features',
  name: 'quantile-extreme',
  summary: 'Features with extreme values become their quantile level between 0 and 1; all others stay.',
  space: { ...extremeSpace, quantiles: int(10, 1000, 200) },
  fit(features, params) {
    const extremes = findExtremes(features, params)
    return {
      ...extremes,
      maps: Array.from(extremes.changed, j =>
        quantileMap(features.columns[j]!, features.rows, Number(params.quantiles)),
      ),
    }
  },
  apply: (features, { changed, maps }) =>
    replaceFeatures(features, changed, (value, i) => interpolate(value, maps[i]!)),
  emit: (state, graph, input) =>
    emitReplaced(graph, input, state, columns => emitInterpolation(graph, columns, state.maps)),
}

/**
 * Graph of `interpolate` for all columns at once: double `[N, k]` to double `[N, k]`. The interval of each value is found by halving
 * among the knots of its column, so that the graph is no larger for many columns and holds no more than a few `[N, k]`.
 */
function emitInterpolation(graph: Graph, columns: Tensor, maps: QuantileState['maps']): Tensor {
  const longest = Math.max(...maps.map(({ values }) => values.length))
  const steps = Math.ceil(Math.log2(Math.max(2, longest)))
  const stride = 2 ** steps + 1
  /** One table of all columns, `stride` places each. */
  const table = (valueAt: (map: QuantileState['maps'][number], place: number) => number) =>
    graph.constant(
      Float64Array.from({ length: maps.length * stride }, (_, i) =>
        valueAt(maps[Math.floor(i / stride)]!, i % stride),
      ),
      [maps.length * stride],
    )
  const ends = (value: (map: QuantileState['maps'][number]) => number) =>
    graph.constant(Float64Array.from(maps, value), [1, maps.length])
  const pick = (from: Tensor, places: Tensor) => graph.op('Gather', [from, places], {}, { type: 'double' })
  const next = (places: Tensor) => graph.op('Add', [places, graph.i64(1)])

  const first = ends(({ values }) => values[0]!)
  const missing = graph.op('IsNaN', [columns], {}, { type: 'bool' })
  const known = graph.op('Where', [missing, first, columns], {}, { type: 'double' })
  const last = ends(({ values }) => values.at(-1)!)
  const inside = graph.op('Min', [graph.op('Max', [known, first]), last])
  const knots = table(({ values }, place) => (place < values.length - 1 ? values[place]! : Infinity))
  let low = graph.constant(
    BigInt64Array.from(maps, (_, i) => BigInt(i * stride)),
    [1, maps.length],
  )
  for (let step = 2 ** (steps - 1); step >= 1; step /= 2) {
    const further = graph.op('Add', [low, graph.i64(step)])
    const isReached = graph.op('LessOrEqual', [pick(knots, further), inside], {}, { type: 'bool' })
    low = graph.op('Where', [isReached, further, low], {}, { type: 'int64' })
  }
  // Beyond the last knot nothing changes any more; a single one has no interval.
  const values = table(({ values: own }, place) => own[place] ?? Infinity)
  const levels = table(({ levels: own }, place) => own[place] ?? own.at(-1)!)
  const [from, to, level] = [pick(values, low), pick(values, next(low)), pick(levels, low)]
  const share = graph.op('Div', [graph.op('Sub', [inside, from]), graph.op('Sub', [to, from])])
  const rise = graph.op('Mul', [share, graph.op('Sub', [pick(levels, next(low)), level])])
  return graph.op('Where', [missing, columns, graph.op('Add', [level, rise])], {}, { type: 'double' })
}
