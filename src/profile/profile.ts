import type { ColumnKind, Task } from '../data/dataset.ts'
import type { ColumnUse } from '../data/schema.ts'
import type { ProfileSummary } from './summary.ts'

/** Autopilot's feature types. A column may play several: a number with few values is numeric and categorical. */
export type FeatureType = 'numeric' | 'categorical' | 'text' | 'datetime' | 'binary' | 'sequence'

export interface HistogramBin {
  readonly from: number
  /** Exclusive, but for the last bin. */
  readonly to: number
  readonly count: number
  /** End bins that gather outliers. */
  readonly outlier: boolean
}

export interface NumericSummary {
  /** Values that are finite numbers. */
  readonly count: number
  readonly mean: number
  readonly std: number
  readonly min: number
  readonly max: number
  readonly median: number
  /** 1, 5, 25, 75, 95, 99 % in that order. */
  readonly quantiles: readonly [number, number, number, number, number, number]
  readonly skew: number
  /** Pearson's: a normal distribution has 3. */
  readonly kurtosis: number
  /** Share of rows outside median ± 5 · robust standard deviation. */
  readonly outlierFraction: number
  readonly integerFraction: number
  readonly zeroFraction: number
  readonly histogram: readonly HistogramBin[]
}

/** How far figures of a long column that were not counted row by row may be off, 95 times of 100; all others are exact. */
export interface ColumnErrors {
  /** ± share of `distinct`. */
  readonly distinct?: number
  /** ± share of `distinctWords`. */
  readonly distinctWords?: number
  /**
   * ± rank of the median, of the quantiles and of the quantiles behind the limits of outliers: the value given for 25 % stands
   * between 25 % − e and 25 % + e of the values.
   */
  readonly ranks?: number
  /** ± of `numericFraction`. */
  readonly shares?: number
}

export interface ColumnProfile {
  readonly name: string
  readonly kind: ColumnKind
  readonly use: ColumnUse
  /** Why it is read and used so, and how to change it. */
  readonly reason: string
  /** Most likely first. */
  readonly types: readonly FeatureType[]
  /** Texts that list numbers: as `ColumnSchema.sequence`. */
  readonly sequence?: true
  readonly missing: number
  readonly missingFraction: number
  readonly distinct: number
  /** False when `distinct` is an estimate. */
  readonly distinctExact: boolean
  /** Different words, for string columns. */
  readonly distinctWords?: number
  /** Share of non-missing values that are finite numbers. */
  readonly numericFraction: number
  readonly numeric?: NumericSummary
  /** Most frequent values, at most ten. */
  readonly top: readonly { readonly value: string; readonly count: number }[]
  /** Mean length in characters, for string columns. */
  readonly meanLength?: number
  /** Left out where every figure is exact. */
  readonly errors?: ColumnErrors
  /** How well the column alone foretells the target. */
  readonly prediction?: ColumnPrediction
}

/** A score on rows that were not learnt from, and what it means. */
export interface Prediction {
  readonly metric: 'AUC' | 'Accuracy' | 'R2'
  readonly score: number
  /** The score of an answer that knows nothing of the row. */
  readonly baseline: number
  /** Standard error of `score`. */
  readonly error: number
  /** max((score − baseline) / (1 − baseline), 0): 0 tells nothing, 1 tells all. */
  readonly power: number
}

export interface ColumnPrediction extends Prediction {
  /**
   * Share of the loss (log loss or squared error) of a constant answer that the column takes away: sees what accuracy, blind
   * to all but the most probable label, does not. Left out for texts.
   */
  readonly lossReduction?: number
}

/** A small boosted model of many columns. */
export interface QuickModel extends Prediction {
  readonly trainRows: number
  readonly scoredRows: number
  readonly columns: number
  readonly folds: number
}

/** How pairs of columns hang together: numbers by rank, categories by counts, one of each by means. */
export interface Associations {
  readonly columns: readonly { readonly name: string; readonly type: 'numeric' | 'categorical' }[]
  readonly pairs: readonly {
    readonly first: string
    readonly second: string
    /** Spearman −1 … 1; the others 0 … 1, corrected for what chance gives to many categories. */
    readonly measure: 'spearman' | 'cramers-v' | 'correlation-ratio'
    readonly value: number
    /** Of two numbers. */
    readonly pearson?: number
  }[]
  readonly rows: number
  /** Standard error of a correlation that is truly 0. */
  readonly error: number
}

/** Rows unlike all others, by an isolation forest. */
export interface Anomalies {
  readonly scoredRows: number
  readonly trees: number
  /** Rows each tree was grown on. */
  readonly sample: number
  /** Scored rows with a score below 0. */
  readonly unusual: number
  readonly columns: readonly string[]
  /** Lowest score first. */
  readonly rows: readonly {
    /** Row of the table, from 0. */
    readonly row: number
    readonly score: number
    readonly values: readonly string[]
  }[]
}

/** Whether rows of the test file can be told from the training rows. */
export interface Drift {
  readonly file: string
  readonly trainRows: number
  readonly testRows: number
  /** AUC of a model that guesses which file a row is from; 0.5 says that it cannot. */
  readonly auc: number
  /** Standard error of `auc`. */
  readonly error: number
  /** Columns that tell the files apart alone, most telling first, at most twenty. */
  readonly columns: readonly {
    readonly name: string
    readonly auc: number
    readonly error: number
    readonly missingTrain: number
    readonly missingTest: number
    /** Share of test rows whose category was never seen in training. */
    readonly unseen?: number
  }[]
}

/** Rows of the table, with a number each. */
export interface RowSample {
  readonly columns: readonly string[]
  readonly rows: readonly {
    /** Row of the table, from 0. */
    readonly row: number
    readonly value: number
    readonly values: readonly string[]
  }[]
}

/** Equal rows, most repeated first. */
export interface RepeatedSample {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly count: number; readonly values: readonly string[] }[]
}

export type Severity = 'high' | 'medium' | 'low'

/** Something a person should know before training, with what to do about it. */
export interface Insight {
  /** Stable: `W_CONSTANT`, `W_IMBALANCE` … */
  readonly id: string
  readonly severity: Severity
  readonly column?: string
  readonly title: string
  /** The fact, with its numbers. */
  readonly fact: string
  readonly why: string
  readonly harmlessWhen: string
  /** The exact flag or edit. */
  readonly action: string
  readonly numbers: Readonly<Record<string, number | string>>
}

export interface TargetProfile {
  readonly name: string
  readonly task: Task
  /** Why this task: the rule that decided. */
  readonly taskReason: string
  readonly missing: number
  readonly invalid: number
  /** The most frequent values that are no numbers, at most ten. */
  readonly invalidValues?: readonly { readonly value: string; readonly count: number }[]
  /** Writings joined into one class by --normalise-labels. */
  readonly joined?: readonly { readonly label: string; readonly writings: readonly string[] }[]
  /** Classification: label, count, share, most frequent first. */
  readonly classes?: readonly { readonly label: string; readonly count: number; readonly fraction: number }[]
  readonly numeric?: NumericSummary
  /** Left out where every figure is exact. */
  readonly errors?: ColumnErrors
}

/** What is written to `profile.json`. */
export interface DatasetProfile {
  readonly formatVersion: 1
  readonly dataset: string
  readonly rows: number
  readonly columnCount: number
  readonly summary?: ProfileSummary
  readonly target?: TargetProfile
  /** The five rows whose target lies furthest outside, when a quantity has outliers. */
  readonly targetOutliers?: RowSample
  readonly columns: readonly ColumnProfile[]
  readonly duplicateRows: number
  readonly duplicateFraction: number
  /** ± rows of `duplicateRows` (95 %), when they were counted in a part of the rows chosen by hash. */
  readonly duplicateError?: number
  /** Ten sets of equal rows. */
  readonly duplicateSample?: RepeatedSample
  /** Rows whose features stand elsewhere with another target, and the best share of right answers they leave. */
  readonly conflicts?: {
    readonly rows: number
    readonly fraction: number
    readonly bestAccuracy?: number
    readonly error?: number
  }
  /**
   * What was not counted in all rows of a table of more than a million is of these; shares are right to ± `shareError` (95 %).
   * `errors` of a column and `duplicateError` say which figures these are.
   */
  readonly sampled?: { readonly rows: number; readonly of: number; readonly shareError: number }
  /** What `prediction` of the columns was measured on. */
  readonly judged?: { readonly rows: number; readonly folds: number; readonly classes: number }
  /** Columns that give the target away and were left out by --drop-leaks. */
  readonly droppedLeaks?: readonly string[]
  /** Parts of the profile that a short budget left out. */
  readonly leftOut?: readonly string[]
  readonly quickModel?: QuickModel
  readonly associations?: Associations
  readonly anomalies?: Anomalies
  readonly drift?: Drift
  readonly insights: readonly Insight[]
  /** Ten rows of the table as text, seeded choice; at most twenty columns, target first, then by prediction power. */
  readonly sample: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  /** Pearson correlation of numeric features, at most ten of them. */
  readonly correlation?: {
    readonly columns: readonly string[]
    readonly values: readonly (readonly number[])[]
  }
  /** Image-shaped columns, row by row and the colours of a pixel together: how large the picture is, why it looks like one. */
  readonly image?: {
    readonly height: number
    readonly width: number
    readonly channels: 1 | 3
    readonly columns: readonly string[]
    readonly reason: string
  }
}
