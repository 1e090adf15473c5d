import { choice, float, logFloat, logInt } from '../params/space.ts'
import type { Algorithm } from './algorithm.ts'
import { boostingSettings, boostingSettingsFor } from './trees/boosting-settings.ts'
import { boostingSeconds, tooManyRows } from './trees/cost.ts'
import { boostingDefaults, withDefaults } from './trees/defaults.ts'
import { fitEncodedBoosting, targetStatistics } from './trees/encoded-boosting.ts'

const space = {
  num_iterations: logInt(32, 1024, 400),
  learning_rate: logFloat(0.005, 0.3, 0.05),
  num_leaves: logInt(4, 255, 31),
  min_data_in_leaf: logInt(1, 128, 20),
  feature_fraction: float(0.1, 1, 0.9),
  data_sample_strategy: choice(['bagging', 'mvs']),
  bagging_fraction: float(0.1, 1, 0.9),
  lambda_l1: logFloat(1e-6, 4, 1e-6),
  lambda_l2: logFloat(1e-6, 8, 1e-3),
  extra_trees: choice([false, true]),
}

/** Boosted trees that always split the leaf of largest gain (Ke et al. 2017; Shi 2007), with the parameters of LightGBM. */
export const gbtLeafwise: Algorithm = {
  name: 'gbt-leafwise',
  autopilotName: 'lightgbm',
  summary: 'boosted trees grown leaf by leaf: the strongest single learner on many larger tables',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'boosting',
  requires: [],
  space,
  settings: { ...boostingSettings, target_statistics: targetStatistics('none') },
  settingsFor: boostingSettingsFor,
  spaceFor(shape) {
    const { rounds, learningRate, rowShare, featureShare, byGradient } = boostingDefaults(shape)
    return withDefaults(space, {
      num_iterations: rounds,
      learning_rate: learningRate,
      bagging_fraction: rowShare,
      feature_fraction: featureShare,
      data_sample_strategy: byGradient ? 'mvs' : 'bagging',
    })
  },
  takesSteps: true,
  expectedSeconds: (shape, params) =>
    boostingSeconds(shape, {
      rounds: Number(params['num_iterations']),
      leaves: Number(params['num_leaves']),
      rowShare: Number(params['bagging_fraction']),
      featureShare: Number(params['feature_fraction']),
    }),
  unfit: tooManyRows,
  fit: (data, params, context) =>
    fitEncodedBoosting(
      data,
      {
        rounds: Number(params['num_iterations']),
        learningRate: Number(params['learning_rate']),
        rowShare: Number(params['bagging_fraction']),
        featureShare: Number(params['feature_fraction']),
        sampling: params['data_sample_strategy'] === 'mvs' ? 'by-gradient' : 'uniform',
        order: 'best',
        maxLeaves: Number(params['num_leaves']),
        maxDepth: Infinity,
        gamma: 0,
        lambda: Number(params['lambda_l2']),
        alpha: Number(params['lambda_l1']),
        minChildWeight: 1e-3,
        minRows: Number(params['min_data_in_leaf']),
        randomThresholds: params['extra_trees'] === true,
      },
      context,
      { target_statistics: 'none', ...params },
    ),
}
