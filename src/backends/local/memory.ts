import { availableBytes, totalBytes } from './machine.ts'

/** Share of the memory free at the start that all workers together may use. */
const WORKERS_SHARE = 0.85
/** Share of the machine's memory that stays free for everything else. */
export const FREE_SHARE = 0.1
const SMALLEST_LIMIT = 700e6
/** A trial may need this much more than it is expected to. */
const TOLERANCE = 1.5

/** What trials may use of this machine's memory. */
export interface MemoryPlan {
  /** All of them together. */
  readonly allBytes: number
  /** One trial that is expected to need so much, before it is ended. */
  limitOf(expectedBytes: number): number
}

/** `trialBytes`: the limit of every trial, where the user set it. */
export function planMemory(
  slots: number,
  trialBytes?: number,
  machine: { readonly available: number; readonly total: number } = {
    available: availableBytes(),
    total: totalBytes(),
  },
): MemoryPlan {
  const { available, total } = machine
  // With less than the smallest limit left, trials are tried all the same, one by one.
  const allBytes = Math.max(
    SMALLEST_LIMIT,
    Math.min(available * WORKERS_SHARE, available - FREE_SHARE * total),
  )
  const share = Math.max(SMALLEST_LIMIT, allBytes / slots)
  return {
    allBytes,
    limitOf: expected =>
      trialBytes ?? Math.max(share, Math.min(expected * TOLERANCE, Math.max(share, allBytes))),
  }
}

/** Whether a trial may begin beside those that run: a first one always may, if it can fit at all. */
export const fitsBeside = ({ allBytes }: MemoryPlan, running: readonly number[], expected: number): boolean =>
  running.length === 0 || running.reduce((sum, bytes) => sum + bytes, expected) <= allBytes

export const neverFits = ({ allBytes }: MemoryPlan, expected: number): boolean => expected > allBytes

/** The machine has less left than everything else on it needs. */
export const isShort = (): boolean => availableBytes() < FREE_SHARE * totalBytes()
