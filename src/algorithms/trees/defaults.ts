import type { ParamValue, Space } from '../../params/space.ts'
import type { DatasetShape } from '../algorithm.ts'

/** Settings of boosting that are good alone on a table of one shape. */
export interface BoostingDefaults {
  readonly rounds: number
  readonly learningRate: number
  readonly rowShare: number
  readonly featureShare: number
  readonly byGradient: boolean
}

const WIDE = 128 // columns from which a tree need not see them all
const MANY_ROWS = 5000

/**
 * Every round grows a tree per class, so many classes get fewer and bolder rounds, on the rows that still matter to each class;
 * wide tables get a share of their columns per tree. On MNIST (20k rows × 784, 40 rounds at rate 0.1) the two sharings
 * together take a quarter of the time at equal loss.
 */
export function boostingDefaults({ task, rows, features, classes }: DatasetShape): BoostingDefaults {
  const few = rows < (task === 'regression' ? 1 : 4) * MANY_ROWS // labels are learnt by heart sooner than values
  const crowd = task === 'multiclass' ? classes : 1
  const byGradient = crowd > 2 && rows >= MANY_ROWS
  return {
    rounds: crowd <= 2 ? (few ? 200 : 400) : crowd <= 5 && rows >= 2 * MANY_ROWS ? 200 : 100,
    learningRate: crowd <= 2 || rows < 2 * MANY_ROWS ? 0.05 : crowd <= 5 || rows < 6 * MANY_ROWS ? 0.1 : 0.2,
    rowShare: byGradient ? (rows >= 4 * MANY_ROWS ? 0.3 : 0.5) : 0.9,
    featureShare: features <= WIDE ? 0.9 : Math.max(0.1, 0.9 * (WIDE / features) ** 0.6),
    byGradient,
  }
}

/** The space with other defaults. */
export const withDefaults = (space: Space, values: Readonly<Record<string, ParamValue>>): Space =>
  Object.fromEntries(
    Object.entries(space).map(([name, distribution]) => [
      name,
      Object.hasOwn(values, name) ? { ...distribution, default: values[name]! } : distribution,
    ]),
  )
