import { active, defaults, fromUnit, nearestParams, type Params, type Space } from '../../src/params/space.ts'
import { createRng, hashSeed } from '../../src/util/rng.ts'

/**
 * A way to set up a learner that means the same on every table: `point` 0 is its defaults, 1 to 100 are places in its space, from
 * 101 on what others have published for its kind of learner.
 */
export interface Config {
  readonly algorithm: string
  readonly point: number
}

export const idOf = ({ algorithm, point }: Config): string => `${algorithm}-${point}`

const FIRST_PUBLISHED = 101
/** Rounds are ended by early stopping: all that the space allows. */
const ALL_ROUNDS: Params = { num_iterations: Infinity, num_round: Infinity, iterations: Infinity }

/**
 * Settings that were chosen on hundreds of tables: of AutoGluon's portfolio for CPUs of December 2025 those for LightGBM that learn in a
 * thousand rounds, of its portfolio of 2023 those for CatBoost and XGBoost, and of FLAML's zero-shot defaults.
 */
const PUBLISHED: Readonly<Record<string, readonly Params[]>> = {
  'gbt-leafwise': [
    leafwise(0.0193, 64, 28, 0.553, 0.992, true, 0.914, 1.9),
    leafwise(0.0179, 39, 3, 0.462, 0.877, true, 0.238, 0.355),
    leafwise(0.0398, 16, 1, 0.579, 0.959, false, 0.938, 0.99),
    leafwise(0.0351, 64, 1, 0.668, 0.928, false, 0.0125, 0.716),
    leafwise(0.0413, 128, 9, 0.619, 0.884, true, 0.651, 1.74),
    leafwise(0.0309, 24, 1, 0.49, 0.78, false, 0.642, 0.581),
    leafwise(0.0187, 5, 5, 0.503, 0.704, true, 0.103, 1.26),
    leafwise(0.0238, 7, 1, 0.99, 0.958, true, 0.35, 1.96),
    leafwise(0.0947, 23, 13, 0.782, 0.704, true, 0.37, 0.0341),
    leafwise(0.0152, 16, 48, 0.56, 0.9, true, 1e-6, 0.001),
  ],
  'gbt-depthwise': [
    { max_depth: 10, eta: 0.0181, colsample_bytree: 0.69, min_child_weight: 0.6 },
    { max_depth: 4, eta: 0.03, colsample_bytree: 0.5, min_child_weight: 5, subsample: 0.8 },
    { max_depth: 3, eta: 0.1, colsample_bytree: 0.8, min_child_weight: 3, subsample: 0.8 },
    { max_depth: 9, eta: 0.04, colsample_bytree: 0.5, min_child_weight: 2, subsample: 0.7, lambda: 4 },
  ],
  'gbt-oblivious': [
    { depth: 6, l2_leaf_reg: 2.15, learning_rate: 0.0686 },
    { depth: 8, l2_leaf_reg: 2.8, learning_rate: 0.0314 },
    { depth: 4, l2_leaf_reg: 4.6, learning_rate: 0.0494 },
    { depth: 8, l2_leaf_reg: 3.3, learning_rate: 0.0173 },
  ],
  mlp: [
    { layers: '200,100', activation: 'silu', learning_rate: 0.0053, dropout_prob: 0.0133, weight_decay: 8.8e-5 },
    { layers: '200,100,50', activation: 'silu', learning_rate: 0.0038, dropout_prob: 0.298, weight_decay: 0.0175, mini_batch_size: 256 },
    { layers: '300,150', activation: 'relu', learning_rate: 0.0031, dropout_prob: 0.237, weight_decay: 1e-6 },
    { layers: '512,256', activation: 'silu', learning_rate: 0.001, dropout_prob: 0.4, weight_decay: 0.05, mini_batch_size: 256 },
  ],
} // prettier-ignore

function leafwise(
  learningRate: number,
  leaves: number,
  minRows: number,
  features: number,
  rows: number,
  extra: boolean,
  l1: number,
  l2: number,
): Params {
  return {
    learning_rate: learningRate,
    num_leaves: leaves,
    min_data_in_leaf: minRows,
    feature_fraction: features,
    bagging_fraction: rows,
    extra_trees: extra,
    lambda_l1: l1,
    lambda_l2: l2,
  }
}

/** The points of a learner: its defaults, so many places of its space, and all that is published. */
export const pointsOf = (algorithm: string, places: number): number[] => [
  ...Array.from({ length: places }, (_, i) => i),
  ...(PUBLISHED[algorithm] ?? []).map((_, i) => FIRST_PUBLISHED + i),
]

/** Each parameter at a place between 0 and 1 of its range that only algorithm, point and name decide, so that wider ranges stretch it. */
export function paramsAt({ algorithm, point }: Config, space: Space): Params {
  if (point === 0) return defaults(space)
  if (point >= FIRST_PUBLISHED)
    return nearestParams({ ...PUBLISHED[algorithm]![point - FIRST_PUBLISHED]!, ...ALL_ROUNDS }, space)
  const chosen: Record<string, Params[string]> = {}
  for (const [name, distribution] of Object.entries(space)) {
    if (!active(distribution, chosen)) continue
    const unit = createRng(hashSeed(0, 'portfolio', algorithm, point, name)).next()
    chosen[name] = fromUnit(distribution, unit)
  }
  return chosen
}
