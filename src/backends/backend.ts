import type { Executor } from '../experiment/executor.ts'
import type { Prepared } from '../experiment/prepare.ts'
import type { Store } from '../experiment/store.ts'
import type { ExperimentEvent, Trial } from '../experiment/types.ts'

/** Where the trials of an experiment run. */
export interface Backend {
  readonly name: string
  readonly summary: string
  /** Trials at once where nobody says how many; as many as this machine can run unless given. */
  readonly usualWorkers?: number
  openExecutor(store: Store, services?: ExecutorServices): Promise<Executor>
  /** Given by a backend that takes the experiment as a whole, plan and search included; there is no executor then. */
  runElsewhere?(store: Store, prepared: Prepared, services: ElsewhereServices): Promise<ElsewhereResult>
}

export interface ExecutorServices {
  /** Told what a person should know of how trials run. */
  readonly onNote?: (message: string) => void
}

export interface ElsewhereServices {
  readonly emit: (event: ExperimentEvent) => void
  readonly signal: AbortSignal
}

export interface ElsewhereResult {
  /** Best first. */
  readonly trials: readonly Trial[]
  readonly stopped: boolean
  /** What became the model there. */
  readonly best?: Trial
  /** The model as a tar.gz, where it is one. */
  readonly archive?: Buffer
  readonly notebooks: readonly string[]
}
