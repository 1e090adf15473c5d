import type { ConfusionData, ImportanceData, PartialDependenceData, SaliencyData } from '../charts/index.ts'
import type { Task } from '../data/dataset.ts'
import type { Anytime, ExperimentSpec, Verdict } from '../experiment/types.ts'
import type { Fairness } from '../explain/fairness.ts'
import type { DatasetProfile } from '../profile/profile.ts'

/** A table of text; columns whose name starts with `#` are numbers. */
export interface Grid {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A part of the table where the model is weak. */
export interface SliceRow {
  readonly column: string
  readonly where: string
  readonly rows: number
  /** The metric there, where it is defined. */
  readonly score?: number
  /** Mean loss there over the mean loss of all rows. */
  readonly ratio: number
}

/** A trial as the leaderboard shows it; best first in every list. */
export interface ReportRow {
  readonly rank: number
  readonly trial: number
  readonly candidate: string
  readonly algorithm: string
  readonly score: number
  readonly std: number
  readonly fitSeconds: number
  readonly predictMicrosecondsPerRow: number
  readonly bytes: number
  readonly state: string
  readonly reason?: string
}

export interface ReportInput {
  readonly spec: ExperimentSpec
  readonly profile: DatasetProfile
  readonly task: Task
  readonly objective: { readonly name: string; readonly direction: 'maximize' | 'minimize' }
  readonly folds: { readonly kind: string; readonly reason: string; readonly count: number }
  readonly leaderboard: readonly ReportRow[]
  /** How good the model would have been after each generation of trials. */
  readonly anytime?: readonly Anytime[]
  readonly best?: {
    readonly candidate: string
    readonly algorithm: string
    readonly score: number
    readonly reason?: string
  }
  /** How the best did on rows it never learnt from. */
  readonly evaluation?: {
    /** Which rows: "the 10,000 rows of the test file", "out-of-fold rows". */
    readonly rows: string
    readonly metrics: readonly {
      readonly name: string
      readonly value: number
      /** Over samples of the rows. */
      readonly std?: number
      /** Of an answer that is the same for every row. */
      readonly baseline?: number
    }[]
    readonly confusion?: ConfusionData
    /** Binary: whether each row is of the positive class, and its probability. */
    readonly binary?: {
      readonly positive: ArrayLike<number>
      readonly probability: ArrayLike<number>
      readonly auc: number
      /** From which probability on rows are called positive, where not from 0.5. */
      readonly threshold?: number
    }
    readonly regression?: { readonly actual: ArrayLike<number>; readonly predicted: ArrayLike<number> }
  }
  readonly importance?: ImportanceData
  /** Mean size of SHAP values, and how they were found. */
  readonly shap?: ImportanceData & { readonly method: string }
  readonly dependence?: readonly PartialDependenceData[]
  /** Pixels that the answers hang on. */
  readonly saliency?: SaliencyData
  readonly slices?: {
    readonly metric: string
    readonly whole: number
    readonly rows: readonly SliceRow[]
  }
  readonly fairness?: Fairness & { readonly column: string }
  readonly worst?: Grid
  readonly verdict?: Verdict
  /** Time and memory: label and value, and seconds by algorithm. */
  readonly spent?: readonly (readonly [label: string, value: string])[]
  readonly secondsByAlgorithm?: readonly {
    readonly name: string
    readonly value: number
    readonly trials: number
  }[]
  /** What was decided, and why. */
  readonly decisions?: readonly (readonly [what: string, why: string])[]
  /** The command that gives this experiment again. */
  readonly reproduce: string
  /** Program, versions, hash of the data: label and value. */
  readonly provenance: readonly (readonly [label: string, value: string])[]
  readonly seconds?: number
}
