import { choice, int, logInt, type Params, type Settings } from '../../params/space.ts'

/** The parameters that every forest of deep trees is tuned by. */
export const forestSpace = {
  num_trees: logInt(32, 512, 200),
  max_features: choice(['auto', 'sqrt', 'third', 'two-thirds', 'all'], 'auto'),
  min_samples_leaf: logInt(1, 64, 1),
  max_depth: int(3, 40, 40),
}

/** Those parameters as the engine and the estimate of its cost take them. */
export const forestSize = (params: Params) => ({
  trees: Number(params['num_trees']),
  maxFeatures: String(params['max_features']),
  minRows: Number(params['min_samples_leaf']),
  maxDepth: Number(params['max_depth']),
})

/** What every forest can be told beside those. */
export const forestSettings = {
  /** Of classes; values are always judged by squared error. */
  criterion: choice(['gini', 'entropy']),
  class_weight: choice(['none', 'balanced']),
} as const satisfies Settings

export const readForestSettings = (params: Params) => ({
  criterion: params['criterion'] === 'entropy' ? ('entropy' as const) : ('gini' as const),
  balanced: params['class_weight'] === 'balanced',
  outOfBag: params['oob_score'] === true,
})
