import { choice, int, logInt } from '../params/space.ts'
import type { Algorithm } from './algorithm.ts'
import { forestSeconds, tooManyCells } from './trees/cost.ts'
import { fitForest, MAX_FEATURES } from './trees/forests.ts'

const space = {
  num_trees: logInt(32, 512, 200),
  max_features: choice(MAX_FEATURES, 'auto'),
  min_samples_leaf: logInt(1, 64, 1),
  max_depth: int(3, 40, 40),
}

/** Random forest (Breiman 2001): trees on bootstrapped rows, the best split among few random features per node. */
export const randomForest: Algorithm = {
  name: 'random-forest',
  autopilotName: 'randomforest',
  summary: 'averages deep trees grown on random rows and features: hard to spoil, a good member of ensembles',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'forest',
  requires: [],
  space,
  expectedSeconds: (shape, params) =>
    forestSeconds(shape, {
      trees: Number(params['num_trees']),
      maxFeatures: String(params['max_features']),
      minRows: Number(params['min_samples_leaf']),
      depth: Number(params['max_depth']),
    }),
  unfit: tooManyCells,
  fit: (data, params, context) =>
    fitForest(
      data,
      {
        trees: Number(params['num_trees']),
        bootstrap: true,
        randomThresholds: false,
        maxFeatures: String(params['max_features']),
        minRows: Number(params['min_samples_leaf']),
        maxDepth: Number(params['max_depth']),
      },
      context,
    ),
}
