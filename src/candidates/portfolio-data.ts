import type { Task } from '../data/dataset.ts'
import type { Recommendation } from './portfolio.ts'

const classification: readonly Recommendation[] = [
  {
    algorithm: 'mlp',
    params: {
      layers: '200,100,50',
      learning_rate: 0.0038,
      weight_decay: 0.0175,
      dropout_prob: 0.298,
      mini_batch_size: 256,
      embedding_size_factor: 0.8,
      network_type: 'feedforward',
      activation: 'silu',
    },
  },
  {
    algorithm: 'mlp',
    params: {
      layers: '200,100',
      learning_rate: 0.0053,
      weight_decay: 0.000088,
      dropout_prob: 0.0133,
      mini_batch_size: 128,
      embedding_size_factor: 0.8,
      network_type: 'feedforward',
      activation: 'silu',
    },
  },
  {
    algorithm: 'gbt-leafwise',
    params: {
      num_iterations: 586,
      learning_rate: 0.105,
      num_leaves: 206,
      min_data_in_leaf: 2,
      feature_fraction: 0.242,
      data_sample_strategy: 'mvs',
      bagging_fraction: 0.856,
      lambda_l1: 0.288,
      lambda_l2: 0.00000327,
      extra_trees: false,
    },
  },
  {
    algorithm: 'gbt-oblivious',
    params: {
      iterations: 2048,
      learning_rate: 0.0686,
      depth: 6,
      l2_leaf_reg: 2.15,
      subsample: 0.8,
      rsm: 0.85,
    },
  },
  {
    algorithm: 'gbt-depthwise',
    params: {
      num_round: 1024,
      max_depth: 3,
      eta: 0.1,
      gamma: 0.000001,
      min_child_weight: 3,
      sampling_method: 'uniform',
      subsample: 0.8,
      colsample_bytree: 0.8,
      lambda: 1,
      alpha: 0.000001,
    },
  },
  {
    algorithm: 'mlp',
    params: {
      layers: '300,150',
      learning_rate: 0.0031,
      weight_decay: 0.000001,
      dropout_prob: 0.237,
      mini_batch_size: 128,
      embedding_size_factor: 0.8,
      network_type: 'feedforward',
      activation: 'relu',
    },
  },
  {
    algorithm: 'gbt-leafwise',
    params: {
      num_iterations: 1024,
      learning_rate: 0.0309,
      num_leaves: 24,
      min_data_in_leaf: 1,
      feature_fraction: 0.49,
      data_sample_strategy: 'bagging',
      bagging_fraction: 0.78,
      lambda_l1: 0.642,
      lambda_l2: 0.581,
      extra_trees: false,
    },
  },
  {
    algorithm: 'gbt-leafwise',
    params: {
      num_iterations: 1024,
      learning_rate: 0.0947,
      num_leaves: 23,
      min_data_in_leaf: 13,
      feature_fraction: 0.782,
      data_sample_strategy: 'bagging',
      bagging_fraction: 0.704,
      lambda_l1: 0.37,
      lambda_l2: 0.0341,
      extra_trees: true,
    },
  },
]

const regression: readonly Recommendation[] = [
  {
    algorithm: 'mlp',
    params: {
      layers: '200,100',
      learning_rate: 0.0053,
      weight_decay: 0.000088,
      dropout_prob: 0.0133,
      mini_batch_size: 128,
      embedding_size_factor: 0.8,
      network_type: 'feedforward',
      activation: 'silu',
    },
  },
  {
    algorithm: 'gbt-leafwise',
    params: {
      num_iterations: 1024,
      learning_rate: 0.0351,
      num_leaves: 64,
      min_data_in_leaf: 1,
      feature_fraction: 0.668,
      data_sample_strategy: 'bagging',
      bagging_fraction: 0.928,
      lambda_l1: 0.0125,
      lambda_l2: 0.716,
      extra_trees: false,
    },
  },
  {
    algorithm: 'gbt-depthwise',
    params: {
      num_round: 1024,
      max_depth: 3,
      eta: 0.1,
      gamma: 0.000001,
      min_child_weight: 3,
      sampling_method: 'uniform',
      subsample: 0.8,
      colsample_bytree: 0.8,
      lambda: 1,
      alpha: 0.000001,
    },
  },
  {
    algorithm: 'gbt-oblivious',
    params: {
      iterations: 2048,
      learning_rate: 0.0494,
      depth: 4,
      l2_leaf_reg: 4.6,
      subsample: 0.8,
      rsm: 0.85,
    },
  },
  {
    algorithm: 'gbt-leafwise',
    params: {
      num_iterations: 1024,
      learning_rate: 0.0398,
      num_leaves: 16,
      min_data_in_leaf: 1,
      feature_fraction: 0.579,
      data_sample_strategy: 'bagging',
      bagging_fraction: 0.959,
      lambda_l1: 0.938,
      lambda_l2: 0.99,
      extra_trees: false,
    },
  },
  {
    algorithm: 'mlp',
    params: {
      layers: '200,100,50',
      learning_rate: 0.0038,
      weight_decay: 0.0175,
      dropout_prob: 0.298,
      mini_batch_size: 256,
      embedding_size_factor: 0.8,
      network_type: 'feedforward',
      activation: 'silu',
    },
  },
  {
    algorithm: 'gbt-depthwise',
    params: {
      num_round: 1024,
      max_depth: 10,
      eta: 0.0181,
      gamma: 0.000001,
      min_child_weight: 0.6,
      sampling_method: 'uniform',
      subsample: 0.85,
      colsample_bytree: 0.69,
      lambda: 1,
      alpha: 0.000001,
    },
  },
  {
    algorithm: 'gbt-leafwise',
    params: {
      num_iterations: 586,
      learning_rate: 0.105,
      num_leaves: 206,
      min_data_in_leaf: 2,
      feature_fraction: 0.242,
      data_sample_strategy: 'mvs',
      bagging_fraction: 0.856,
      lambda_l1: 0.288,
      lambda_l2: 0.00000327,
      extra_trees: false,
    },
  },
]

/**
 * What to try after the defaults of every learner, best first. Made by `npm run bench:portfolio` from out-of-fold predictions of
 * `node bench/run.mjs portfolio/grid` on at most 2,500 rows of these tables:
 * classification: adult_train, bank_additional_full, breast_cancer_wdbc, covertype_20k, credit_approval, german_credit, letter_recognition, nursery, satimage, soybean, splice, telco_customer_churn, titanic.
 * regression: abalone, bike_sharing_demand, california_housing, cpu_act, diamonds, elevators, kin8nm, wine_quality_red.
 */
export const portfolios: Readonly<Record<Task, readonly Recommendation[]>> = {
  binary: classification,
  multiclass: classification,
  regression,
}
