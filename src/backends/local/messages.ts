import type { TrialJob } from '../../experiment/executor.ts'
import type { Trial } from '../../experiment/types.ts'

export type ToWorker =
  { readonly type: 'run'; readonly job: TrialJob; readonly seconds: number } | { readonly type: 'stop' }

export type FromWorker = { readonly type: 'ready' } | { readonly type: 'done'; readonly trial: Trial }
