import type { ForestModel } from '../../models/forest.ts'
import { choice, type Params } from '../../params/space.ts'
import { createRng, hashSeed } from '../../util/rng.ts'
import type { FitContext, TrainingData } from '../algorithm.ts'
import { type BoostingRules, fitBoosting } from './boosting.ts'
import { encodeCategories, type StatisticsKind } from './target-statistics.ts'

/** How codes of categories are learnt from: as numbers, or as target statistics by folds or in a random order. */
export const targetStatistics = (fallback: StatisticsKind | 'none') =>
  choice(['none', 'folds', 'ordered'], fallback)

/** Boosting with `target_statistics` in place of categories; the model holds those that its trees ask about. */
export async function fitEncodedBoosting(
  data: TrainingData,
  rules: BoostingRules,
  context: FitContext,
  params: Params,
): Promise<ForestModel> {
  const kind = params['target_statistics'] as StatisticsKind | 'none'
  const encoded =
    kind === 'none' ? undefined : encodeCategories(data, createRng(hashSeed(context.seed, 'orders')), kind)
  if (!encoded) return fitBoosting(data, rules, context, params)
  const { encoders, views, columnOf } = encoded
  const model = await fitBoosting(encoded.data, { ...rules, views }, context, params)
  const width = data.features.columns.length
  const feature = model.feature.map(column => (column < 0 ? column : columnOf(column)))
  const asked = new Set(feature)
  const kept = encoders.flatMap((_, e) => (asked.has(width + e) ? [e] : []))
  const placeOf = new Map(kept.map((e, place) => [width + e, width + place]))
  return {
    ...model,
    width: width + kept.length,
    encoders: kept.map(e => encoders[e]!),
    feature: feature.map(column => placeOf.get(column) ?? column),
  }
}
