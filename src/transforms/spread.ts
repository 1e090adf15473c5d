import type { Feature } from '../data/features.ts'
import { takeQuantile, withoutNaN } from './order.ts'

/** Where the middle of a feature lies, and how wide it is. */
export interface Spread {
  readonly centre: number
  /** Infinity for a constant, so that (value − centre) / width is 0 whatever comes. */
  readonly width: number
}

/** Features that are quantities: neither category codes nor mostly-zero columns such as one-hot and word features. */
export const isQuantity = (feature: Feature): boolean => feature.kind === 'dense' && !feature.categories

/** Median and distance of the quartiles; half the range where the quartiles meet. Missing values do not count. */
export function robustSpread({ values: all }: Feature): Spread {
  const values = withoutNaN(all)
  if (values.length === 0) return { centre: 0, width: Infinity }
  const centre = takeQuantile(values, 0.5)
  const quartiles = takeQuantile(values, 0.75) - takeQuantile(values, 0.25)
  if (quartiles > 0) return { centre, width: quartiles }
  const range = takeQuantile(values, 1) - takeQuantile(values, 0)
  return { centre, width: range > 0 ? range / 2 : Infinity }
}
