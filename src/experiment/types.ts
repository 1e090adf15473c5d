import type { ColumnKind, Task } from '../data/dataset.ts'
import type { AnswerRules } from '../data/schema.ts'
import type { TablePath } from '../data/source.ts'
import type { MetricName } from '../metrics/index.ts'
import type { Params } from '../params/space.ts'
import type { Resource } from '../tune/fidelity.ts'
import type { SamplerName } from '../tune/samplers/index.ts'
import type { Mark } from '../util/clock-tape.ts'

export type Direction = 'maximize' | 'minimize'
export type Mode = 'auto' | 'hpo' | 'ensemble'
/** `bayesian`: every trial is whole. `multi-fidelity`: trials begin with a share of the rows or steps, and the best go on with more. */
export type Strategy = 'auto' | 'bayesian' | 'multi-fidelity'

/** What the user asked for. Plain data: it is written to `experiment.json`. */
export interface ExperimentSpec {
  readonly name: string
  /** Path of the training table: a file, a folder of them, or several that are read as one. */
  readonly data: TablePath
  /** Path of a labelled file: every trial is scored on its rows and learns from none of them. Rows are set aside by themselves without it. */
  readonly validation?: string
  /** Share of the rows, between 0 and 1, that every trial is scored on and learns nothing from, in place of folds. */
  readonly validationFraction?: number
  /** Path of a labelled file no trial ever sees; the final model is scored on it once. */
  readonly test?: string
  readonly target: string
  readonly task?: Task
  readonly objective?: MetricName
  /** Path of the module whose `score` is the objective Custom. */
  readonly metricModule?: string
  /** `hpo`: the best single trial becomes the model; `ensemble` and `auto`: the best weighted ensemble of trials does. */
  readonly mode: Mode
  /** `auto` unless said: multi-fidelity where one trial of each of the quicker candidates would take most of the budget. */
  readonly strategy?: Strategy
  /** What trials of a multi-fidelity strategy begin with a share of: rows unless said. */
  readonly fidelity?: Resource
  /** One sampler for the search of every candidate; a mix of them unless said. */
  readonly sampler?: SamplerName
  /** Most trials to run. */
  readonly maxCandidates: number
  /** Wall seconds for everything, or undefined for no limit. */
  readonly budgetSeconds?: number
  /** Most seconds a trial may take: it ends with what it has. A share of the budget unless said. */
  readonly trialSeconds?: number
  readonly seed: number
  /** False: every trial is fitted on all folds, however poor; true unless said. */
  readonly racing?: boolean
  /** False: no trial learns from the answers of others; true unless said. */
  readonly stacking?: boolean
  readonly workers: number
  /** Most bytes of memory a trial may use; its share of what is free unless given. */
  readonly trialMemory?: number
  readonly definitionsOnly: boolean
  /** Columns with a part to play: rows of one group stay together, later rows are never used to predict earlier ones, weights of rows. */
  readonly group?: string
  readonly time?: string
  readonly weight?: string
  /** Columns that give the target away are no features. */
  readonly dropLeaks?: boolean
  /** Shape of the picture that the columns of numbers are (`28x28`, `32x32x3`, `3x32x32`). */
  readonly image?: string
  /** Labels that differ only in case and spaces are one class. */
  readonly normaliseLabels?: boolean
  /** Name of the backend that runs the trials. */
  readonly backend: string
  /** Where a backend in the cloud works; never a secret. */
  readonly cloud?: {
    readonly role: string
    readonly storage: string
    readonly region?: string
    /** Of a backend that rents machines for single trials: what runs on them, what they are, how long they wait for more work. */
    readonly image?: string
    readonly instanceType?: string
    readonly keepAliveSeconds?: number
  }
  readonly features?: FeatureChoice
  /** Folder with a file per candidate: the plan as a person edited it. */
  readonly candidates?: string
  /** Folder of the experiment that this one repeats, trial by trial. */
  readonly replay?: string
}

/** Columns the user chose and typed by hand. */
export interface FeatureChoice {
  /** Only these are features; all that qualify unless said. */
  readonly names?: readonly string[]
  /** Pairs of column and kind. */
  readonly kinds: readonly (readonly [string, ColumnKind | 'sequence'])[]
}

export type TrialState =
  'WAITING' | 'RUNNING' | 'COMPLETE' | 'PRUNED' | 'FAILED' | 'TIMEOUT' | 'MEMOUT' | 'CRASHED' | 'STOPPED'

export type MetricValues = Readonly<Partial<Record<MetricName, number>>>

/** One fit of one candidate with one set of params, over all folds. */
export interface Trial {
  readonly id: number
  readonly candidate: string
  readonly algorithm: string
  readonly params: Params
  readonly seed: number
  /** Share of the training rows of each fold it learnt from; all unless said. */
  readonly rowShare?: number
  /** Share of its rounds, epochs or trees that it took; all unless said. */
  readonly stepShare?: number
  /** Trials whose held-out answers it learnt from too. */
  readonly stack?: readonly number[]
  readonly state: TrialState
  /** Why it is not COMPLETE, in one sentence. */
  readonly reason?: string
  /** What stopped it, where that is no fault of its own and the experiment cannot go on. */
  readonly endedBy?: 'disk'
  /** Every metric over all held-out rows (out-of-fold, or the holdout), full precision. */
  readonly metrics?: MetricValues
  /** The objective on the held-out rows of each fold; of the first folds only where it is PRUNED. */
  readonly foldScores?: readonly number[]
  readonly fitSeconds?: number
  /** Its time ran out and it ended with what it had: more time would have given another model. */
  readonly timeLimited?: boolean
  /** By fold, what the time limit changed in the fit: repeated, it gives the same model again. Absent where it changed nothing. */
  readonly clock?: readonly (readonly Mark[])[]
  readonly predictMicrosecondsPerRow?: number
  /** Size of the fitted pipeline on disk. */
  readonly bytes?: number
  /** Most memory that its process had held when it ended. */
  readonly memoryBytes?: number
  /** How often it was begun, where that is more than once. */
  readonly attempts?: number
  /** Exit code or signal of the process that CRASHED. */
  readonly exit?: number | string
}

export interface Objective {
  readonly name: MetricName
  readonly direction: Direction
}

/** The weighted mean of trials that scores best on held-out rows. */
export interface Ensemble {
  /** Weights sum to 1. */
  readonly members: readonly { readonly trial: number; readonly weight: number }[]
  readonly metrics: MetricValues
  /** How its probabilities become answers. */
  readonly answer?: AnswerRules
}

/** How good the model would have been, had the experiment ended then. */
export interface Anytime {
  /** Since trials began to run, stops of a resumed experiment not counted. */
  readonly seconds: number
  readonly trials: number
  /** The objective of the best single trial, and of the model: an ensemble where that is better. */
  readonly best: number
  readonly model: number
}

/** The model beside an answer that is the same for every row. */
export interface Verdict {
  /** The objective of the constant answer on the held-out rows; absent where it is not defined. */
  readonly constant?: number
  /** Chance that the best of so many models that know nothing agrees with the truth as well as this one. */
  readonly p: number
  /** Finished trials it is the best of. */
  readonly looks: number
  /** Above the constant answer, and p below 0.05. */
  readonly isBetter: boolean
}

/** What a running experiment tells whoever watches. */
export type ExperimentEvent =
  | { readonly type: 'stage'; readonly stage: Stage; readonly detail: string }
  | { readonly type: 'planned'; readonly candidates: number; readonly objective: Objective }
  | { readonly type: 'started'; readonly trial: number; readonly candidate: string }
  | {
      readonly type: 'trial'
      readonly trial: Trial
      readonly done: number
      readonly total: number
      readonly best: Trial | undefined
    }
  | { readonly type: 'ensemble'; readonly ensemble: Ensemble }
  /** The search ended before its budget did. */
  | { readonly type: 'ended'; readonly reason: string }
  | { readonly type: 'warning'; readonly message: string }

export type Stage = 'read' | 'profile' | 'plan' | 'tune' | 'ensemble' | 'export' | 'evaluate'
