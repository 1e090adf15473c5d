import type { Params, ParamValue, Space } from '../../params/space.ts'
import type { DatasetShape } from '../algorithm.ts'
import { wantsVectors } from './boosting-settings.ts'

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
const SLOW_ROWS = 100_000

/**
 * Wide tables get a share of their columns per tree. With many classes a round is one tree for all of them, or, on few rows, a
 * tree per class: those get fewer rounds. Rows are drawn by gradient where there are enough of them, since most soon are settled.
 */
export function boostingDefaults({ task, rows, features, classes }: DatasetShape): BoostingDefaults {
  const few = rows < (task === 'regression' ? 1 : 4) * MANY_ROWS // labels are learnt by heart sooner than values
  const slow = task === 'regression' && rows <= SLOW_ROWS // values are learnt for long, and stopping early costs nothing
  const crowd = task === 'multiclass' && classes > 2
  const vectors = wantsVectors({ task, rows }, 'auto')
  const byGradient = crowd && rows >= MANY_ROWS
  return {
    rounds: vectors ? 800 : crowd ? 100 : slow ? 1000 : few ? 200 : 400,
    learningRate: vectors ? 0.1 : 0.05,
    rowShare: byGradient ? 0.5 : 0.9,
    featureShare: features <= WIDE ? 0.9 : Math.max(0.1, 0.9 * (WIDE / features) ** 0.6),
    byGradient,
  }
}

const QUICK_ROWS = 10_000
const QUICK_FEATURES = 64

/** Few steps, long ones, over a share of the table: most of what boosting learns it learns at once. */
export const quickBoosting = ({ rows, features, task, classes }: DatasetShape): Params => ({
  num_round: task === 'multiclass' && classes > FEW_CLASSES ? 64 : 96,
  eta: 0.25,
  max_depth: 4,
  subsample: Math.min(0.85, Math.max(0.1, QUICK_ROWS / rows)),
  colsample_bytree: Math.min(0.85, Math.max(0.1, QUICK_FEATURES / features)),
})
const FEW_CLASSES = 4

/** The space with other defaults. */
export const withDefaults = (space: Space, values: Readonly<Record<string, ParamValue>>): Space =>
  Object.fromEntries(
    Object.entries(space).map(([name, distribution]) => [
      name,
      Object.hasOwn(values, name) ? { ...distribution, default: values[name]! } : distribution,
    ]),
  )
