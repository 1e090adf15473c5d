import type { Feature } from '../data/features.ts'
import { emitScale, isWithin, scaleValue } from './scaling.ts'
import type { FeatureTransform } from './transform.ts'

interface ScalerState {
  /** 0 where the feature is not centred. */
  readonly mean: Float64Array
  readonly scale: Float64Array
}

/** Features with no more than this share of non-zero values are scaled without centring, so they stay sparse. */
const SPARSE_SHARE = 0.3

function moments(feature: Feature, rows: number): { mean: number; deviation: number; nonZero: number } {
  let count = feature.kind === 'sparse' ? rows - feature.values.length : 0
  let sum = 0
  let nonZero = 0
  for (const value of feature.values) {
    if (Number.isNaN(value)) continue
    count++
    sum += value
    if (value !== 0) nonZero++
  }
  if (count === 0) return { mean: 0, deviation: 0, nonZero: 0 }
  const mean = sum / count
  let squares = feature.kind === 'sparse' ? (rows - feature.values.length) * mean * mean : 0
  for (const value of feature.values) if (!Number.isNaN(value)) squares += (value - mean) * (value - mean)
  return { mean, deviation: Math.sqrt(squares / count), nonZero: nonZero / count }
}

/** Mean 0 and standard deviation 1; features that are mostly zero keep their zeros, category codes are left alone. */
export const robustStandardScaler: FeatureTransform<ScalerState> = {
  stage: 'features',
  name: 'robust-standard-scaler',
  summary:
    'Each feature to mean 0 and deviation 1; mostly-zero features are scaled only, category codes left alone.',
  space: {},
  fit({ rows, columns }) {
    const mean = new Float64Array(columns.length)
    const scale = new Float64Array(columns.length).fill(1)
    for (const [j, feature] of columns.entries()) {
      if (feature.kind === 'dense' && feature.categories) continue
      const found = moments(feature, rows)
      if (feature.kind === 'dense' && found.nonZero > SPARSE_SHARE) mean[j] = found.mean
      // Deviations lost in the rounding of the mean belong to a constant.
      if (found.deviation > 1e-12 * Math.abs(found.mean)) scale[j] = found.deviation
    }
    return { mean, scale }
  },
  apply: ({ rows, columns }, { mean, scale }) => ({
    rows,
    columns: columns.map((feature, j) => scaled(feature, mean[j]!, scale[j]!)),
  }),
  emit({ mean, scale }, graph, input) {
    const width = [1, mean.length]
    return emitScale(graph, input, graph.constant(mean, width), graph.constant(scale, width))
  },
}

function scaled(feature: Feature, mean: number, scale: number): Feature {
  if (mean === 0 && scale === 1 && isWithin(feature)) return feature
  const values = new Float32Array(feature.values.length)
  for (let i = 0; i < values.length; i++) values[i] = scaleValue(feature.values[i]!, mean, scale)
  return feature.kind === 'sparse' ? { ...feature, values } : { kind: 'dense', name: feature.name, values }
}
