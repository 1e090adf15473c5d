import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import { openFile } from './file.ts'
import type { Source } from './source.ts'

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The tables of a folder, in order of name, read as one: each has the same header, which counts once. */
export function openFolder(path: string): Source {
  const names = readdirSync(path)
    .filter(name => /\.(csv|tsv)(\.gz)?$/i.test(name) && !isFolder(join(path, name)))
    .sort()
  if (names.length === 0) {
    throw new InputError(
      'E_IS_DIRECTORY',
      `${quoted(path)} is a folder without a CSV file: one or more with the same header were expected; name a file`,
      { exit: 'noInput' },
    )
  }
  const parts = names.map(name => openFile(join(path, name)))
  const sum = (of: (part: Source) => number) => parts.reduce((total, part) => total + of(part), 0)
  return {
    path,
    name: basename(path),
    gzip: parts.some(part => part.gzip),
    fileBytes: sum(part => part.fileBytes),
    textBytes: sum(part => part.textBytes),
    read: () => readParts(parts),
    checkUnchanged: () => parts.forEach(part => part.checkUnchanged()),
  }
}

const NEWLINE = 10
const MAX_HEADER_BYTES = 1 << 22

async function* readParts(parts: readonly Source[]): AsyncGenerator<Buffer> {
  let header: Buffer | undefined
  let last = NEWLINE
  for (const part of parts) {
    if (last !== NEWLINE) yield Buffer.from('\n')
    let head: Buffer = Buffer.alloc(0)
    let headed = false
    for await (const chunk of part.read()) {
      let body = chunk
      if (!headed) {
        head = Buffer.concat([head, chunk])
        const end = head.indexOf(NEWLINE)
        if (end < 0 && head.length < MAX_HEADER_BYTES) continue
        const line = head.subarray(0, end < 0 ? head.length : end + 1)
        headed = true
        if (header === undefined) {
          header = Buffer.from(line)
          body = head
        } else {
          if (!sameLine(line, header)) throw differentHeader(part.path, parts[0]!.path)
          body = head.subarray(line.length)
        }
      }
      if (body.length === 0) continue
      last = body[body.length - 1]!
      yield body
    }
    // A file of a single line without a line end: the header alone.
    if (!headed && head.length > 0) {
      if (header !== undefined && !sameLine(head, header)) throw differentHeader(part.path, parts[0]!.path)
      if (header === undefined) {
        header = head
        last = head[head.length - 1]!
        yield head
      }
    }
  }
}

/** The same header, whatever its mark at the start and its line end. */
function sameLine(a: Buffer, b: Buffer): boolean {
  const plain = (line: Buffer) =>
    line
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .trimEnd()
  return plain(a) === plain(b)
}

const differentHeader = (path: string, first: string) =>
  new InputError(
    'E_DIFFERENT_HEADER',
    `${quoted(path)} does not begin with the header of ${quoted(first)}: files of one folder are read as one table; give them one header, or name a single file`,
  )
