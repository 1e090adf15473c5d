import type { Algorithm, AlgorithmRole, DatasetShape } from '../algorithms/algorithm.ts'
import { MOST_EMBEDDED } from '../algorithms/neural/columns.ts'
import type { Task } from '../data/dataset.ts'
import { defaults, nearestParams } from '../params/space.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { count, sentence } from '../util/text.ts'
import { plainBoosting, pcaBoosting, variants } from './boosting.ts'
import type { Candidate, Step } from './candidate.ts'
import type { ColumnPlan } from './columns.ts'
import { planColumns } from './columns.ts'
import { CODE_STYLE, type Draft, LINEAR_STYLE, TREE_STYLE } from './draft.ts'
import { estimateWidth, planGroups, step } from './groups.ts'
import { linear } from './linear.ts'
import { pictureOf, seesPictures } from './picture.ts'
import { withStarts } from './portfolio.ts'

export { formatCandidates, parseCandidates } from './parse.ts'

export interface PlanOptions {
  readonly task: Task
  /** Rows one fit learns from. */
  readonly rows: number
  /** 0 for regression. */
  readonly classes: number
  /** The algorithms to plan with, best known first within each role. */
  readonly algorithms: readonly Algorithm[]
  /** The metric that is looked for: learners may have settings that serve it. */
  readonly objective?: string
  /** Default 10. */
  readonly most?: number
}

const MOST = 10
/** A large table of pixels takes every learner long, and few are good at it: they get the time. */
const MOST_OF_LARGE_PICTURES = 5
const LARGE_PICTURES = 1e7 // pixels of all rows
/** Seconds of a fit at its defaults, from which on a quick one comes before it. */
const QUICK_SECONDS = 0.5
/** Frequencies a net sees each number at, and most columns of numbers for it. */
const FREQUENCIES = 4
const MOST_WAVES = 60
/** Deviations that the 98 % quantile of a number lies beyond when its tail is far longer than that of a normal distribution. */
const LONG_TAIL = 2.5
/** Categories from which on their pairs get a learner of their own. */
const LEAST_PAIRED = 2
/**
 * At most ten pipelines in the roles SageMaker Autopilot plans with, made for the columns of this table: plain trees, trees on
 * principal components, robust and plain linear models, variants of the feature processing, a neural network; and one for each
 * further kind of learner that can take a table of this size. The first of each learner starts from the settings of the portfolio.
 */
export function proposeCandidates(profile: DatasetProfile, options: PlanOptions): Candidate[] {
  const plan = planColumns(profile)
  const usable = options.algorithms.filter(algorithm => algorithm.tasks.includes(options.task))
  const drafts = usable
    .flatMap(algorithm => draftsFor(algorithm, usable, plan, profile, options))
    .filter(
      draft => draft.algorithm.unfit?.(shapeOf(draft, plan, options), draft.picture?.static) === undefined,
    )
  const pixels = drafts.some(({ picture }) => picture) ? options.rows * profile.image!.columns.length : 0
  const most = options.most ?? (pixels > LARGE_PICTURES ? MOST_OF_LARGE_PICTURES : MOST)
  const kept = new Set([...drafts].sort((a, b) => a.priority - b.priority).slice(0, most))
  const ordered = drafts
    .filter(draft => kept.has(draft))
    .sort((a, b) => ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role))
  const candidates = withQuickStart(
    ordered.map((draft, position) => finish(draft, position, plan, options)),
    ordered.map(draft => ({ algorithm: draft.algorithm, shape: shapeOf(draft, plan, options) })),
  )
  // The portfolio was learnt on tables whose columns mean something alone.
  return profile.image ? candidates : withStarts(candidates, options.task)
}

/** The first candidate that takes long and whose learner knows a quick way begins with that. */
function withQuickStart(
  candidates: readonly Candidate[],
  learners: readonly { readonly algorithm: Algorithm; readonly shape: DatasetShape }[],
): Candidate[] {
  const first = candidates.findIndex(({ static: fixed, space }, i) => {
    const { algorithm, shape } = learners[i]!
    return (
      algorithm.quick && algorithm.expectedSeconds(shape, { ...fixed, ...defaults(space) }) > QUICK_SECONDS
    )
  })
  return candidates.map((candidate, i) => {
    if (i !== first) return candidate
    const { algorithm, shape } = learners[i]!
    return {
      ...candidate,
      starts: [{ order: 0, params: nearestParams(algorithm.quick!(shape), candidate.space) }],
    }
  })
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
  'factors',
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
  const { objective } = options
  const serving = (objective !== undefined && algorithm.settingsFor?.(objective)) || {}
  const fixed = { ...serving, ...picture?.static }
  const why = Object.entries(serving).map(
    ([name, value]) => ` ${name} is "${String(value)}", as ${objective} asks for.`,
  )
  return {
    name: `dpp${position}-${algorithm.name}`,
    role,
    reason: reason + why.join(''),
    // What answers without looking needs no columns.
    groups: picture?.groups ?? (role === 'reference' ? [] : planGroups(plan, style)),
    merged,
    algorithm: algorithm.name,
    static: fixed,
    space: Object.fromEntries(Object.entries(space).filter(([name]) => !Object.hasOwn(fixed, name))),
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
  const categories = plan.categorical.length + plan.manyValues.length
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
    case 'factors':
      return categories < LEAST_PAIRED ? [] : [scaled(algorithm, role, plan, profile, scaler, size, place)]
    case 'neural':
      if (profile.image && peers.some(seesPictures))
        return seesPictures(algorithm) ? pictures(algorithm, role, profile) : []
      return [scaled(algorithm, role, plan, profile, scaler, size, place)]
    case 'neighbors':
    case 'small-data':
      return [scaled(algorithm, role, plan, profile, scaler, size, place)]
    case 'reference':
      return [
        {
          algorithm,
          role,
          reason: `${sentence(algorithm.summary)} It looks at 0 columns: whatever does not beat it has learnt nothing.`,
          style: TREE_STYLE,
          merged: [],
          priority: 0.5,
        },
      ]
  }
}

/** For learners that are told what picture the columns are: all pixels in place. */
function pictures(algorithm: Algorithm, role: string, profile: DatasetProfile): Draft[] {
  const picture = pictureOf(profile)
  if (!picture) return []
  const reason = `${sentence(algorithm.summary)} ${picture.reason}`
  return [{ algorithm, role, reason, style: LINEAR_STYLE, merged: [], picture, priority: 1 }]
}

/** For learners that need filled and scaled features; category codes stay codes where they are embedded. */
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
  const standardized = algorithm.requires.includes('standardized') // others scale, and bend, for themselves
  const waves =
    standardized &&
    role === 'neural' &&
    !profile.image &&
    plan.numeric.length > 0 &&
    plan.numeric.length <= MOST_WAVES
  // Numbers that are too many for vectors of their own: one far value would outweigh all others.
  const crowd = standardized ? MOST_WAVES : MOST_EMBEDDED
  const tails = role === 'neural' && !profile.image && plan.numeric.length > crowd
  const bent = waves
    ? step('periodic-encoder', { n_frequencies: FREQUENCIES })
    : tails
      ? step('log-extreme', { threshold_std: LONG_TAIL })
      : undefined
  const turning = waves
    ? '; each number also as sines and cosines, so that the net sees fine steps at once'
    : tails
      ? '; numbers with long tails as logarithms'
      : ''
  return {
    algorithm,
    role,
    reason: `${sentence(algorithm.summary)} Gaps filled${plan.anyMissing ? ' and flagged' : ''}, ${standardized || !embeds ? `features scaled${picture}` : 'numbers as they are'}${codes}${turning}: ${size}.`,
    style: {
      missing: filled ? (plan.anyMissing ? 'flag' : 'fill') : 'keep',
      categories: embeds ? 'codes' : 'one-hot',
      dates: filled ? 'cyclic' : 'ordinal',
      text: 'word',
      ...(bent && { numericThen: [bent] }),
    },
    merged: standardized ? [scaler] : [],
    priority: { neural: 1, factors: 9, neighbors: 11, 'small-data': 10 }[role as 'neural'] + place,
  }
}
