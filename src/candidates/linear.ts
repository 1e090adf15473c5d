import type { Algorithm } from '../algorithms/algorithm.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import type { ColumnPlan } from './columns.ts'
import { type Draft, LINEAR_STYLE } from './draft.ts'
import type { GroupStyle } from './groups.ts'
import { estimateWidth, step } from './groups.ts'

/** Principal components of linear models. */
const LINEAR_COMPONENTS = 98
/** Bins of a number in a linear model that may bend, most columns of numbers for it, and the width from which it is projected. */
const LINEAR_BINS = 8
const MOST_BENT = 60
const MANY_FEATURES = 2000

export function linear(
  algorithm: Algorithm,
  plan: ColumnPlan,
  profile: DatasetProfile,
  size: string,
): Draft[] {
  const scaler = profile.image ? step('common-scaler') : step('robust-standard-scaler')
  return [
    robustLinear(algorithm, plan, profile, size),
    {
      algorithm,
      role: 'plain-linear',
      reason: `All features on one scale and nothing else: the simplest model that can be read weight by weight (${size}).`,
      style: LINEAR_STYLE,
      merged: [scaler],
      priority: profile.image ? 7 : 5,
    },
  ]
}

function robustLinear(algorithm: Algorithm, plan: ColumnPlan, profile: DatasetProfile, size: string): Draft {
  const bend = !profile.image && plan.numeric.length > 0 && plan.numeric.length <= MOST_BENT
  const style: GroupStyle = {
    ...LINEAR_STYLE,
    missing: 'flag',
    numericThen: [
      bend ? step('piecewise-linear-encoder', { n_bins: LINEAR_BINS }) : step('quantile-extreme'),
    ],
  }
  const width = estimateWidth(plan, style)
  const project = width > (bend ? MANY_FEATURES : LINEAR_COMPONENTS)
  const directions = project
    ? ` Then ${LINEAR_COMPONENTS} principal components of about ${count(width)} features.`
    : ''
  const treatment = bend
    ? `A weighted sum cannot bend and far values move it, so each number becomes how far it reaches through each of at most ${LINEAR_BINS} bins of equal size`
    : 'A weighted sum is moved by far values and by gaps, so extremes become quantiles'
  return {
    algorithm,
    role: 'robust-linear',
    reason: `${treatment}; gaps are filled and flagged: ${size}.${directions}`,
    style,
    merged: [
      ...(project ? [step('robust-pca', { n_components: LINEAR_COMPONENTS })] : []),
      step('robust-standard-scaler'),
    ],
    priority: 3,
  }
}
