/** How rows were set aside for scoring. Row numbers of the training dataset. */
export interface Folds {
  readonly kind: 'holdout' | 'k-fold'
  readonly reason: string
  /** Later rows are predicted from earlier ones. */
  readonly forward?: boolean
  /** One per fold; a holdout has one. */
  readonly folds: readonly { readonly train: Int32Array; readonly validation: Int32Array }[]
}
