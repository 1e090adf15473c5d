import type { Candidate } from '../candidates/candidate.ts'
import { partOf } from '../tune/observed.ts'
import type { LossCurve } from '../tune/pruner.ts'
import type { TrialRequest } from './journal.ts'
import type { Mark } from '../util/clock-tape.ts'
import type { Objective, Trial } from './types.ts'

/** One trial to run, complete in itself. */
export interface TrialJob {
  readonly request: TrialRequest
  readonly candidate: Candidate
  readonly objective: Objective
  /** Path of the module that scores, where the objective is a custom one. */
  readonly metricModule?: string
  /** Left out: it runs on all folds. */
  readonly race?: Race
  /** It repeats an earlier trial: whatever the clock or a race decided then is decided alike. */
  readonly repeat?: Repeat
  /** Memory that it is expected to need: it waits until so much is free. */
  readonly expectedBytes?: number
}

/** What a trial is, however it ends. */
export const identityOf = ({
  request,
  candidate,
}: Pick<TrialJob, 'request' | 'candidate'>): Omit<Trial, 'state'> => ({
  id: request.id,
  candidate: candidate.name,
  algorithm: candidate.algorithm,
  params: request.params,
  seed: request.seed,
  ...partOf(request),
  ...(request.stack && { stack: request.stack }),
})

export interface Repeat {
  /** By fold. */
  readonly clock: readonly (readonly Mark[])[]
  /** Folds after which it was stopped as hopeless. */
  readonly folds?: number
}

/** What a trial must keep up with, fold by fold. */
export interface Race {
  /** Losses per fold of the trials of earlier generations. */
  readonly others: readonly LossCurve[]
  /** It must not be worse, beyond doubt, than the best so many of them. */
  readonly rivals: number
}

/** Time for a trial, Infinity without a limit. */
export interface TrialTime {
  /** It should end by itself, with what it has, after this many seconds. */
  readonly softSeconds: number
  /** It is killed after this many. */
  readonly hardSeconds: number
}

export interface SubmitOptions {
  /** Asked when the trial begins; it does not begin with no time left. */
  readonly time: () => TrialTime
  readonly onStart: () => void
}

/** Runs trials somewhere. `submit` never rejects for the trial's sake: whatever happened is the state of the returned trial. */
export interface Executor {
  /** How many trials run at once. */
  readonly slots: number
  /** Its trials can read what earlier trials left in the folder. */
  readonly sharesFolder?: boolean
  /** Gets ready ahead of the first trial, where that takes time. */
  warm?(): void
  submit(job: TrialJob, options: SubmitOptions): Promise<Trial>
  /** Ends running trials: asks first, kills after `graceSeconds`. Their trials resolve as STOPPED. */
  stop(graceSeconds: number): Promise<void>
  close(): Promise<void>
}
