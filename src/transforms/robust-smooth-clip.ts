import type { DenseFeature, Features } from '../data/features.ts'
import { float } from '../params/space.ts'
import { isQuantity, robustSpread } from './spread.ts'
import type { FeatureTransform } from './transform.ts'

interface SmoothClipState {
  readonly limit: number
  /** Feature numbers that are scaled, ascending; the others stay. */
  readonly scaled: Int32Array
  /** One per feature in `scaled`. */
  readonly centre: Float64Array
  readonly width: Float64Array
  /** Number of features in. */
  readonly features: number
}

/** z / √(1 + (z / limit)²): the identity near 0, never beyond ±limit. */
const smoothClip = (z: number, limit: number) => z / Math.sqrt(1 + (z / limit) * (z / limit))

/**
 * Median 0, distance of the quartiles 1, then a smooth clip to ±limit: RealMLP's input (Holzmüller, Grinsztajn & Steinwart 2024,
 * "Better by Default", §3). Outliers keep their order without pulling at a net. Missing stays missing.
 */
export const robustSmoothClip: FeatureTransform<SmoothClipState> = {
  stage: 'features',
  name: 'robust-smooth-clip',
  summary:
    'Each quantity to median 0 and quartile distance 1, then smoothly clipped to ±3; codes and mostly-zero features stay.',
  space: { limit: float(0.5, 100, 3) },
  fit({ columns }, { limit }) {
    const scaled = [...columns.keys()].filter(j => isQuantity(columns[j]!))
    const spreads = scaled.map(j => robustSpread(columns[j]!))
    return {
      limit: Number(limit),
      scaled: Int32Array.from(scaled),
      centre: Float64Array.from(spreads, ({ centre }) => centre),
      width: Float64Array.from(spreads, ({ width }) => width),
      features: columns.length,
    }
  },
  apply({ rows, columns }, { limit, scaled, centre, width }): Features {
    const result = [...columns]
    for (const [i, j] of scaled.entries()) {
      const { name, values } = columns[j] as DenseFeature
      const clip = (value: number) => smoothClip((value - centre[i]!) / width[i]!, limit)
      result[j] = { kind: 'dense', name, values: values.map(clip) }
    }
    return { rows, columns: result }
  },
  emit({ limit, scaled, centre, width, features }, graph, input) {
    const spread = (values: Float64Array, other: number) => {
      const all = new Float64Array(features).fill(other)
      for (const [i, j] of scaled.entries()) all[j] = values[i]!
      return graph.constant(all, [1, features])
    }
    const chosen = new Uint8Array(features)
    for (const j of scaled) chosen[j] = 1
    const centred = graph.op('Sub', [graph.cast(input, 'double'), spread(centre, 0)])
    const z = graph.op('Div', [centred, spread(width, 1)])
    const share = graph.op('Div', [z, graph.f64(limit)])
    const length = graph.op('Sqrt', [graph.op('Add', [graph.op('Mul', [share, share]), graph.f64(1)])])
    const clipped = graph.cast(graph.op('Div', [z, length]), 'float')
    return graph.op(
      'Where',
      [graph.constant(chosen, [1, features], 'bool'), clipped, input],
      {},
      { type: 'float' },
    )
  },
}
