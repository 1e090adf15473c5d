import type { Params, Space } from '../params/space.ts'

/** A transform with its settings. */
export interface Step {
  readonly transform: string
  readonly params: Params
}

/** Columns treated alike: every encoder sees every column, the results are joined, then `then` runs over them in order. */
export interface ColumnGroup {
  readonly name: string
  /** Why these columns are here, in words. */
  readonly reason: string
  readonly columns: readonly string[]
  readonly encode: readonly Step[]
  readonly then: readonly Step[]
}

/** What is tried before the search looks for anything. */
export interface Start {
  /** Over all candidates: 0 beside the defaults of every candidate, cheapest first; from 1 on after them. */
  readonly order: number
  readonly params: Params
}

/** A pipeline to try: the white-box plan, before anything is fitted. */
export interface Candidate {
  /** `dpp0-gbt-depthwise`: position in the plan and algorithm. */
  readonly name: string
  /** Autopilot's role of it: plain, pca, robust-linear, variant, plain-linear, mlp … */
  readonly role: string
  readonly reason: string
  readonly groups: readonly ColumnGroup[]
  /** Over all groups joined. */
  readonly merged: readonly Step[]
  readonly algorithm: string
  /** Fixed hyperparameters. */
  readonly static: Params
  /** Ranges to search; only these vary between trials. */
  readonly space: Space
  /** Settings that did well on other tables; the search comes after them. */
  readonly starts?: readonly Start[]
}
