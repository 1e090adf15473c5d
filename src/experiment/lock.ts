import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import process from 'node:process'
import { InputError } from '../util/errors.ts'
import { disk, diskError } from '../util/files.ts'
import { FORMAT_VERSION } from './format.ts'

interface Owner {
  readonly formatVersion?: number
  readonly pid: number
  readonly boot: string
  /** Start time of the process in clock ticks since boot, where the system tells it. */
  readonly started: string
  readonly host?: string
  /** Which process ids it counts by: containers have their own. */
  readonly processes?: string
  /** Inode of the folder: the lock of a copied folder is none. */
  readonly folder?: string
  /** Two locks never have the same text. */
  readonly nonce?: string
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** The text of a lock; undefined where there is none. */
function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const startTime = (pid: number): string => read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? ''
const bootId = (): string => read('/proc/sys/kernel/random/boot_id')
const inode = (folder: string): string => String(statSync(folder, { bigint: true }).ino)

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

const ownLock = (path: string): Owner => ({
  formatVersion: FORMAT_VERSION,
  pid: process.pid,
  boot: bootId(),
  started: startTime(process.pid),
  host: hostname(),
  processes: processNamespace(),
  folder: inode(dirname(path)),
  nonce: randomBytes(8).toString('hex'),
})

/** Whether the writer of a lock is provably gone. Age proves nothing. */
function isGone(path: string, { pid, boot, started, host, processes, folder }: Owner): boolean {
  if (folder !== undefined && folder !== inode(dirname(path))) return true
  // Another boot of this machine, or another machine that may well be running.
  if (boot !== bootId()) return host === undefined || host === hostname()
  if (processes !== undefined && processes !== processNamespace()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return true
  }
  return started !== '' && startTime(pid) !== started
}

/** A lock that cannot be read is nobody's: locks come into being whole. */
function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner
    return typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

const isHeld = (path: string, text: string): boolean => {
  const owner = parseOwner(text)
  return owner !== undefined && !isGone(path, owner)
}

/** Whether a living process writes to the folder. */
export function isLocked(path: string): boolean {
  const text = readLock(path)
  return text !== undefined && isHeld(path, text)
}

/** Refuses a folder that another process writes to. */
export function requireUnlocked(path: string): void {
  const text = readLock(path)
  if (text !== undefined && isHeld(path, text)) throw lockedBy(path, text)
}

function lockedBy(path: string, text: string): InputError {
  const { pid, host, processes } = parseOwner(text)!
  const elsewhere =
    (host !== undefined && host !== hostname()) ||
    (processes !== undefined && processes !== processNamespace())
  return new InputError(
    'E_LOCKED',
    elsewhere
      ? `experiment folder is in use by process ${pid} on ${host ?? 'another machine'}, which cannot be seen from here: expected one writer; stop it, or remove ${path} when it is gone`
      : `experiment folder is in use by process ${pid}: expected one writer; wait for it to end or stop it`,
    { exit: 'locked' },
  )
}

/** The name by which exactly one process can follow a lock of a dead one. */
const successorOf = (path: string, text: string): string =>
  `${path}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`

/** Some file systems have no second names. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Writes a file that has no name yet that others look for. */
function writeAside(path: string, text: string): string {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  writeNew(aside, text)
  return aside
}

function writeNew(path: string, text: string): void {
  const file = disk.openSync(path, 'wx', 0o600)
  try {
    disk.writeSync(file, text, 0)
  } finally {
    disk.closeSync(file)
  }
}

/** Gives a whole file a name that must be free: no other process ever sees it empty. Whether the name was free. */
function claim(path: string, text: string): boolean {
  const aside = writeAside(path, text)
  try {
    disk.linkSync(aside, path)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!NO_LINKS.includes(code)) throw error
    return claimWithoutLinks(path, text)
  } finally {
    disk.unlinkSync(aside)
  }
}

function claimWithoutLinks(path: string, text: string): boolean {
  try {
    writeNew(path, text)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Takes the place of an owner that is gone. Of many that try, one can make the file that follows the dead lock; it then
 * renames its own lock over the dead one. Should it die in between, the next follows *its* lock in the same way. A claim made
 * on a lock that has been replaced since is void. Whether it worked; otherwise all is to be looked at anew.
 */
function takeOver(path: string, dead: string, text: string): boolean {
  const claims: string[] = []
  let last = dead
  for (;;) {
    const next = successorOf(path, last)
    claims.push(next)
    if (claim(next, text)) break
    const other = readLock(next)
    if (other === undefined) return false
    if (isHeld(path, other)) throw lockedBy(path, other)
    last = other
  }
  const own = claims.at(-1)!
  if (readLock(path) !== dead) {
    disk.unlinkSync(own)
    return false
  }
  disk.renameSync(writeAside(path, text), path)
  for (const name of claims) disk.unlinkSync(name)
  return true
}

/**
 * One writer per folder: a lock file made exclusively, naming its owner by process, boot and start time. A lock whose owner
 * is provably gone is taken over at once; one that is alive is refused with its process id. Returns the release.
 */
export function lockFolder(path: string): () => void {
  const text = JSON.stringify(ownLock(path))
  const release = () => {
    if (readLock(path) === text) disk.unlinkSync(path)
  }
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      const holder = readLock(path)
      if (holder === undefined) {
        if (claim(path, text)) return release
      } else if (isHeld(path, holder)) throw lockedBy(path, holder)
      else if (takeOver(path, holder, text)) return release
    }
  } catch (error) {
    throw diskError(error, path, text.length)
  }
  throw new InputError(
    'E_LOCKED',
    `lock file ${path} keeps coming back: expected one writer; see who else uses this folder`,
    { exit: 'locked' },
  )
}
