import type { Task } from '../data/dataset.ts'
import type { Features } from '../data/features.ts'
import type { ModelData } from '../models/model.ts'
import type { Params, Settings, Space } from '../params/space.ts'
import type { ClockTape } from '../util/clock-tape.ts'

/** Rows to learn from: features, target (class index or value), optional weights ≥ 0. */
export interface Examples {
  readonly features: Features
  readonly target: Float64Array
  readonly weights?: Float64Array
}

/** What one fit is given. Never changed by it. */
export interface TrainingData extends Examples {
  readonly task: Task
  /** Number of classes; 0 for regression. */
  readonly classes: number
  /** Rows for early stopping; never learnt from. */
  readonly validation?: Examples
  /** A model of the same learner on the same features to go on from, for learners that can. */
  readonly continueFrom?: ModelData
}

export interface FitContext {
  readonly seed: number
  /** Aborted when the trial must stop; a fit checks it between rounds or epochs. */
  readonly signal: AbortSignal
  /** `performance.now()` at which the fit should end with what it has; Infinity without a limit. */
  readonly deadline: number
  /** Whatever depends on the deadline is asked through it, so that it can be repeated; the clock alone decides without one. */
  readonly tape?: ClockTape
  /** Share of its rounds, epochs or trees after which a learner that takes steps ends; all unless said. */
  readonly stepShare?: number
  /** Threads it may use; 1 in trials. */
  readonly threads: number
  /** Threads that stand idle beside those, for learners whose results do not depend on how many there are. */
  readonly spareThreads?: number
  /**
   * Told answers for the validation rows (row-major rows × outputs) by a learner that stops when it does well on them: each by the
   * model as it would be had that row had no say. The model's own answers are too good there by what was luck.
   */
  readonly judge?: (outputs: Float64Array) => void
  /** Told after each round or epoch: number of it and the loss on the validation rows (lower is better). */
  readonly report?: (step: number, loss: number) => void
}

/** The size of a table as a learner sees it. */
export interface DatasetShape {
  readonly task: Task
  readonly rows: number
  readonly features: number
  readonly classes: number
}

/** What a learner needs its features to be; the planner adds the transforms that make them so. */
export type Requirement = 'no-missing' | 'standardized' | 'category-codes'

/** The part an algorithm can play in a plan of candidates. */
export type AlgorithmRole =
  'boosting' | 'forest' | 'linear' | 'neural' | 'factors' | 'image' | 'neighbors' | 'small-data' | 'reference'

export interface Algorithm {
  /** Kebab-case; stands in files and on the leaderboard. Never changes meaning. */
  readonly name: string
  /** The word of SageMaker's AutoMLAlgorithms for the same role, where there is one. */
  readonly autopilotName?: string
  /** One sentence for people: what it is, when it is good. */
  readonly summary: string
  readonly tasks: readonly Task[]
  readonly requires: readonly Requirement[]
  /** Its part in the plan of candidates. Left out: told from `requires`. */
  readonly role?: AlgorithmRole
  /** Tunable ranges, with defaults that are good alone. */
  readonly space: Space
  /** What may stand among the fixed parameters of a candidate besides `space`: losses, constraints, weights of classes. Never searched. */
  readonly settings?: Settings
  /** Those settings that serve a metric better than the usual ones, if any. */
  readonly settingsFor?: (objective: string) => Params
  /** The ranges for a table of this shape, where they should be narrower (or wider) than `space`. */
  readonly spaceFor?: (shape: DatasetShape) => Space
  /** Expected seconds of one fit on one core of an ordinary machine, for planning only. */
  readonly expectedSeconds: (shape: DatasetShape, params: Params) => number
  /** Settings that learn something useful of a table of this shape in a moment: what a run with little time begins with. */
  readonly quick?: (shape: DatasetShape) => Params
  /** It learns in steps (rounds, epochs, trees) and heeds `FitContext.stepShare`. */
  readonly takesSteps?: boolean
  /** Its pace is planned for the whole fit: one that is cut short is worth little. */
  readonly indivisible?: boolean
  /**
   * Why it cannot or should not run on a table of this shape, or undefined when it can. `params` are those fixed by the plan,
   * for a learner that runs only when it is told more about the table.
   */
  readonly unfit?: (shape: DatasetShape, params?: Params) => string | undefined
  /** Learns. Same data, params and seed: same model, byte for byte. */
  fit(data: TrainingData, params: Params, context: FitContext): Promise<ModelData>
}
