import type { Task } from '../data/dataset.ts'

export type Direction = 'maximize' | 'minimize'

/** What is true of the scored rows, whoever predicts them. */
export interface Truth {
  readonly task: Task
  /** Class index or value per row. */
  readonly target: Float64Array
  /** Columns of `outputs`: number of classes, or 1. */
  readonly width: number
  readonly weights?: Float64Array
  /** By class: the label is that of the largest output × weight; all 1 unless said. */
  readonly labelWeights?: readonly number[]
}

/** Predictions beside the truth, for rows the model never learnt from. */
export interface Scored extends Truth {
  /** Row-major rows × outputs: probabilities (binary: two columns, class 1 positive), or values. */
  readonly outputs: Float64Array
}

/** What several metrics need of the same rows, each part computed once, when first asked for. */
export interface Work {
  readonly scored: Scored
  /** Sum of the row weights (number of rows without weights). */
  readonly total: number
  /** Weight of truth × prediction, row-major classes × classes. */
  readonly confusion: Float64Array
  /** Binary: rows with the most probably positive first, equal probabilities grouped. */
  readonly ranking: Ranking
}

/** Weight of positives and negatives in each group of equal scores, highest score first. */
export interface Ranking {
  readonly scores: Float64Array
  readonly positives: Float64Array
  readonly negatives: Float64Array
}

export interface Metric {
  readonly tasks: readonly Task[]
  readonly direction: Direction
  /** The value of a perfect model. */
  readonly best: number
  /** One sentence, for help and notebooks. */
  readonly summary: string
  /** False where many different predictions score alike (labels only), so that ties need a second opinion. */
  readonly smooth: boolean
  /** Labels other than the most probable class may score better, and are no trick: worth tuning the decision for. */
  readonly decides: boolean
  /** The formula over work that other metrics may share; NaN where it is not defined on these rows. */
  readonly from: (work: Work) => number
  /** Checks the outputs, then the formula; throws where it is not defined. */
  readonly score: (scored: Scored) => number
}
