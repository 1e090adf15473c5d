import type { Executor } from '../experiment/executor.ts'
import type { Store } from '../experiment/store.ts'

/** Where the trials of an experiment run. */
export interface Backend {
  readonly name: string
  readonly summary: string
  openExecutor(store: Store): Promise<Executor>
}
