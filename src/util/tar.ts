import { gunzipSync, gzipSync } from 'node:zlib'
import { InputError } from './errors.ts'

const BLOCK = 512
/** What an archive of a model may grow to. */
const MAX_BYTES = 2 ** 31

/** Plain files by name as a tar.gz: the same files give the same bytes. */
export function packTarGz(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Buffer {
  const parts: Uint8Array[] = []
  for (const { name, bytes } of files) {
    parts.push(header(name, bytes.length), bytes, new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK))
  }
  parts.push(new Uint8Array(2 * BLOCK))
  return gzipSync(Buffer.concat(parts))
}

/** The head of a file in POSIX ustar: fields of text and octal numbers, then their sum. */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  block.write(name, 0, 100, 'utf8')
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write('        0', 148, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return block
}

/**
 * The files of a tar.gz, of those names that are expected. Anything else in it, links, folders up the tree, the same name twice, is
 * refused or passed over unread: an archive says nothing about where it is unpacked.
 */
export function unpackTarGz(archive: Uint8Array, expected: (name: string) => boolean): Map<string, Buffer> {
  let bytes: Buffer
  try {
    bytes = gunzipSync(archive, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    throw broken('it is no gzip data, damaged, or larger than 2 GiB', error)
  }
  const files = new Map<string, Buffer>()
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const text = (from: number, length: number) =>
      bytes.toString('utf8', at + from, at + from + length).replace(/\0[^]*$/, '')
    const size = parseInt(text(124, 12).trim() || '0', 8)
    if (!Number.isSafeInteger(size) || size < 0 || at + BLOCK + size > bytes.length) {
      throw broken('an entry is longer than the archive')
    }
    const name = text(0, 100).replace(/^\.\//, '')
    const type = text(156, 1)
    const isFile = type === '' || type === '0'
    if (isFile && expected(name)) {
      if (files.has(name)) throw broken(`it holds "${name}" twice`)
      files.set(name, bytes.subarray(at + BLOCK, at + BLOCK + size))
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

const broken = (why: string, cause?: unknown) =>
  new InputError(
    'E_BAD_ARCHIVE',
    `the archive cannot be read (${why}): expected a tar.gz with the files of a model; make it anew`,
    {
      cause,
    },
  )
