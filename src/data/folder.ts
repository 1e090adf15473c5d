import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import { checkHeader, delimiterOf, firstLine, headerEnd, namesIn } from './header.ts'
import type { Header } from './header.ts'
import { csvOf, joinParquet } from './parquet-table.ts'
import type { Source } from './source.ts'

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const TABLE = /\.(?:csv|tsv|parquet|pq)(?:\.gz)?$/i
/** What a job beside the data wrote, such as `_SUCCESS` and `._part-0.csv`. */
const HIDDEN = /^[._]/

/** The tables of a folder, in order of name. */
export function tablesOf(folder: string): readonly string[] {
  const names = readdirSync(folder)
    .filter(name => TABLE.test(name) && !HIDDEN.test(name) && !isFolder(join(folder, name)))
    .sort()
  if (names.length === 0) {
    throw new InputError(
      'E_IS_DIRECTORY',
      `${quoted(folder)} is a folder without a CSV or Parquet file: one or more with the same header were expected; name a file`,
      { exit: 'noInput' },
    )
  }
  return names.map(name => join(folder, name))
}

/** Several files read as one: each has the same header, which counts once. */
export function openParts(parts: readonly Source[], path: string): Source {
  const sum = (of: (part: Source) => number) => parts.reduce((total, part) => total + of(part), 0)
  const tables = parts.flatMap(part => part.table ?? [])
  if (tables.length === parts.length) {
    const first = { path: parts[0]!.path, names: tables[0]!.names }
    for (const [i, { names }] of tables.entries()) checkHeader({ path: parts[i]!.path, names }, first)
  }
  return {
    path,
    name: basename(path),
    gzip: parts.some(part => part.gzip),
    fileBytes: sum(part => part.fileBytes),
    textBytes: sum(part => part.textBytes),
    ...(tables.length === parts.length && { table: joinParquet(tables.flatMap(({ files }) => files)) }),
    read: () => readParts(parts),
    checkUnchanged: () => parts.forEach(part => part.checkUnchanged()),
  }
}

const NEWLINE = 10

/** Bytes of CSV. Parquet files among them are written as the first CSV file is. */
async function* readParts(parts: readonly Source[]): AsyncGenerator<Buffer> {
  const model = parts.find(part => !part.table)
  const delimiter = model && delimiterOf(await firstLine(model.read()))
  const seen: { header?: Header } = {}
  let last = NEWLINE
  for (const part of parts) {
    if (last !== NEWLINE) yield Buffer.from('\n')
    const bytes = part.table ? csvOf(part.table, delimiter) : part.read()
    for await (const chunk of withoutHeader(bytes, part.path, seen)) {
      last = chunk[chunk.length - 1]!
      yield chunk
    }
  }
}

/** The bytes of a file behind its header; of the first file, all. */
async function* withoutHeader(
  bytes: AsyncIterable<Buffer>,
  path: string,
  seen: { header?: Header },
): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  const body = (start: Buffer, end: number): Buffer => {
    const names = namesIn(start.subarray(0, end))
    if (seen.header) checkHeader({ path, names }, seen.header)
    else {
      seen.header = { path, names }
      return start
    }
    return start.subarray(end)
  }
  for await (const chunk of bytes) {
    if (head) head = Buffer.concat([head, chunk])
    const end = head && headerEnd(head)
    if (head && end === undefined) continue
    const rest = head ? body(head, end!) : chunk
    head = undefined
    if (rest.length > 0) yield rest
  }
  // A file of a single line without a line end: the header alone.
  if (head && head.length > 0) {
    const rest = body(head, head.length)
    if (rest.length > 0) yield rest
  }
}
