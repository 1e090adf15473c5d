import type { ColumnKind, Task } from '../data/dataset.ts'
import type { ColumnUse } from '../data/schema.ts'

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

export interface ColumnProfile {
  readonly name: string
  readonly kind: ColumnKind
  readonly use: ColumnUse
  /** Why it is read and used so, and how to change it. */
  readonly reason: string
  /** Most likely first. */
  readonly types: readonly FeatureType[]
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
  /** Classification: label, count, share, most frequent first. */
  readonly classes?: readonly { readonly label: string; readonly count: number; readonly fraction: number }[]
  readonly numeric?: NumericSummary
}

/** What is written to `profile.json`. */
export interface DatasetProfile {
  readonly formatVersion: 1
  readonly dataset: string
  readonly rows: number
  readonly columnCount: number
  readonly target?: TargetProfile
  readonly columns: readonly ColumnProfile[]
  readonly duplicateRows: number
  readonly duplicateFraction: number
  readonly insights: readonly Insight[]
  /** Ten rows of the table as text, seeded choice, at most twenty columns. */
  readonly sample: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  /** Pearson correlation of numeric features, at most ten of them. */
  readonly correlation?: {
    readonly columns: readonly string[]
    readonly values: readonly (readonly number[])[]
  }
  /** Image-shaped columns: how many rows of pixels and columns of pixels, first column, why it looks like a picture. */
  readonly image?: {
    readonly height: number
    readonly width: number
    readonly channels: 1 | 3
    readonly columns: readonly string[]
    readonly reason: string
  }
}
