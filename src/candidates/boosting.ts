import type { Algorithm } from '../algorithms/algorithm.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import type { ColumnPlan } from './columns.ts'
import { listed } from './columns.ts'
import { CODE_STYLE, type Draft, TREE_STYLE } from './draft.ts'
import type { GroupStyle } from './groups.ts'
import { estimateWidth, hasPairs, similarStrings, step } from './groups.ts'
import { edgesOf } from './picture.ts'

/** Most principal components of trees. */
const BOOSTING_COMPONENTS = 100

export const plainBoosting = (algorithm: Algorithm, size: string): Draft => ({
  algorithm,
  role: 'plain',
  reason: `Trees split on order alone, so numbers stay as they are and missing ones stay missing: ${size}.`,
  style: TREE_STYLE,
  merged: [],
  priority: 0,
})

export function pcaBoosting(algorithm: Algorithm, plan: ColumnPlan): Draft[] {
  const style: GroupStyle = { ...TREE_STYLE, missing: 'fill' }
  const width = estimateWidth(plan, style)
  if (width <= 2) return []
  const components = Math.min(BOOSTING_COMPONENTS, Math.max(2, Math.ceil(width / 2)))
  return [
    {
      algorithm,
      role: 'pca',
      reason: `About ${count(width)} features turned into ${components} principal components: trees can cut along directions in which columns move together.`,
      style,
      merged: [step('robust-pca', { n_components: components }), step('robust-standard-scaler')],
      priority: 6,
    },
  ]
}

/** Other ways to process features for the same learner, where the table has columns for which they differ. */
export function variants(algorithm: Algorithm, plan: ColumnPlan, profile: DatasetProfile): Draft[] {
  const categories = [...plan.categorical, ...plan.manyValues]
  const draft = (reason: string, style: GroupStyle, priority: number): Draft => ({
    algorithm,
    role: 'variant',
    reason,
    style,
    merged: [],
    priority,
  })
  const drafts: Draft[] = []
  const spelt = similarStrings(plan)
  const edges = edgesOf(profile)
  if (edges) drafts.push({ ...draft(edges.reason, TREE_STYLE, 1.5), picture: edges })
  if (hasPairs(plan) && !profile.image) {
    drafts.push(
      draft(
        `Pairs of columns beside the columns themselves: of all sums, differences, products, ratios, joined categories and distances from a category's mean, those that explain more of the target than their two columns do.`,
        { ...CODE_STYLE, pairs: true },
        4.5,
      ),
    )
  }
  if (categories.length > 0) {
    drafts.push(
      draft(
        `Columns ${listed(categories)} (up to ${count(Math.max(...categories.map(({ distinct }) => distinct)))} values) as the mean target of their values (out of fold) instead of one feature per value: rare values are smoothed, trees need fewer splits.`,
        { ...TREE_STYLE, categories: 'target-mean' },
        spelt.length > 0 ? 5.5 : 7,
      ),
    )
  }
  if (spelt.length > 0) {
    drafts.push(
      draft(
        `Columns ${listed(spelt)} (up to ${count(Math.max(...spelt.map(({ distinct }) => distinct)))} values) also by the runs of characters their values share: rare and unseen values borrow from those spelt alike.`,
        { ...TREE_STYLE, similarity: true },
        5.8,
      ),
    )
  }
  if (plan.lowCardinality.length > 0) {
    drafts.push(
      draft(
        `Columns ${listed(plan.lowCardinality)} are numbers of at most ${Math.max(...plan.lowCardinality.map(({ distinct }) => distinct))} different values, so each frequent value is a feature too${categories.length > 0 ? '; categories as codes' : ''}.`,
        { ...CODE_STYLE, numbersAsCategories: true },
        9,
      ),
    )
  }
  if (plan.text.length > 0) {
    drafts.push(
      draft(
        `Columns ${listed(plan.text)} as runs of 3–4 characters instead of words: spelling variants and word endings share features.`,
        { ...TREE_STYLE, text: 'char_wb' },
        8,
      ),
    )
  }
  return drafts
}
