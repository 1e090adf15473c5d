import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { GlasspilotError, InputError, messageOf } from './errors.ts'

/** Every call by which an experiment folder is changed, in one place. Synchronous: what returned has been done. */
export const disk = {
  openSync,
  writeSync,
  fsyncSync,
  fdatasyncSync,
  ftruncateSync,
  closeSync,
  renameSync,
  linkSync,
  unlinkSync,
  mkdirSync,
}

const TEMPORARY = /^\.tmp-[0-9a-f]{12}$/

/** A name beside the final one; what a killed process leaves under it is swept away by the next writer. */
const temporaryName = (folder: string): string => join(folder, `.tmp-${randomBytes(6).toString('hex')}`)

/** Writes a file so that its final name never holds half of it: temporary name, fsync, rename, fsync of the folder. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const file = openFileAtomic(path)
  try {
    file.write(bytes)
  } catch (error) {
    file.discard()
    throw error
  }
  file.commit()
}

/** A file that has its final name only when it is whole. */
export interface AtomicFile {
  write(data: string | Uint8Array): void
  /** Makes it durable under its name. */
  commit(): void
  /** As if it had never been. */
  discard(): void
}

/** Opens a file to be written piece by piece; its folders are made where they lack. */
export function openFileAtomic(path: string): AtomicFile {
  const folder = dirname(resolve(path))
  let total = 0
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw diskError(error, path, total)
    }
  }
  const temporary = temporaryName(folder)
  const file = guarded(() => {
    makeFolder(folder)
    return disk.openSync(temporary, 'wx', 0o600)
  })
  let isOpen = true
  const close = () => {
    if (isOpen) disk.closeSync(file)
    isOpen = false
  }
  const discard = () => {
    try {
      close()
      disk.unlinkSync(temporary)
    } catch {
      // The first error says more; the next writer sweeps.
    }
  }
  return {
    write(data) {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data
      const start = total
      total += bytes.length
      guarded(() => {
        for (let offset = 0; offset < bytes.length;)
          offset += disk.writeSync(file, bytes, offset, bytes.length - offset, start + offset)
      })
    },
    commit() {
      try {
        guarded(() => {
          disk.fsyncSync(file)
          close()
          disk.renameSync(temporary, path)
        })
      } catch (error) {
        discard()
        throw error
      }
      guarded(() => syncFolder(folder))
    },
    discard,
  }
}

/** Makes a folder, and those above it, so that they outlast a power cut; private unless it was there. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const above = dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    disk.mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  syncFolder(above)
}

/** Makes renames and new names in a folder durable. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return // which has no such call
  let handle: number
  try {
    handle = disk.openSync(folder, 'r')
  } catch (error) {
    // A folder above ours that may be entered but not read cannot be synced.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return
    throw error
  }
  try {
    disk.fsyncSync(handle)
  } finally {
    disk.closeSync(handle)
  }
}

/** Removes what a killed writer left under temporary names, in this folder and those below. The caller holds the lock. */
export function sweepTemporary(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const left = names.filter(name => TEMPORARY.test(basename(name)))
  for (const name of left) {
    try {
      disk.unlinkSync(join(folder, name))
    } catch (error) {
      // A worker that outlived its parent for a moment took it away itself.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return left
}

/** What the disk, not the work, is to blame for. */
const DISK_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE', 'EROFS', 'ENODEV', 'ESTALE']
const GONE_CODES = ['ENOENT', 'ENOTDIR']

/** Whether room, health or number of open files of the system ended some work. */
export const isDiskError = (error: unknown): boolean =>
  (error instanceof GlasspilotError && error.code === 'E_IO') ||
  DISK_CODES.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')

/** An error of the system while writing, told with the path and the room that was asked for. */
export function diskError(error: unknown, path: string, bytes: number): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  if (GONE_CODES.includes(code)) {
    return new InputError(
      'E_IO',
      `${path} cannot be written (${messageOf(error)}): expected its folder to stay while it is in use; restore it and go on with "glasspilot resume"`,
      { exit: 'io', cause: error },
    )
  }
  if (!DISK_CODES.includes(code)) return error
  const need = bytes > 0 ? `room for ${bytes} bytes and ` : ''
  return new InputError(
    'E_IO',
    `${path} cannot be written (${messageOf(error)}): expected ${need}a healthy disk; free some space, then go on with "glasspilot resume"`,
    { exit: 'io', cause: error },
  )
}

/** SHA-256 of a file, in lower-case hex. */
export const sha256File = (path: string): Promise<string> => sha256Stream(createReadStream(path))

/** SHA-256 of what a stream brings, in lower-case hex. */
export async function sha256Stream(stream: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** SHA-256 of bytes or text, in lower-case hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
