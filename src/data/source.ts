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
import { basename, dirname } from 'node:path'
import { createGunzip } from 'node:zlib'
import { InputError } from '../util/errors.ts'
import { byteSize, nearest, quoted } from '../util/text.ts'

/** Where bytes come from. Opening reads nothing but the first bytes; `read` may be called again for another pass. */
export interface Source {
  readonly path: string
  /** File name without `.gz` and `.csv`. */
  readonly name: string
  readonly gzip: boolean
  /** Bytes on disk. */
  readonly fileBytes: number
  /** Bytes of text: exact for plain files, what the gzip trailer says otherwise. */
  readonly textBytes: number
  read(): AsyncIterable<Buffer>
}

const CHUNK_BYTES = 1 << 18
/** A gzip file may unpack to a thousand times its size; this stops it before the disk or memory does. */
const MAX_TEXT_BYTES = 20 * 2 ** 30

/** Opens a plain or gzip-compressed file, told apart by its first bytes, not its name. */
export function openSource(path: string): Source {
  const fileBytes = statFile(path)
  const head = readBytes(path, 0, 2)
  const gzip = head.length === 2 && head[0] === 0x1f && head[1] === 0x8b
  const trailer = gzip ? readBytes(path, Math.max(0, fileBytes - 4), 4) : undefined
  const unpacked = trailer?.length === 4 ? trailer.readUInt32LE(0) : 0
  return {
    path,
    name: basename(path)
      .replace(/\.gz$/i, '')
      .replace(/\.(csv|tsv|txt)$/i, ''),
    gzip,
    fileBytes,
    textBytes: gzip ? Math.max(unpacked, fileBytes) : fileBytes,
    read: () => (gzip ? readGzip(path) : readPlain(path)),
  }
}

function statFile(path: string): number {
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) {
      throw new InputError(
        'E_IS_DIRECTORY',
        `${quoted(path)} is a folder: a CSV file was expected; name one file in it`,
        {
          exit: 'noInput',
        },
      )
    }
    accessSync(path, constants.R_OK)
    return stat.size
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

async function* readPlain(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) yield chunk as Buffer
  } catch (cause) {
    throw readFailure(path, cause)
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
      if (total > MAX_TEXT_BYTES) {
        throw new InputError(
          'E_INPUT_TOO_LARGE',
          `${quoted(path)} unpacks to more than ${byteSize(MAX_TEXT_BYTES)}: that is the limit for one file; split it`,
        )
      }
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
function readFailure(path: string, cause: unknown): unknown {
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
