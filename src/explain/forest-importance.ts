import type { ForestModel } from '../models/forest.ts'

/** How much each feature matters to a forest: gain of its splits and number of them, each summing to 1 (0 for a forest without splits). */
export interface ForestImportance {
  readonly gain: Float64Array
  readonly split: Float64Array
}

/** Features of the forest: those of the table, then one per encoder. Gains of older models, which did not keep them, are 0. */
export function forestImportance({ feature, gain, width }: ForestModel): ForestImportance {
  const gains = new Float64Array(width)
  const splits = new Float64Array(width)
  for (let node = 0; node < feature.length; node++) {
    if (feature[node] === -1) continue
    gains[feature[node]!]! += gain?.[node] ?? 0
    splits[feature[node]!]!++
  }
  return { gain: shares(gains), split: shares(splits) }
}

function shares(sums: Float64Array): Float64Array {
  const total = sums.reduce((sum, value) => sum + value, 0)
  return total > 0 ? sums.map(value => value / total) : sums
}
