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

// Measured on one core of a 2023 server: see `seconds`. Every candidate threshold costs a pass over the node's rows.
const MAX_ROWS = 5000
const MAX_SECONDS = 60

const seconds = ({ rows, features, task }: DatasetShape): number =>
  rows * rows * features * (task === 'regression' ? 6e-8 : 4e-8)

/** One decision tree (Breiman et al. 1984) by the package ml-cart. */
export const cart: Algorithm = {
  name: 'cart',
  summary: 'a single decision tree of the package ml-cart: easy to read, for small tables',
  tasks: ['binary', 'multiclass', 'regression'],
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
