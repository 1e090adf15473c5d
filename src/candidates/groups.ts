import type { Params } from '../params/space.ts'
import type { ColumnProfile } from '../profile/profile.ts'
import { SERIES_FEATURES } from '../transforms/index.ts'
import { count } from '../util/text.ts'
import type { ColumnGroup, Step } from './candidate.ts'
import type { ColumnPlan } from './columns.ts'
import { listed, ONE_HOT_VALUES } from './columns.ts'

/** How the columns of a table are turned into features. */
export interface GroupStyle {
  /** `keep`: missing numbers stay missing; `fill`: they become the median; `flag`: with a feature that says so. */
  readonly missing: 'keep' | 'fill' | 'flag'
  /** `codes`: rare values share one; `all-codes`: every value has its own, for learners that encode them by themselves. */
  readonly categories: 'one-hot' | 'codes' | 'all-codes' | 'target-mean'
  /** Dates as numbers, or as places on circles (then filled). */
  readonly dates: 'ordinal' | 'cyclic'
  readonly text: 'word' | 'char_wb'
  /** Numbers of few values are one-hot features too. */
  readonly numbersAsCategories?: boolean
  /** Number of rows a one-hot value needs; the default rule without it. */
  readonly oneHotThreshold?: number
  /** What pairs of columns tell beyond the two alone, beside everything else. */
  readonly pairs?: boolean
  /** Strings of many values also as the runs of characters they share. */
  readonly similarity?: boolean
  /** Over the numeric group. */
  readonly numericThen?: readonly Step[]
}

export const step = (transform: string, params: Params = {}): Step => ({ transform, params })

const MAX_WORDS = 1000
/** Most values that keep codes of their own. */
const MOST_CODES = 10_000
const CHARACTER_NGRAMS = {
  analyzer: 'char_wb',
  ngram_min: 3,
  ngram_max: 4,
  min_df: 5,
  max_features: MAX_WORDS,
} as const
const WORDS = { analyzer: 'word', min_df: 2, max_features: MAX_WORDS } as const

/** The column groups of one candidate; groups without columns are left out. */
export function planGroups(plan: ColumnPlan, style: GroupStyle): ColumnGroup[] {
  const group = (
    name: string,
    columns: readonly ColumnProfile[],
    why: string,
    encode: readonly Step[],
    then: readonly Step[] = [],
  ): ColumnGroup[] =>
    columns.length === 0
      ? []
      : [
          {
            name,
            reason: `${listed(columns)}: ${why}`,
            columns: columns.map(column => column.name),
            encode,
            then,
          },
        ]
  return [
    ...numericGroups(plan, style, group),
    ...categoryGroups(plan, style, group),
    ...group(
      'text',
      plan.text,
      `natural language, ${style.text === 'word' ? 'words' : 'runs of 3–4 characters'} weighted by how rare they are, at most ${count(MAX_WORDS)} per column`,
      [step('tfidf', style.text === 'word' ? WORDS : CHARACTER_NGRAMS), step('text-statistics')],
    ),
    ...group(
      'series',
      plan.series,
      `series of numbers in one cell: length, quantiles, trend, memory and shape (${SERIES_FEATURES} features each)`,
      [step('sequence-features')],
      style.missing === 'keep' ? [] : [step('feature-imputer')],
    ),
    ...group(
      'datetime',
      plan.datetime,
      `moments, as ${style.dates === 'ordinal' ? 'calendar numbers and elapsed days' : 'places on the circles of day, week and year'}, and what people plan by: quarters, weekends, ends of months`,
      [step('datetime-vectorizer', { mode: style.dates }), step('calendar-features')],
      style.missing === 'keep' ? [] : [step('feature-imputer')],
    ),
    ...(style.pairs ? pairGroups(plan, group) : []),
    ...(style.similarity
      ? group(
          'similar-strings',
          similarStrings(plan),
          `more than ${SPELT_VALUES} values, also as runs of characters: spelling variants and kin stand near each other`,
          [step('similarity-encoder')],
        )
      : []),
  ]
}

/** Which pairs are worth a feature is found on the rows fitted on. */
function pairGroups(plan: ColumnPlan, group: MakeGroup): ColumnGroup[] {
  const categories = [...plan.categorical, ...plan.manyValues]
  const { numeric } = plan
  const both = categories.length > 0 && numeric.length > 0
  return [
    ...group(
      'numeric-pairs',
      numeric.length > 1 ? numeric : [],
      'sums, differences, products and ratios of two, where those explain more than the two alone',
      [step('arithmetic-features')],
    ),
    ...group(
      'categorical-pairs',
      categories.length > 1 ? categories : [],
      'two read as one category, as the mean target of its rows (out of fold), where that explains more than the two alone',
      [step('category-interactions')],
    ),
    ...group(
      'numeric-by-category',
      both ? [...categories, ...numeric] : [],
      'numbers beside their mean among the rows of the same category, where the distance from it explains more',
      [step('group-by-features')],
    ),
  ]
}

/** Values from which strings are worth comparing letter by letter. */
const SPELT_VALUES = 30
/** Features made of each. */
const SIMILARITIES = 30

export const similarStrings = ({ categorical, manyValues }: ColumnPlan): ColumnProfile[] =>
  [...categorical, ...manyValues].filter(({ distinct }) => distinct > SPELT_VALUES)

/** Features that pairs make at most, about. */
const PAIR_FEATURES = 60

/** Whether there are two columns to put together. */
export const hasPairs = ({ numeric, categorical, manyValues }: ColumnPlan): boolean =>
  numeric.length + categorical.length + manyValues.length > 1

type MakeGroup = (
  name: string,
  columns: readonly ColumnProfile[],
  why: string,
  encode: readonly Step[],
  then?: readonly Step[],
) => ColumnGroup[]

function numericGroups(plan: ColumnPlan, style: GroupStyle, group: MakeGroup): ColumnGroup[] {
  const withMissing = plan.numeric.filter(({ missing }) => missing > 0).length
  const encode = {
    keep: [step('robust-imputer', { strategy: 'nan' })],
    fill: [step('robust-imputer', { strategy: 'median' })],
    flag: [step('robust-imputer', { strategy: 'median' }), step('missing-indicator')],
  }[style.missing]
  const treatment = {
    keep: 'missing ones stay missing',
    fill: 'missing ones become the median',
    flag: 'missing ones become the median, with a feature that says so',
  }[style.missing]
  return [
    ...group(
      'numeric',
      plan.numeric,
      `parsed as numbers (${withMissing} of ${plan.numeric.length} with missing values: ${treatment})`,
      encode,
      style.numericThen,
    ),
    ...(style.numbersAsCategories
      ? group(
          'numeric-as-categorical',
          plan.lowCardinality,
          `numbers with at most ${Math.max(0, ...plan.lowCardinality.map(({ distinct }) => distinct))} different values, also read as categories`,
          [step('threshold-one-hot', oneHotParams(style))],
        )
      : []),
  ]
}

const oneHotParams = ({ oneHotThreshold }: GroupStyle): Params => ({
  ...(oneHotThreshold === undefined ? {} : { threshold: oneHotThreshold }),
  max_categories: ONE_HOT_VALUES,
})

function categoryGroups(plan: ColumnPlan, style: GroupStyle, group: MakeGroup): ColumnGroup[] {
  const all = [...plan.categorical, ...plan.manyValues]
  const most = Math.max(0, ...all.map(({ distinct }) => distinct))
  const fill = style.missing === 'keep' ? [] : [step('feature-imputer')]
  if (style.categories === 'codes') {
    return group(
      'categorical',
      all,
      `categories (at most ${count(most)} values), as codes; rare ones share a code`,
      [step('ordinal-encoder', { max_categories: ONE_HOT_VALUES })],
      fill,
    )
  }
  if (style.categories === 'all-codes') {
    return group(
      'categorical',
      all,
      `categories (at most ${count(most)} values), as codes, each value its own: the learner makes of them what it needs`,
      [step('ordinal-encoder', { max_categories: MOST_CODES, threshold: 1 })],
      fill,
    )
  }
  if (style.categories === 'target-mean') {
    return group(
      'categorical',
      all,
      `categories (at most ${count(most)} values), as the smoothed mean target of their rows, out of fold, and how common they are`,
      [step('target-encoder'), step('frequency-encoder')],
      fill,
    )
  }
  return [
    ...group(
      'categorical',
      plan.categorical,
      `few values (at most ${Math.max(0, ...plan.categorical.map(({ distinct }) => distinct))}), one feature per frequent one`,
      [step('threshold-one-hot', oneHotParams(style))],
    ),
    ...group(
      'many-values',
      plan.manyValues,
      `more than ${ONE_HOT_VALUES} values (up to ${count(most)}): the frequent ones get a feature each, and every one its frequency`,
      [step('threshold-one-hot', oneHotParams(style)), step('frequency-encoder')],
      fill,
    ),
  ]
}

/** Features that numbers become, by the settings of what runs over them. */
function numericWidth({ numeric }: ColumnPlan, { numericThen = [] }: GroupStyle): number {
  const setting = (name: string, otherwise: number) =>
    Number(numericThen.find(({ params }) => params[name] !== undefined)?.params[name] ?? otherwise)
  const [bins, waves] = [setting('n_bins', 1), 2 * setting('n_frequencies', 0)]
  return numeric.reduce((sum, { distinct }) => sum + Math.max(1, Math.min(bins, distinct - 1)) + waves, 0)
}

/** Features these groups will make, about. */
export function estimateWidth(plan: ColumnPlan, style: GroupStyle): number {
  const capped = (columns: readonly ColumnProfile[]) =>
    columns.reduce((sum, { distinct }) => sum + Math.min(distinct, ONE_HOT_VALUES), 0)
  const all = [...plan.categorical, ...plan.manyValues]
  const categories = {
    'one-hot': capped(all) + plan.manyValues.length,
    codes: all.length,
    'all-codes': all.length,
    'target-mean': 2 * all.length,
  }[style.categories]
  const flags = style.missing === 'flag' ? plan.numeric.filter(({ missing }) => missing > 0).length : 0
  const words = plan.text.reduce(
    (sum, { distinctWords }) => sum + Math.min(MAX_WORDS, distinctWords ?? MAX_WORDS),
    0,
  )
  return (
    numericWidth(plan, style) +
    flags +
    (style.numbersAsCategories ? capped(plan.lowCardinality) : 0) +
    categories +
    words +
    plan.series.length * SERIES_FEATURES +
    plan.datetime.length * (style.dates === 'ordinal' ? 24 : 31) +
    (style.pairs ? PAIR_FEATURES : 0) +
    (style.similarity ? SIMILARITIES * similarStrings(plan).length : 0)
  )
}
