import { DecisionTreeClassifier, DecisionTreeRegression } from 'ml-cart'
import { float, int, logFloat } from '../params/space.ts'
import type { Algorithm, DatasetShape } from './algorithm.ts'
import { packageForest, plainTable } from './trees/package-trees.ts'

const space = {
  max_depth: int(2, 20, 8),
  min_samples: int(2, 40, 10),
  gain_threshold: logFloat(1e-6, 0.05, 1e-3),
  smoothing: float(0.5, 10, 2),
}

// Where the package stops being usable, measured on one core of a 2023 server: 2,000 rows × 10 features take 1.3 s for two
// classes, 2.1 s for three, 1.3 s for values, and four times as long at twice the rows: every change of the target along a
// sorted feature costs a pass over the node's rows.
const MAX_ROWS = 5000
const MAX_SECONDS = 20
const COST = { binary: 2.5e-8, multiclass: 5.5e-8, regression: 3e-8 } // seconds per row² and feature

const seconds = ({ rows, features, task }: DatasetShape): number => rows * rows * features * COST[task]

/** One decision tree (Breiman et al. 1984) by the package ml-cart. */
export const cart: Algorithm = {
  name: 'cart',
  summary: 'a single decision tree of the package ml-cart: easy to read, for small tables',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'small-data',
  requires: ['no-missing'],
  space,
  expectedSeconds: shape => seconds(shape),
  unfit(shape) {
    if (shape.rows > MAX_ROWS) return `${shape.rows} rows: the package ml-cart is usable up to ${MAX_ROWS}`
    if (seconds(shape) > MAX_SECONDS)
      return `${shape.rows} rows × ${shape.features} features: the package ml-cart would take about ${Math.round(seconds(shape))} s`
    return undefined
  },
  async fit(data, params, { seed, signal }) {
    signal.throwIfAborted()
    const options = {
      maxDepth: Number(params['max_depth']),
      minNumSamples: Number(params['min_samples']),
      gainThreshold: Number(params['gain_threshold']),
    }
    const tree =
      data.task === 'regression' ? new DecisionTreeRegression(options) : new DecisionTreeClassifier(options)
    const { rows, target } = plainTable(data, seed)
    tree.train(rows, target)
    return packageForest([{ root: tree.root }], data, Number(params['smoothing']))
  },
}
