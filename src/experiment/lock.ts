import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { InputError } from '../util/errors.ts'

interface Owner {
  readonly pid: number
  readonly boot: string
  /** Start time of the process in clock ticks since boot, where the system tells it. */
  readonly started: string
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

const startTime = (pid: number): string => read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? ''
const bootId = (): string => read('/proc/sys/kernel/random/boot_id')

function alive({ pid, boot, started }: Owner): boolean {
  if (boot !== bootId()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return started === '' || startTime(pid) === started
}

/**
 * One writer per folder: a lock file made exclusively, naming its owner by process, boot and start time. A lock whose owner
 * is provably gone is taken over at once; one that is alive is refused with its process id. Returns the release.
 */
export function lockFolder(path: string): () => void {
  const owner: Owner = { pid: process.pid, boot: bootId(), started: startTime(process.pid) }
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, JSON.stringify(owner))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = parseOwner(read(path))
    if (holder && alive(holder)) {
      throw new InputError(
        'E_LOCKED',
        `experiment folder is in use by process ${holder.pid}: expected one writer; wait for it to end or stop it`,
        { exit: 'locked' },
      )
    }
    rmSync(path, { force: true })
  }
  throw new InputError(
    'E_LOCKED',
    `lock file ${path} keeps coming back: expected one writer; see who else uses this folder`,
    { exit: 'locked' },
  )
}

function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner
  } catch {
    return undefined
  }
}
