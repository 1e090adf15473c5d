import type { Candidate } from '../candidates/candidate.ts'
import type { Executor, Race, Repeat, TrialTime } from './executor.ts'
import type { TrialRequest } from './journal.ts'
import { GlasspilotError, InputError } from '../util/errors.ts'
import { bestTrial } from './leaderboard.ts'
import type { Prepared } from './prepare.ts'
import { expectedBytes } from './schedule.ts'
import { definitionHash, finishedTrials, type Store } from './store.ts'
import type { ExperimentEvent, Trial } from './types.ts'

export interface TuneServices {
  readonly emit: (event: ExperimentEvent) => void
  readonly signal: AbortSignal
}

/** Seconds that running trials get when the experiment is stopped, by what stopped it. */
const GRACE: Readonly<Record<string, number>> = { SIGTERM: 20, SIGHUP: 20 }
const USUAL_GRACE = 10

export const graceSeconds = (reason: unknown): number => GRACE[String(reason)] ?? USUAL_GRACE

/** Ends the experiment where it stands once it is to stop; before training there is nothing to finish. */
export function requireGoing({ aborted, reason }: AbortSignal): void {
  if (!aborted) return
  throw new GlasspilotError(
    'E_STOPPED',
    `the experiment was stopped (${String(reason)}) before training began: nothing is lost; go on with "glasspilot resume"`,
    { exit: 'interrupted' },
  )
}

/** Stops the trials when the experiment is stopped. Returns the release. */
export function stopsOnSignal(signal: AbortSignal, executor: Executor): () => void {
  const stop = () => void executor.stop(graceSeconds(signal.reason))
  signal.addEventListener('abort', stop)
  return () => signal.removeEventListener('abort', stop)
}

/** Runs single trials and keeps what comes of them. */
export interface Runner {
  /** The candidates as they are now: trials of other definitions do not count. */
  readonly definitions: ReadonlyMap<string, string>
  trialsNow(): Trial[]
  run(request: TrialRequest, options: RunTrialOptions): Promise<void>
  /** Puts down a trial as it ended. */
  keep(trial: Trial, definition: string): void
  /** The experiment ends: what happens to trials from then on says nothing of them. */
  end(): void
}

export interface RunTrialOptions {
  readonly time: () => TrialTime
  readonly race?: Race
  readonly repeat?: Repeat
}

export function createRunner(
  { spec, journal }: Store,
  prepared: Prepared,
  services: TuneServices,
  executor: Executor,
): Runner {
  const { candidates, objective } = prepared
  const byName = new Map<string, Candidate>(candidates.map(candidate => [candidate.name, candidate]))
  const definitions = new Map(candidates.map(candidate => [candidate.name, definitionHash(candidate)]))
  const bytesOf = expectedBytes(prepared)
  const trialsNow = () => finishedTrials(journal.records, definitions)
  const keep = (trial: Trial, definition: string) => {
    journal.append({ type: 'trial', definition, trial })
    const done = trialsNow()
    const best = bestTrial(done, objective)
    services.emit({ type: 'trial', trial, done: done.length, total: spec.maxCandidates, best })
  }
  let isOver = false
  return {
    end: () => {
      isOver = true
    },
    definitions,
    trialsNow,
    keep,
    async run(request, { time, race, repeat }) {
      const candidate = byName.get(request.candidate)!
      const job = {
        request,
        candidate,
        objective,
        expectedBytes: bytesOf(candidate),
        ...(spec.metricModule !== undefined && { metricModule: spec.metricModule }),
        ...(race && { race }),
        ...(repeat && { repeat }),
      }
      const trial = await executor.submit(job, {
        time: () => (services.signal.aborted ? { softSeconds: 0, hardSeconds: 0 } : time()),
        onStart: () => services.emit({ type: 'started', trial: request.id, candidate: request.candidate }),
      })
      if (trial.endedBy === 'disk') throw new InputError('E_IO', trial.reason!, { exit: 'io' })
      if (!isOver && trial.state !== 'STOPPED') keep(trial, request.definition)
    },
  }
}
