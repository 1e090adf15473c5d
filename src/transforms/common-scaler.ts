import { emitScale, scaleValue } from './scaling.ts'
import type { FeatureTransform } from './transform.ts'

interface CommonScalerState {
  readonly mean: number
  readonly scale: number
}

/**
 * All features by one mean and one deviation, for features of one unit such as pixels: a pixel that is almost never lit stays
 * small instead of being blown up to the size of the others.
 */
export const commonScaler: FeatureTransform<CommonScalerState> = {
  stage: 'features',
  name: 'common-scaler',
  summary: 'One mean and one deviation for all features together, for features of one unit such as pixels.',
  space: {},
  fit({ rows, columns }) {
    let count = 0
    let sum = 0
    for (const { kind, values } of columns) {
      if (kind === 'sparse') count += rows - values.length
      for (let i = 0; i < values.length; i++) {
        if (Number.isNaN(values[i]!)) continue
        count++
        sum += values[i]!
      }
    }
    const mean = count === 0 ? 0 : sum / count
    let squares = 0
    for (const { kind, values } of columns) {
      if (kind === 'sparse') squares += (rows - values.length) * mean * mean
      for (let i = 0; i < values.length; i++) {
        const distance = values[i]! - mean
        if (!Number.isNaN(distance)) squares += distance * distance
      }
    }
    const deviation = count === 0 ? 0 : Math.sqrt(squares / count)
    return { mean, scale: deviation > 0 ? deviation : 1 }
  },
  apply: ({ rows, columns }, { mean, scale }) => ({
    rows,
    columns: columns.map(feature => {
      const values = new Float32Array(rows)
      if (feature.kind === 'sparse') {
        values.fill(scaleValue(0, mean, scale))
        for (let i = 0; i < feature.index.length; i++)
          values[feature.index[i]!] = scaleValue(feature.values[i]!, mean, scale)
      } else {
        for (let row = 0; row < rows; row++) values[row] = scaleValue(feature.values[row]!, mean, scale)
      }
      return { kind: 'dense', name: feature.name, values }
    }),
  }),
  emit: ({ mean, scale }, graph, input) => emitScale(graph, input, graph.f64(mean), graph.f64(scale)),
}
