import type { Metric } from './metric.ts'

/** Every metric by the name users type. */
export const metrics = {} as const satisfies Record<string, Metric>
export type MetricName =
  | 'Accuracy' | 'AUC' | 'BalancedAccuracy' | 'F1' | 'LogLoss' | 'Precision' | 'Recall'
  | 'F1macro' | 'PrecisionMacro' | 'RecallMacro' | 'MAE' | 'MSE' | 'RMSE' | 'R2' // prettier-ignore
