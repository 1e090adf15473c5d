import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError, messageOf } from '../util/errors.ts'
import { isDiskError, sha256, writeFileAtomic } from '../util/files.ts'
import { pack, unpack } from '../util/pack.ts'
import { quoted } from '../util/text.ts'
import type { CategoricalColumn, Column, Dataset } from './dataset.ts'

/** What a cached column is called and must hash to; goes into the journal. */
export interface CachedColumns {
  readonly columns: {
    readonly name: string
    readonly file: string
    readonly sha256: string
    readonly bytes: number
  }[]
}

interface Index {
  readonly format: 'glasspilot-columns'
  readonly version: 1
  readonly name: string
  readonly rows: number
  readonly blocks: readonly { readonly file: string; readonly sha256: string; readonly columns: number }[]
}

const INDEX = 'index.json'
/** A file for each column would be ten thousand files for a wide table; a file for all would be read whole for one. */
const BLOCK_BYTES = 1 << 26

/** Writes the columns of a dataset as packed blocks of about 64 MB, each under its final name only when complete. */
export function writeCache(folder: string, dataset: Dataset): CachedColumns {
  const blocks: { file: string; sha256: string; columns: number }[] = []
  const listed: { name: string; file: string; sha256: string; bytes: number }[] = []
  for (const columns of blocksOf(dataset.columns)) {
    const file = `columns-${String(blocks.length).padStart(4, '0')}.col`
    const bytes = pack(columns.map(stored))
    writeFileAtomic(join(folder, file), bytes)
    const hash = sha256(bytes)
    blocks.push({ file, sha256: hash, columns: columns.length })
    for (const column of columns)
      listed.push({ name: column.name, file, sha256: hash, bytes: byteLength(column) })
  }
  const index: Index = {
    format: 'glasspilot-columns',
    version: 1,
    name: dataset.name,
    rows: dataset.rows,
    blocks,
  }
  // The index comes last: a folder without one is no cache.
  writeFileAtomic(join(folder, INDEX), `${JSON.stringify(index)}\n`)
  return { columns: listed }
}

/** Opens what `writeCache` wrote; refuses folders that are cut short, of another version, or not ours. */
export function openCache(folder: string): Dataset {
  const index = readIndex(folder)
  const columns = index.blocks.flatMap(block => readBlock(join(folder, block.file), block.columns))
  for (const column of columns) {
    if (lengthOf(column) !== index.rows) {
      throw damaged(
        folder,
        `column ${quoted(column.name)} has ${lengthOf(column)} rows where ${index.rows} were expected`,
      )
    }
  }
  return { name: index.name, rows: index.rows, columns }
}

function readIndex(folder: string): Index {
  let text: string
  try {
    text = readFileSync(join(folder, INDEX), 'utf8')
  } catch (cause) {
    if (isDiskError(cause)) throw cause
    throw new InputError('E_NO_CACHE', `${quoted(folder)} holds no column cache; read the data again`, {
      exit: 'noInput',
      cause,
    })
  }
  let index: Partial<Index>
  try {
    index = JSON.parse(text) as Partial<Index>
  } catch {
    throw damaged(folder, 'its index is not JSON')
  }
  if (
    index.format !== 'glasspilot-columns' ||
    !Array.isArray(index.blocks) ||
    !Number.isInteger(index.rows)
  ) {
    throw damaged(folder, 'its index is not ours')
  }
  if (index.version !== 1) {
    throw new InputError(
      'E_BAD_VERSION',
      `column cache ${quoted(folder)} has format version ${String(index.version)}: this program reads version 1; use the version that wrote it`,
    )
  }
  return index as Index
}

function readBlock(path: string, expected: number): Column[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    if (isDiskError(cause)) throw cause
    throw new InputError('E_BAD_FORMAT', `column file ${quoted(path)} cannot be read; read the data again`, {
      cause,
    })
  }
  const columns = unpackBlock(path, bytes)
  if (!Array.isArray(columns) || columns.length !== expected) {
    throw damaged(
      path,
      `it holds ${Array.isArray(columns) ? columns.length : 'no'} columns where ${expected} were expected`,
    )
  }
  return columns.map(restored)
}

function unpackBlock(path: string, bytes: Buffer): Column[] {
  try {
    return unpack(bytes) as Column[]
  } catch (error) {
    throw damaged(path, messageOf(error))
  }
}

const damaged = (path: string, what: string) =>
  new InputError('E_BAD_FORMAT', `column cache ${quoted(path)} is damaged: ${what}; read the data again`)

function* blocksOf(columns: readonly Column[]): Generator<Column[]> {
  let block: Column[] = []
  let bytes = 0
  for (const column of columns) {
    if (block.length > 0 && bytes + byteLength(column) > BLOCK_BYTES) {
      yield block
      block = []
      bytes = 0
    }
    block.push(column)
    bytes += byteLength(column)
  }
  if (block.length > 0) yield block
}

/** Category lists go as text end to end: JSON of a million strings is slow to read. */
function stored(column: Column): unknown {
  if (column.kind !== 'categorical') return column
  const { categories, ...rest } = column
  const texts = categories.map(category => Buffer.from(category))
  const ends = new Uint32Array(texts.length)
  let end = 0
  texts.forEach((text, i) => (ends[i] = end += text.length))
  return { ...rest, words: new Uint8Array(Buffer.concat(texts)), ends }
}

function restored(column: unknown): Column {
  const { words, ends, ...rest } = column as { words?: Uint8Array; ends?: Uint32Array }
  if (!words || !ends) return column as Column
  const text = Buffer.from(words.buffer, words.byteOffset, words.byteLength)
  const categories = Array.from(ends, (end, i) => text.toString('utf8', i === 0 ? 0 : ends[i - 1], end))
  return { ...(rest as Omit<CategoricalColumn, 'categories'>), categories }
}

const lengthOf = (column: Column): number =>
  column.kind === 'categorical'
    ? column.codes.length
    : column.kind === 'text'
      ? column.missing.length
      : column.values.length

/** Bytes of a column in memory, those of a list of words by their characters. */
export function byteLength(column: Column): number {
  switch (column.kind) {
    case 'categorical':
      return column.codes.byteLength + column.categories.reduce((sum, text) => sum + text.length + 4, 0)
    case 'text':
      return column.bytes.byteLength + column.offsets.byteLength + column.missing.byteLength
    default:
      return column.values.byteLength
  }
}
