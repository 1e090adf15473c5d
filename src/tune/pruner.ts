/** Validation loss after each step (round or epoch), or of each fold; lower is better. */
export type LossCurve = readonly number[]

/** Decides whether a running trial is worth going on with. Holds no state. */
export interface Pruner {
  readonly name: string
  /** One sentence, for help and notebooks. */
  readonly summary: string
  /**
   * `curve`: the running trial so far; `others`: trials of earlier generations, so that the answer does not depend
   * on which worker is ahead.
   */
  shouldPrune(curve: LossCurve, others: readonly LossCurve[]): boolean
}
