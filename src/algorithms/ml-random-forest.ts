import { RandomForestClassifier, RandomForestRegression } from 'ml-random-forest'
import { float, int, logInt } from '../params/space.ts'
import { createRng } from '../util/rng.ts'
import type { Algorithm, DatasetShape } from './algorithm.ts'
import { packageForest, type PackageNode, type PackageTree, plainTable } from './trees/package-trees.ts'
import { createPacer } from './trees/pacer.ts'

const space = {
  num_trees: logInt(8, 64, 24),
  max_features: float(0.3, 1, 0.7),
  max_depth: int(3, 20, 10),
  min_samples: int(2, 20, 4),
  smoothing: float(0.5, 10, 2),
}

// Where the package stops being usable, measured on one core of a 2023 server: a tree on 2,000 rows × 10 features takes 0.6 s
// for two classes, 1.3 s for three, 0.9 s for values, and four times as long at twice the rows.
const MAX_ROWS = 2000
const MAX_SECONDS = 60
const COST = { binary: 1.4e-8, multiclass: 3.2e-8, regression: 2.1e-8 } // seconds per tree, row² and feature

const seconds = ({ rows, features, task }: DatasetShape, trees: number): number =>
  trees * rows * rows * features * COST[task]

interface Fitted {
  readonly estimators: readonly { readonly root: PackageNode }[]
  readonly indexes: readonly (readonly number[])[]
}

/** Random forest of the package ml-random-forest: features are drawn once per tree, rows with replacement. */
export const mlRandomForest: Algorithm = {
  name: 'ml-random-forest',
  summary: 'random forest of the package ml-random-forest: features drawn per tree, for small tables',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'small-data',
  requires: ['no-missing'],
  space,
  expectedSeconds: (shape, params) => seconds(shape, Number(params['num_trees'])),
  unfit(shape) {
    if (shape.rows > MAX_ROWS)
      return `${shape.rows} rows: the package ml-random-forest is usable up to ${MAX_ROWS}`
    const expected = seconds(shape, Number(space.num_trees.default))
    if (expected > MAX_SECONDS)
      return `${shape.rows} rows × ${shape.features} features: the package ml-random-forest would take about ${Math.round(expected)} s`
    return undefined
  },
  async fit(data, params, context) {
    const rng = createRng(context.seed)
    const pacer = createPacer(context)
    const { rows, target } = plainTable(data, context.seed)
    const width = data.features.columns.length
    const Forest = data.task === 'regression' ? RandomForestRegression : RandomForestClassifier
    // The package takes the whole part of width × share, and 1 for all features.
    const maxFeatures = Math.min(1, Math.max(1.01 / width, Number(params['max_features'])))
    const trees: PackageTree[] = []
    while (trees.length < Number(params['num_trees'])) {
      if (!(await pacer.mayGoOn()) && trees.length > 0) break
      const forest = new Forest({
        nEstimators: 1,
        maxFeatures,
        replacement: false,
        useSampleBagging: true,
        noOOB: true,
        isClassifier: data.task !== 'regression',
        seed: rng.int(0x7fffffff),
        treeOptions: { maxDepth: Number(params['max_depth']), minNumSamples: Number(params['min_samples']) },
      })
      forest.train(rows, target)
      const { estimators, indexes } = forest as unknown as Fitted
      trees.push({ root: estimators[0]!.root, columns: indexes[0]! })
    }
    return packageForest(trees, data, Number(params['smoothing']))
  },
}
