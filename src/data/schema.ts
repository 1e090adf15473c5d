import type { ColumnKind, Task } from './dataset.ts'

/** What a column is for. */
export type ColumnUse = 'feature' | 'target' | 'weight' | 'group' | 'time' | 'ignored'

/**
 * How the text of one CSV column becomes typed values, found once at training time and applied identically ever after.
 * Plain data: it travels in `experiment.json` and `model.json`.
 */
export interface ColumnSchema {
  readonly name: string
  readonly kind: ColumnKind
  readonly use: ColumnUse
  /** Why this kind and use, and how to change it: one sentence of the decision log. */
  readonly reason: string
  /** Tokens read as missing, besides empty and blank cells. */
  readonly missing: readonly string[]
  /** Text that lists numbers: `1.0, 2.0, …` or `[1, 2, …]`. */
  readonly sequence?: true
  /** Numeric: how its text is written. */
  readonly number?: {
    readonly decimal: '.' | ','
    readonly thousands: '' | ',' | '.' | ' ' | "'"
    readonly percent: boolean
    readonly currency: string
    /** A digit may have a zero before it: `07` among `7` and `12`. */
    readonly padded?: boolean
  }
  /** Datetime: order of the parts, found by evidence. */
  readonly datetime?: {
    readonly order: 'iso' | 'dmy' | 'mdy' | 'ymd' | 'epoch-seconds' | 'epoch-milliseconds'
  }
}

export interface TableSchema {
  readonly columns: readonly ColumnSchema[]
}

/** What a fitted pipeline has to know about its table. */
export interface TaskSchema {
  readonly task: Task
  readonly target: string
  /** As `Target.classes`. */
  readonly classes: readonly string[]
  /** Labels that differ only in case and spaces are one class. */
  readonly labels?: 'normalised'
  readonly answer?: AnswerRules
}

/** How probabilities become answers, where that is not as they come. */
export interface AnswerRules {
  /** Probabilities are softened (above 1) or sharpened: softmax of ln p / temperature. */
  readonly temperature?: number
  /** By class: the label is that of the largest probability × weight, not of the largest probability. */
  readonly labelWeights?: readonly number[]
}
