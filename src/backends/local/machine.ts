import { readFileSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'

const BYTES_PER_WORKER = 1e9

/** Memory that can be had without swapping. */
export function availableBytes(): number {
  const line = /MemAvailable:\s+(\d+) kB/.exec(textOf('/proc/meminfo'))
  return line ? Number(line[1]) * 1024 : freemem()
}

export const totalBytes = (): number => totalmem()

/** Resident bytes of a process, where the system tells it (Linux); 0 elsewhere. */
export const residentBytes = (pid: number): number =>
  Number(textOf(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * 4096

/** Processor time a process has used, in clock ticks, where the system tells it (Linux). */
export function processorTicks(pid: number): number | undefined {
  // The name of the program stands in parentheses and may hold spaces; user and system time are the 12th and 13th word after it.
  const words = textOf(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ')
  return words.length > 12 ? Number(words[11]) + Number(words[12]) : undefined
}

/** How many processes the system has ended for want of memory since it started, where it tells (Linux); 0 elsewhere. */
export const systemMemoryKills = (): number =>
  Number(/^oom_kill (\d+)$/m.exec(textOf('/proc/vmstat'))?.[1] ?? 0)

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Workers that fit: one per core unless memory says fewer. */
export const defaultWorkers = (): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(availableBytes() / BYTES_PER_WORKER)))
