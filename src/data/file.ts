import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import process from 'node:process'
import { createGunzip } from 'node:zlib'
import { InputError } from '../util/errors.ts'
import { byteSize, nearest, quoted } from '../util/text.ts'
import { isParquet, openParquet } from './parquet.ts'
import { csvOf, joinParquet } from './parquet-table.ts'
import type { Source } from './source.ts'

const CHUNK_BYTES = 1 << 18
/** A gzip file may unpack to a thousand times its size; this stops it before the disk or memory does. */
const MAX_TEXT_BYTES = 20 * 2 ** 30

/** Bytes of text that one file may hold; `GLASSPILOT_MAX_INPUT_BYTES` sets another limit. */
export const maxTextBytes = (): number => Number(process.env['GLASSPILOT_MAX_INPUT_BYTES']) || MAX_TEXT_BYTES

/** Opens a plain or gzip-compressed file, told apart by its first bytes, not its name. */
export function openFile(path: string): Source {
  const { size: fileBytes, mtimeMs } = statFile(path)
  if (fileBytes > maxTextBytes()) throw tooLarge(path, 'holds')
  const head = readBytes(path, 0, 4)
  const gzip = head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b
  const table = isParquet(head) ? joinParquet([openParquet(path, fileBytes)]) : undefined
  const trailer = gzip ? readBytes(path, Math.max(0, fileBytes - 4), 4) : undefined
  const unpacked = trailer?.length === 4 ? trailer.readUInt32LE(0) : 0
  return {
    path,
    name: stem(path),
    gzip,
    fileBytes,
    textBytes: gzip ? Math.max(unpacked, fileBytes) : fileBytes,
    ...(table && { table }),
    read: () => (table ? csvOf(table) : gzip ? readGzip(path) : readPlain(path)),
    checkUnchanged() {
      const now = statFile(path)
      if (now.size === fileBytes && now.mtimeMs === mtimeMs) return
      throw new InputError(
        'E_DATA_CHANGED',
        `${quoted(path)} changed while it was read: it had ${fileBytes} bytes, now ${now.size}; wait until it is written, then start again`,
      )
    },
  }
}

export const stem = (path: string): string =>
  basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.(?:csv|tsv|txt|parquet|pq)$/i, '')

export const tooLarge = (path: string, verb: string) =>
  new InputError(
    'E_INPUT_TOO_LARGE',
    `${quoted(path)} ${verb} more than ${byteSize(maxTextBytes())}: that is the limit for one file; split it, or set GLASSPILOT_MAX_INPUT_BYTES`,
  )

function statFile(path: string): { size: number; mtimeMs: number } {
  try {
    const stat = statSync(path)
    accessSync(path, constants.R_OK)
    return stat
  } catch (cause) {
    throw readFailure(path, cause)
  }
}

function readBytes(path: string, start: number, length: number): Buffer {
  try {
    const handle = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(handle, bytes, 0, length, start))
    } finally {
      closeSync(handle)
    }
  } catch (cause) {
    throw readFailure(path, cause)
  }
}

/** Buffers that take turns: one is filled while one is worked on and the one before is still good. */
const TURNS = 3

async function* readPlain(path: string): AsyncGenerator<Buffer> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { size } = await file.stat()
    const buffers = Array.from({ length: TURNS }, () =>
      Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(1 << 12, size + 1))),
    )
    const fill = (turn: number) => {
      const buffer = buffers[turn % TURNS]!
      return file!.read(buffer, 0, buffer.length, null)
    }
    let next = fill(0)
    for (let turn = 0; ; turn++) {
      const { bytesRead, buffer } = await next
      if (bytesRead === 0) return
      next = fill(turn + 1)
      // Whoever stops listening leaves a reading behind.
      next.catch(() => undefined)
      yield buffer.subarray(0, bytesRead)
    }
  } catch (cause) {
    throw readFailure(path, cause)
  } finally {
    await file?.close()
  }
}

async function* readGzip(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  file.on('error', error => gunzip.destroy(error))
  file.pipe(gunzip)
  let total = 0
  try {
    for await (const chunk of gunzip) {
      total += (chunk as Buffer).length
      if (total > maxTextBytes()) throw tooLarge(path, 'unpacks to')
      yield chunk as Buffer
    }
  } catch (cause) {
    throw readFailure(path, cause)
  } finally {
    file.destroy()
    gunzip.destroy()
  }
}

/** What the system said, as one sentence for the person who gave the path. */
export function readFailure(path: string, cause: unknown): unknown {
  if (cause instanceof InputError) return cause
  const code = (cause as NodeJS.ErrnoException).code
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const near = nearestFile(path)
      return new InputError(
        'E_NO_SUCH_FILE',
        `no file ${quoted(path)}: a CSV file was expected; ${near === undefined ? 'check the path' : `did you mean ${quoted(near)}?`}`,
        { exit: 'noInput', cause },
      )
    }
    case 'ENAMETOOLONG':
      return new InputError(
        'E_NO_SUCH_FILE',
        `no file ${quoted(path)}: its name is too long for this system`,
        {
          exit: 'noInput',
          cause,
        },
      )
    case 'EISDIR':
      return new InputError('E_IS_DIRECTORY', `${quoted(path)} is a folder; a file was expected`, {
        exit: 'noInput',
        cause,
      })
    case 'EACCES':
    case 'EPERM':
      return new InputError(
        'E_PERMISSION',
        `${quoted(path)} may not be read by this user; change its permissions`,
        {
          exit: 'permission',
          cause,
        },
      )
    case 'Z_BUF_ERROR':
      return new InputError(
        'E_TRUNCATED_GZIP',
        `${quoted(path)} ends in the middle of its gzip data: it was cut short; copy or download it again`,
        { cause },
      )
    case 'Z_DATA_ERROR':
      return new InputError(
        'E_BAD_GZIP',
        `${quoted(path)} holds damaged gzip data; copy or download it again`,
        { cause },
      )
    default:
      return cause
  }
}

function nearestFile(path: string): string | undefined {
  try {
    const folder = dirname(path)
    const near = nearest(basename(path), readdirSync(folder).slice(0, 1000))
    return near === undefined
      ? undefined
      : folder === '.' && !path.startsWith('./')
        ? near
        : `${folder}/${near}`
  } catch {
    return undefined
  }
}
