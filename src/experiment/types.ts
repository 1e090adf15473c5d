import type { Task } from '../data/dataset.ts'
import type { MetricName } from '../metrics/index.ts'
import type { Params } from '../params/space.ts'

export type Direction = 'maximize' | 'minimize'

/** What the user asked for. Plain data: it is written to `experiment.json`. */
export interface ExperimentSpec {
  readonly name: string
  /** Path of the training file as given. */
  readonly data: string
  readonly test?: string
  readonly target: string
  readonly task?: Task
  readonly objective?: MetricName
  readonly mode: 'auto' | 'hpo' | 'ensemble'
  readonly maxCandidates: number
  /** Wall seconds for everything, or undefined for none. */
  readonly budgetSeconds?: number
  readonly seed: number
  readonly workers: number
  readonly definitionsOnly: boolean
  readonly group?: string
  readonly time?: string
  readonly weight?: string
}

export type TrialState =
  'WAITING' | 'RUNNING' | 'COMPLETE' | 'FAILED' | 'TIMEOUT' | 'MEMOUT' | 'CRASHED' | 'STOPPED'

/** One fit of one candidate with one set of params, over all folds. */
export interface Trial {
  readonly id: number
  readonly candidate: string
  readonly algorithm: string
  readonly params: Params
  readonly seed: number
  readonly state: TrialState
  /** Why it is not COMPLETE, in one sentence. */
  readonly reason?: string
  /** Every metric over all held-out rows (out-of-fold, or the holdout), full precision. */
  readonly metrics?: Readonly<Partial<Record<MetricName, number>>>
  /** Standard deviation of the objective over folds; 0 with a single holdout. */
  readonly std?: number
  readonly fitSeconds?: number
  readonly predictMicrosecondsPerRow?: number
  /** Size of the fitted pipeline. */
  readonly bytes?: number
}
