import type { Algorithm, AlgorithmRole, DatasetShape } from '../algorithms/algorithm.ts'
import type { Task } from '../data/dataset.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count, sentence } from '../util/text.ts'
import type { Candidate, Step } from './candidate.ts'
import type { ColumnPlan } from './columns.ts'
import { listed, planColumns } from './columns.ts'
import { pictureOf, type Picture } from './picture.ts'
import type { GroupStyle } from './groups.ts'
import { estimateWidth, hasPairs, planGroups, similarStrings, step } from './groups.ts'

export { formatCandidates, parseCandidates } from './parse.ts'

export interface PlanOptions {
  readonly task: Task
  /** Rows one fit learns from. */
  readonly rows: number
  /** 0 for regression. */
  readonly classes: number
  /** The algorithms to plan with, best known first within each role. */
  readonly algorithms: readonly Algorithm[]
  /** Default 10. */
  readonly most?: number
}

/** A candidate before it has its place in the plan. */
interface Draft {
  readonly algorithm: Algorithm
  readonly role: string
  readonly reason: string
  readonly style: GroupStyle
  readonly merged: readonly Step[]
  /** Instead of the groups that the style makes. */
  readonly picture?: Picture
  /** Small ones are kept first when there are too many. */
  readonly priority: number
}

const MOST = 10
/** Components of the two kinds of principal-component candidates. */
const BOOSTING_COMPONENTS = 100
const LINEAR_COMPONENTS = 98
/** Bins of a number in a linear model that may bend, most columns of numbers for it, and the width from which it is projected. */
const LINEAR_BINS = 16
const MOST_BENT = 60
const MANY_FEATURES = 2000

const TREE_STYLE: GroupStyle = { missing: 'keep', categories: 'one-hot', dates: 'ordinal', text: 'word' }
const CODE_STYLE: GroupStyle = { ...TREE_STYLE, categories: 'codes' }
const LINEAR_STYLE: GroupStyle = { missing: 'fill', categories: 'one-hot', dates: 'cyclic', text: 'word' }

/**
 * At most ten pipelines in the roles SageMaker Autopilot plans with, made for the columns of this table: plain trees, trees on
 * principal components, robust and plain linear models, variants of the feature processing, a neural network; and one for each
 * further kind of learner that can take a table of this size.
 */
export function proposeCandidates(profile: DatasetProfile, options: PlanOptions): Candidate[] {
  const plan = planColumns(profile)
  const usable = options.algorithms.filter(algorithm => algorithm.tasks.includes(options.task))
  const drafts = usable
    .flatMap(algorithm => draftsFor(algorithm, usable, plan, profile, options))
    .filter(
      draft => draft.algorithm.unfit?.(shapeOf(draft, plan, options), draft.picture?.static) === undefined,
    )
  const kept = new Set([...drafts].sort((a, b) => a.priority - b.priority).slice(0, options.most ?? MOST))
  return drafts
    .filter(draft => kept.has(draft))
    .sort((a, b) => ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role))
    .map((draft, position) => finish(draft, position, plan, options))
}

/** The order in which Autopilot lists its roles; further kinds of learner stand between variants and the network. */
const ROLE_ORDER = [
  'plain',
  'pca',
  'robust-linear',
  'variant',
  'plain-linear',
  'boosting',
  'forest',
  'neighbors',
  'small-data',
  'image',
  'neural',
  'reference',
]

const shapeOf = (
  { style, merged, picture }: Draft,
  plan: ColumnPlan,
  { task, rows, classes }: PlanOptions,
): DatasetShape => {
  const width = picture ? picture.groups[0]!.columns.length : estimateWidth(plan, style)
  const components = merged.find(({ params }) => params.n_components !== undefined)?.params.n_components
  return { task, rows, classes, features: Math.min(width, Number(components ?? width)) }
}

function finish(draft: Draft, position: number, plan: ColumnPlan, options: PlanOptions): Candidate {
  const { algorithm, role, reason, style, merged, picture } = draft
  const space = algorithm.spaceFor?.(shapeOf(draft, plan, options)) ?? algorithm.space
  return {
    name: `dpp${position}-${algorithm.name}`,
    role,
    reason,
    groups: picture?.groups ?? planGroups(plan, style),
    merged,
    algorithm: algorithm.name,
    static: picture?.static ?? {},
    space: Object.fromEntries(
      Object.entries(space).filter(([name]) => !Object.hasOwn(picture?.static ?? {}, name)),
    ),
  }
}

function roleOf({ role, requires, space }: Algorithm): AlgorithmRole {
  if (role) return role
  if (Object.keys(space).length === 0) return 'reference'
  if (requires.includes('category-codes')) return 'neural'
  return requires.includes('standardized') ? 'linear' : 'forest'
}

function draftsFor(
  algorithm: Algorithm,
  usable: readonly Algorithm[],
  plan: ColumnPlan,
  profile: DatasetProfile,
  options: PlanOptions,
): Draft[] {
  const role = roleOf(algorithm)
  const peers = usable.filter(other => roleOf(other) === role)
  const encodes = algorithm.requires.includes('category-codes')
  const place = peers.indexOf(algorithm) // later ones of a role matter less
  const scaler = profile.image ? step('common-scaler') : step('robust-standard-scaler')
  const size = `${count(options.rows)} rows × ${plan.numeric.length} numeric, ${plan.categorical.length + plan.manyValues.length} categorical, ${plan.text.length} text${plan.series.length > 0 ? `, ${plan.series.length} series` : ''} and ${plan.datetime.length} datetime columns`
  switch (role) {
    case 'boosting':
      return place === 0
        ? [
            plainBoosting(algorithm, size),
            ...pcaBoosting(algorithm, plan),
            ...variants(algorithm, plan, profile),
          ]
        : [
            {
              algorithm,
              role: 'boosting',
              reason: `${sentence(algorithm.summary)} Categories as codes${encodes ? ', each value its own' : ''}: ${size}.`,
              style: encodes ? { ...TREE_STYLE, categories: 'all-codes' } : CODE_STYLE,
              merged: [],
              priority: 2 + place,
            },
          ]
    case 'forest':
      return [
        {
          algorithm,
          role,
          reason: `${sentence(algorithm.summary)} Unscaled features, categories as codes: ${size}.`,
          style: algorithm.requires.includes('no-missing') ? { ...CODE_STYLE, missing: 'fill' } : CODE_STYLE,
          merged: [],
          priority: 4 + 2 * place,
        },
      ]
    case 'linear':
      return place === 0 ? linear(algorithm, plan, profile, size) : []
    case 'image':
      return pictures(algorithm, role, profile)
    case 'neural':
    case 'neighbors':
    case 'small-data':
      return [scaled(algorithm, role, plan, profile, scaler, size, place)]
    case 'reference':
      return [
        {
          algorithm,
          role,
          reason: `${sentence(algorithm.summary)} Whatever does not beat it has learnt nothing.`,
          style: TREE_STYLE,
          merged: [],
          priority: 0.5,
        },
      ]
  }
}

const plainBoosting = (algorithm: Algorithm, size: string): Draft => ({
  algorithm,
  role: 'plain',
  reason: `Trees split on order alone, so numbers stay as they are and missing ones stay missing: ${size}.`,
  style: TREE_STYLE,
  merged: [],
  priority: 0,
})

function pcaBoosting(algorithm: Algorithm, plan: ColumnPlan): Draft[] {
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
function variants(algorithm: Algorithm, plan: ColumnPlan, profile: DatasetProfile): Draft[] {
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
        7,
      ),
    )
  }
  const spelt = similarStrings(plan)
  if (spelt.length > 0) {
    drafts.push(
      draft(
        `Columns ${listed(spelt)} (up to ${count(Math.max(...spelt.map(({ distinct }) => distinct)))} values) also by the runs of characters their values share: rare and unseen values borrow from those spelt alike.`,
        { ...TREE_STYLE, similarity: true },
        6.5,
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

function linear(algorithm: Algorithm, plan: ColumnPlan, profile: DatasetProfile, size: string): Draft[] {
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

/** For learners that need filled and scaled features; category codes stay codes where they are embedded. */
function pictures(algorithm: Algorithm, role: string, profile: DatasetProfile): Draft[] {
  const picture = pictureOf(profile)
  if (!picture) return []
  const reason = `${sentence(algorithm.summary)} ${picture.reason}`
  return [{ algorithm, role, reason, style: LINEAR_STYLE, merged: [], picture, priority: 1 }]
}

function scaled(
  algorithm: Algorithm,
  role: AlgorithmRole,
  plan: ColumnPlan,
  profile: DatasetProfile,
  scaler: Step,
  size: string,
  place: number,
): Draft {
  const embeds = algorithm.requires.includes('category-codes')
  const filled = algorithm.requires.length > 0
  const categories = plan.categorical.length + plan.manyValues.length
  const picture = profile.image
    ? `, pixels on one common scale (${profile.image.height} × ${profile.image.width})`
    : ''
  const codes = embeds && categories > 0 ? `; ${categories} categorical columns as codes to embed` : ''
  return {
    algorithm,
    role,
    reason: `${sentence(algorithm.summary)} Gaps filled${plan.anyMissing ? ' and flagged' : ''}, features scaled${picture}${codes}: ${size}.`,
    style: {
      missing: filled ? (plan.anyMissing ? 'flag' : 'fill') : 'keep',
      categories: embeds ? 'codes' : 'one-hot',
      dates: filled ? 'cyclic' : 'ordinal',
      text: 'word',
    },
    merged: algorithm.requires.includes('standardized') ? [scaler] : [],
    priority: { neural: 1, neighbors: 11, 'small-data': 10 }[role as 'neural'] + place,
  }
}
