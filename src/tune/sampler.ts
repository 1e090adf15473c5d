import type { Params, Space } from '../params/space.ts'
import type { Rng } from '../util/rng.ts'

/** A trial of one candidate as its sampler sees it. */
export interface FinishedTrial {
  readonly params: Params
  /** Higher is better, whatever the metric; absent unless the trial is COMPLETE, or PRUNED with an estimate. */
  readonly score?: number
  /** COMPLETE, PRUNED, a failure of some kind, or WAITING for one proposed in the generation now being filled. */
  readonly state: string
}

/** Proposes the next parameters of one candidate. Holds no state: same space, history and rng, same answer. */
export interface Sampler {
  readonly name: string
  /** One sentence, for help and notebooks. */
  readonly summary: string
  /** `history` in the order the trials were proposed; never changed. */
  ask(space: Space, history: readonly FinishedTrial[], rng: Rng): Params
}

/** State of a trial proposed in the generation now being filled. */
export const WAITING = 'WAITING'

/** State of a trial that was stopped because it was losing. */
export const PRUNED = 'PRUNED'

/** A trial with a score, if only an estimated one. */
export interface ScoredTrial extends FinishedTrial {
  readonly score: number
}

export const isScored = (trial: FinishedTrial): trial is ScoredTrial =>
  (trial.state === 'COMPLETE' || trial.state === PRUNED) &&
  trial.score !== undefined &&
  Number.isFinite(trial.score)

/** The same for the same values, whatever the order they were set in. */
export const paramsKey = (params: Params): string =>
  JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)))
