import type { Feature } from '../data/features.ts'
import { denseValues } from '../data/features.ts'
import { int } from '../params/space.ts'
import type { Extremes } from './extremes.ts'
import { emitColumnwise, extremeSpace, findExtremes, replaceFeatures } from './extremes.ts'
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
  emit: ({ width, changed, maps }, graph, input) =>
    emitColumnwise(graph, input, width, changed, (column, i) => {
      const { values, levels } = maps[i]!
      const missing = graph.op('IsNaN', [column], {}, { type: 'bool' })
      const last = values.length - 1
      if (last === 0) return graph.op('Where', [missing, column, graph.f64(0)], {}, { type: 'double' })
      const known = graph.op('Where', [missing, graph.f64(values[0]!), column], {}, { type: 'double' })
      const inside = graph.op('Min', [
        graph.op('Max', [known, graph.f64(values[0]!)]),
        graph.f64(values[last]!),
      ])
      // The number of inner knots at or below the value is the number of its interval.
      const knots = graph.constant(values.slice(1, last), [1, last - 1])
      const below = graph.cast(graph.op('GreaterOrEqual', [inside, knots], {}, { type: 'bool' }), 'int64')
      const low = graph.op('ReduceSum', [below, graph.i64(1)], { keepdims: 1 })
      const pick = (table: Float64Array, place: typeof low) =>
        graph.op('Gather', [graph.constant(table, [table.length]), place], {}, { type: 'double' })
      const high = graph.op('Add', [low, graph.i64(1)])
      const from = pick(values, low)
      const share = graph.op('Div', [
        graph.op('Sub', [inside, from]),
        graph.op('Sub', [pick(values, high), from]),
      ])
      const level = pick(levels, low)
      const rise = graph.op('Mul', [share, graph.op('Sub', [pick(levels, high), level])])
      return graph.op('Where', [missing, column, graph.op('Add', [level, rise])], {}, { type: 'double' })
    }),
}
