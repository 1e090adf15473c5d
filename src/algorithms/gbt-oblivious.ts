import { float, int, logFloat, logInt } from '../params/space.ts'
import type { Algorithm, DatasetShape } from './algorithm.ts'
import type { BoostingRules } from './trees/boosting.ts'
import { boostingSettings, boostingSettingsFor } from './trees/boosting-settings.ts'
import { boostingSeconds, tooManyRows } from './trees/cost.ts'
import { boostingDefaults, withDefaults } from './trees/defaults.ts'
import { fitEncodedBoosting, targetStatistics } from './trees/encoded-boosting.ts'

const space = {
  iterations: logInt(64, 2048, 500),
  learning_rate: logFloat(0.005, 0.3, 0.08),
  depth: int(2, 8, 6),
  l2_leaf_reg: logFloat(0.1, 30, 3),
  subsample: float(0.3, 1, 0.8),
  rsm: float(0.1, 1, 0.85),
}

/** Larger tables bear a higher rate: from 0.07 at 5,000 rows to 0.1 at 15,000. */
const rateFor = ({ rows }: DatasetShape): number =>
  0.07 + 0.03 * Math.min(1, Math.max(0, (rows - 5000) / 10_000))

/** Oblivious trees on target statistics (Prokhorenkova et al. 2018), with the parameters of CatBoost. */
export const gbtOblivious: Algorithm = {
  name: 'gbt-oblivious',
  autopilotName: 'catboost',
  summary:
    'boosted trees that ask one question per level, categories as target statistics, alone and combined: strong with many categories and untuned',
  tasks: ['binary', 'multiclass', 'regression'],
  role: 'boosting',
  requires: ['category-codes'],
  space,
  settings: { ...boostingSettings, target_statistics: targetStatistics('folds') },
  settingsFor: boostingSettingsFor,
  spaceFor(shape) {
    const { rounds, learningRate, featureShare, byGradient } = boostingDefaults(shape)
    const many = shape.task === 'multiclass' && shape.classes > 2
    return withDefaults(space, {
      iterations: many || rounds > 400 ? Math.round(1.5 * rounds) : shape.rows < 5000 ? 250 : 500,
      learning_rate: many ? learningRate : rateFor(shape),
      subsample: byGradient ? 0.4 : 0.8,
      rsm: Math.min(0.85, featureShare),
    })
  },
  takesSteps: true,
  expectedSeconds: (shape, params) =>
    boostingSeconds(shape, {
      rounds: Number(params['iterations']),
      leaves: 2 ** Number(params['depth']),
      rowShare: Number(params['subsample']),
      featureShare: Number(params['rsm']),
    }),
  unfit: tooManyRows,
  async fit(data, params, context) {
    const rules: BoostingRules = {
      rounds: Number(params['iterations']),
      learningRate: Number(params['learning_rate']),
      rowShare: Number(params['subsample']),
      sampling: 'by-gradient',
      featureShare: Number(params['rsm']),
      order: 'level',
      maxLeaves: 2 ** Number(params['depth']),
      maxDepth: Number(params['depth']),
      gamma: 0,
      lambda: Number(params['l2_leaf_reg']),
      alpha: 0,
      minChildWeight: 0,
      minRows: 1,
      randomThresholds: false,
    }
    return fitEncodedBoosting(data, rules, context, { target_statistics: 'folds', ...params })
  },
}
