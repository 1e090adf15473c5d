import type { ChildProcess } from 'node:child_process'
import type { SubmitOptions, TrialJob } from '../../experiment/executor.ts'
import type { Trial, TrialState } from '../../experiment/types.ts'
import { processorTicks, residentBytes } from './machine.ts'
import { encodeMessage, OUT_OF_MEMORY, type ToWorker } from './messages.ts'

/** Why a worker was ended, or could not answer. */
export interface Verdict {
  readonly state: TrialState
  /** The same whenever the same happens: no seconds, no bytes. */
  readonly reason: string
  /** The trial is put back to run later, alone if need be. */
  readonly again?: boolean
}

export interface Task {
  readonly job: TrialJob
  readonly options: SubmitOptions
  readonly resolve: (trial: Trial) => void
  readonly expectedBytes: number
  attempts: number
}

/** A place for one worker and the trial it runs. */
export interface Slot {
  child: ChildProcess | undefined
  /** What the system holds the worker to. */
  limitBytes: number
  task: Task | undefined
  startedMs: number
  /** Seconds after which the running trial is killed. */
  hardSeconds: number
  /** Why the pool killed it, when it did. */
  verdict: Verdict | undefined
  stderr: string
  /** As last seen, and the most of it during this trial. */
  bytes: number
  peakBytes: number
  /** Processor time as last seen, and when it last moved. */
  ticks: number
  movedMs: number
}

export const emptySlot = (): Slot => ({
  child: undefined,
  limitBytes: 0,
  task: undefined,
  startedMs: 0,
  hardSeconds: Infinity,
  verdict: undefined,
  stderr: '',
  bytes: 0,
  peakBytes: 0,
  ticks: 0,
  movedMs: 0,
})

export const send = ({ child }: Slot, message: ToWorker): void => {
  if (child?.stdin?.writable) child.stdin.write(encodeMessage(message))
}

export const kill = (slot: Slot, verdict: Verdict): void => {
  slot.verdict ??= verdict
  slot.child?.kill('SIGKILL')
}

/** A worker that has not used the processor for so long hangs. */
const STALLED_SECONDS = 60

/** Looks at a running trial: why it must end now, if it must. */
export function judge(slot: Slot, now: number): Verdict | undefined {
  const pid = slot.child?.pid
  if (!slot.task || pid === undefined || slot.verdict) return undefined
  slot.bytes = residentBytes(pid)
  slot.peakBytes = Math.max(slot.peakBytes, slot.bytes)
  if (slot.bytes > slot.limitBytes) return { state: 'MEMOUT', reason: OUT_OF_MEMORY }
  if ((now - slot.startedMs) / 1000 > slot.hardSeconds)
    return { state: 'TIMEOUT', reason: 'did not finish in its time' }
  return undefined
}

/** Looks whether a running trial still moves; seldom enough to cost nothing. */
export function stalls(slot: Slot, now: number): boolean {
  const ticks = slot.child?.pid === undefined ? undefined : processorTicks(slot.child.pid)
  if (!slot.task || ticks === undefined) return false
  if (ticks !== slot.ticks) {
    slot.ticks = ticks
    slot.movedMs = now
  }
  return (now - slot.movedMs) / 1000 > STALLED_SECONDS
}

/** Close to its limit when it was last seen: what ended it then was want of memory. */
const NEARLY = 0.85

/** The worker ended for want of memory: it, the system or what it was seen to hold says so. */
export const endedForMemory = (
  { stderr, bytes, limitBytes }: Slot,
  signal: string | null,
  systemKills: number,
): boolean =>
  /out of memory|allocation fail|bad_alloc|cannot allocate/i.test(stderr) ||
  (signal === 'SIGKILL' && systemKills > 0) ||
  bytes > NEARLY * limitBytes

/** The first line that names an error, without where it came from. */
export const errorIn = (stderr: string): string | undefined => {
  const line = /^(?:Uncaught )?(\w*Error: [^\n]{1,200})$/m.exec(stderr)?.[1]
  return line?.replace(/(?:\/|[A-Z]:\\)\S+/g, '…')
}
