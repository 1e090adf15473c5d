import type { Feature } from '../data/features.ts'
import { choice } from '../params/space.ts'
import { takeMedian, withoutNaN } from './order.ts'
import type { FeatureTransform } from './transform.ts'

interface FeatureImputerState {
  /** One per feature. */
  readonly fill: Float32Array
}

/** What a missing value of a feature becomes. A category code is not a quantity: missing gets the code after the last. */
function fillOf(feature: Feature, strategy: string): number {
  if (feature.kind === 'dense' && feature.categories) return feature.categories
  if (strategy === 'zero') return 0
  const known = withoutNaN(feature.values)
  if (known.length === 0 || feature.kind === 'sparse') return 0
  if (strategy === 'mean') return known.reduce((sum, value) => sum + value, 0) / known.length
  return takeMedian(known)
}

/** Fills what is missing after encoding: dates, codes. */
export const featureImputer: FeatureTransform<FeatureImputerState> = {
  stage: 'features',
  name: 'feature-imputer',
  summary: 'Missing features get the median (or mean, or 0); missing category codes get a code of their own.',
  space: { strategy: choice(['median', 'mean', 'zero']) },
  fit: ({ columns }, { strategy }) => ({
    fill: Float32Array.from(columns, feature => fillOf(feature, String(strategy))),
  }),
  apply: ({ rows, columns }, { fill }) => ({
    rows,
    columns: columns.map((feature, j): Feature => {
      const widened =
        feature.kind === 'dense' && feature.categories
          ? { ...feature, categories: feature.categories + 1 }
          : feature
      if (!feature.values.some(value => Number.isNaN(value))) return widened
      return {
        ...widened,
        values: feature.values.map(value => (Number.isNaN(value) ? fill[j]! : value)),
      } as Feature
    }),
  }),
  emit({ fill }, graph, input) {
    const missing = graph.op('IsNaN', [input], {}, { type: 'bool' })
    return graph.op('Where', [missing, graph.constant(fill, [1, fill.length]), input], {}, { type: 'float' })
  },
}
