import type { Candidate, Step } from './candidate.ts'

/** Features that a candidate is expected to hand to its learner, and the seconds that making them takes. */
export interface Making {
  readonly features: number
  readonly seconds: number
}

/** Of making the features of one value, over all transforms. */
const SECONDS_PER_VALUE = 4e-7
/** Of principal components: per product of the covariance, of which there are at most so many, and per cell of the covariance. */
const SECONDS_PER_PRODUCT = 2.5e-9
const MOST_PRODUCTS = 4e9
const SECONDS_PER_PAIR = 5e-6

/**
 * By the settings of the steps that run over all columns of a group, or over all groups: what an encoder makes of one column is
 * not known before it is fitted, and counts as one feature. `distinctOf` says how many values a column has.
 */
export function expectedMaking(
  { groups, merged }: Pick<Candidate, 'groups' | 'merged'>,
  rows: number,
  distinctOf: (column: string) => number = () => Infinity,
): Making {
  const parts = groups.map(({ columns, then }) =>
    then.reduce((before, step) => after(before, step, rows, columns.map(distinctOf)), {
      features: columns.length,
      seconds: SECONDS_PER_VALUE * rows * columns.length,
    }),
  )
  const joined = {
    features: parts.reduce((sum, { features }) => sum + features, 0),
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
  }
  return merged.reduce((before, step) => after(before, step, rows, []), joined)
}

function after(
  { features, seconds }: Making,
  { params }: Step,
  rows: number,
  distinct: readonly number[],
): Making {
  const setting = (name: string) => (params[name] === undefined ? undefined : Number(params[name]))
  const [bins, waves, components, cell] = ['n_bins', 'n_frequencies', 'n_components', 'cell'].map(setting)
  if (bins !== undefined) {
    const binned = distinct.reduce((sum, values) => sum + Math.max(1, Math.min(bins, values - 1)), 0)
    return { features: distinct.length === features ? binned : features * bins, seconds }
  }
  if (waves !== undefined) return { features: features * (1 + 2 * waves), seconds }
  if (cell !== undefined) {
    const [height, width, channels, directions] = ['height', 'width', 'channels', 'directions'].map(setting)
    const cells = Math.ceil(height! / cell) * Math.ceil(width! / cell)
    return { features: cells * ((directions ?? 8) + channels!), seconds }
  }
  if (components === undefined || components >= features) return { features, seconds }
  const products = Math.min(MOST_PRODUCTS, 0.5 * rows * features ** 2) + rows * features * components
  return {
    features: components,
    seconds: seconds + SECONDS_PER_PRODUCT * products + SECONDS_PER_PAIR * features ** 2,
  }
}
