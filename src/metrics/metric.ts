import type { Task } from '../data/dataset.ts'

/** Predictions beside the truth, for rows the model never learnt from. */
export interface Scored {
  readonly task: Task
  /** Class index or value per row. */
  readonly target: Float64Array
  /** Row-major rows × outputs: probabilities (binary: two columns, class 1 positive), or values. */
  readonly outputs: Float64Array
  /** Columns of `outputs`: number of classes, or 1. */
  readonly width: number
  readonly weights?: Float64Array
}

export interface Metric {
  readonly tasks: readonly Task[]
  readonly direction: 'maximize' | 'minimize'
  /** One sentence, for help and notebooks. */
  readonly summary: string
  readonly score: (scored: Scored) => number
}
