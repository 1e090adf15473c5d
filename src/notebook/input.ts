import type { Candidate } from '../candidates/candidate.ts'
import type { Task } from '../data/dataset.ts'
import type { Anytime, ExperimentSpec, Verdict } from '../experiment/types.ts'
import type { DatasetProfile } from '../profile/profile.ts'

export type NotebookLanguage = 'typescript' | 'python'

/** A finished or failed trial as the leaderboard shows it; best first in every list. */
export interface NotebookLeaderboardRow {
  readonly rank: number
  readonly trial: number
  readonly candidate: string
  readonly algorithm: string
  readonly score: number
  readonly std: number
  readonly metrics: Readonly<Partial<Record<string, number>>>
  readonly fitSeconds: number
  readonly predictMicrosecondsPerRow: number
  readonly bytes: number
  readonly state: string
  readonly reason?: string
}

export interface Summary {
  readonly name: string
  readonly summary: string
}

/** Everything the notebooks tell. They compute nothing from data: what is not here is not in them. */
export interface NotebookInput {
  readonly spec: ExperimentSpec
  readonly profile: DatasetProfile
  readonly candidates: readonly Candidate[]
  readonly task: Task
  readonly objective: {
    readonly name: string
    readonly direction: 'maximize' | 'minimize'
    /** What the metric says, in a sentence. */
    readonly summary?: string
  }
  readonly folds: {
    readonly kind: string
    readonly reason: string
    readonly count: number
  }
  readonly algorithms: readonly Summary[]
  readonly transforms: readonly Summary[]
  /** Best first; absent while nothing is trained. */
  readonly leaderboard?: readonly NotebookLeaderboardRow[]
  /** How good the model would have been after each generation of trials. */
  readonly anytime?: readonly Anytime[]
  readonly best?: { readonly candidate: string; readonly algorithm: string; readonly score: number }
  /** Whether the best is better than a constant answer. */
  readonly verdict?: Verdict
  /** Rows to draw as pictures, when the profile says the columns are pixels. */
  readonly images?: readonly { readonly label: string; readonly pixels: ArrayLike<number> }[]
}
