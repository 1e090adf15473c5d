import { readFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'

const BYTES_PER_WORKER = 1e9

/** Memory that can be had without swapping. */
export function availableBytes(): number {
  try {
    const line = /MemAvailable:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8'))
    return line ? Number(line[1]) * 1024 : freemem()
  } catch {
    return freemem()
  }
}

/** Resident bytes of a process, where the system tells it (Linux); 0 elsewhere. */
export function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return 0
  }
}

/** Workers that fit: one per core unless memory says fewer. */
export const defaultWorkers = (): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(availableBytes() / BYTES_PER_WORKER)))
