import { choice, float, int, logFloat, logInt } from '../params/space.ts'
import type { Algorithm } from './algorithm.ts'
import { boostingSettings, boostingSettingsFor } from './trees/boosting-settings.ts'
import { boostingSeconds, tooManyRows } from './trees/cost.ts'
import { boostingDefaults, quickBoosting, withDefaults } from './trees/defaults.ts'
import { fitEncodedBoosting, targetStatistics } from './trees/encoded-boosting.ts'

const space = {
  num_round: logInt(64, 1024, 400),
  max_depth: int(2, 10, 6),
  eta: logFloat(0.005, 0.5, 0.08),
  gamma: logFloat(1e-6, 8, 1e-6),
  min_child_weight: logFloat(1e-3, 32, 1),
  sampling_method: choice(['uniform', 'gradient_based']),
  subsample: float(0.1, 1, 0.85),
  colsample_bytree: float(0.1, 1, 0.85),
  lambda: logFloat(1e-3, 20, 1),
  alpha: logFloat(1e-6, 2, 1e-6),
}

/** Boosted trees grown level by level to one depth (Chen & Guestrin 2016), with the parameters of XGBoost. */
export const gbtDepthwise: Algorithm = {
  name: 'gbt-depthwise',
  autopilotName: 'xgboost',
  summary: 'boosted trees grown level by level: strong on most tables with little care',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'boosting',
  requires: [],
  space,
  settings: { ...boostingSettings, target_statistics: targetStatistics('none') },
  settingsFor: boostingSettingsFor,
  spaceFor(shape) {
    const { rounds, learningRate, rowShare, featureShare, byGradient } = boostingDefaults(shape)
    return withDefaults(space, {
      num_round: rounds,
      eta: shape.task === 'multiclass' || rounds < 400 ? learningRate : rounds > 400 ? 0.05 : 0.08,
      subsample: byGradient ? rowShare : 0.85,
      colsample_bytree: Math.min(0.85, featureShare),
      sampling_method: byGradient ? 'gradient_based' : 'uniform',
    })
  },
  quick: quickBoosting,
  takesSteps: true,
  expectedSeconds: (shape, params) =>
    boostingSeconds(shape, {
      rounds: Number(params['num_round']),
      leaves: 2 ** Number(params['max_depth']),
      rowShare: Number(params['subsample']),
      featureShare: Number(params['colsample_bytree']),
    }),
  unfit: tooManyRows,
  fit: (data, params, context) =>
    fitEncodedBoosting(
      data,
      {
        rounds: Number(params['num_round']),
        learningRate: Number(params['eta']),
        rowShare: Number(params['subsample']),
        featureShare: Number(params['colsample_bytree']),
        sampling: params['sampling_method'] === 'gradient_based' ? 'by-gradient' : 'uniform',
        order: 'depth',
        maxLeaves: 2 ** Number(params['max_depth']),
        maxDepth: Number(params['max_depth']),
        gamma: Number(params['gamma']),
        lambda: Number(params['lambda']),
        alpha: Number(params['alpha']),
        minChildWeight: Number(params['min_child_weight']),
        minRows: 1,
        randomThresholds: false,
      },
      context,
      { target_statistics: 'none', ...params },
    ),
}
