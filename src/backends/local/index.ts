import type { Store } from '../../experiment/store.ts'
import type { Backend } from '../backend.ts'
import { LocalPool } from './pool.ts'

/** Trials in child processes on this machine. */
export const local: Backend = {
  name: 'local',
  summary: 'on this machine, in child processes, offline',
  openExecutor: async ({ paths, spec }: Store, { onNote } = {}) =>
    new LocalPool(paths.folder, spec.workers, {
      ...(spec.trialMemory !== undefined && { trialBytes: spec.trialMemory }),
      ...(onNote && { onNote }),
    }),
}
