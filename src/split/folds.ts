/** How rows were set aside for scoring. Row numbers of the training dataset. */
export interface Folds {
  readonly kind: 'holdout' | 'k-fold'
  readonly reason: string
  /** Later rows are predicted from earlier ones. */
  readonly forward?: boolean
  /** Whole sets of folds, one after the other, so that each row is scored so many times; 1 unless said. */
  readonly repeats?: number
  /** One per fold; a holdout has one. */
  readonly folds: readonly { readonly train: Int32Array; readonly validation: Int32Array }[]
}
