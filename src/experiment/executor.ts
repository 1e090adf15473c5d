import type { Candidate } from '../candidates/candidate.ts'
import type { TrialRequest } from './journal.ts'
import type { Objective, Trial } from './types.ts'

/** One trial to run, complete in itself. */
export interface TrialJob {
  readonly request: TrialRequest
  readonly candidate: Candidate
  readonly objective: Objective
  /** Seconds it may take; Infinity without a limit. */
  readonly seconds: number
}

/** Runs trials somewhere. `submit` never rejects for the trial's sake: whatever happened is the state of the returned trial. */
export interface Executor {
  /** How many trials run at once. */
  readonly slots: number
  submit(job: TrialJob, onStart: () => void): Promise<Trial>
  /** Ends running trials: asks first, kills after `graceSeconds`. Their trials resolve as STOPPED. */
  stop(graceSeconds: number): Promise<void>
  close(): Promise<void>
}
