import { closeSync, openSync, readSync } from 'node:fs'
import { parquetMetadata, parquetRead } from 'hyparquet'
import type { ColumnChunk, DecodedArray, FileMetaData, SchemaElement } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { InputError, messageOf } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import { cellsOf, FLAT_PARSERS, NESTED_PARSERS, rawElement } from './parquet-cells.ts'
import type { Cells } from './parquet-cells.ts'

/** One column of one file, its values still packed. */
export interface ParquetColumn {
  readonly name: string
  readonly cells: Cells
  /** Its elements of the schema, the topmost renamed: names of any kind, even twice, do no harm then. */
  readonly elements: readonly SchemaElement[]
  /** The physical columns behind it. */
  readonly leaves: readonly number[]
}

export interface ParquetFile {
  readonly path: string
  readonly rows: number
  readonly columns: readonly ParquetColumn[]
  readonly groups: FileMetaData['row_groups']
}

const MAGIC = 'PAR1'
const ENCRYPTED = 'PARE'
const FOOTER_BYTES = 1 << 19
const TOP = 'c'

export const isParquet = (head: Buffer): boolean => [MAGIC, ENCRYPTED].includes(head.toString('latin1', 0, 4))

/** Reads what stands at the end of a Parquet file: its columns and row groups. */
export function openParquet(path: string, fileBytes: number): ParquetFile {
  const metadata = readFooter(path, fileBytes)
  try {
    const columns = topColumns(metadata.schema)
    const groups = metadata.row_groups.filter(group => group.num_rows > 0)
    if (groups.some(({ columns }) => columns.some(isEncrypted))) throw encrypted(path)
    return { path, rows: Number(metadata.num_rows), columns, groups }
  } catch (cause) {
    throw cause instanceof InputError ? cause : damaged(path, messageOf(cause), cause)
  }
}

const isEncrypted = ({ crypto_metadata, encrypted_column_metadata, meta_data }: ColumnChunk): boolean =>
  crypto_metadata !== undefined || encrypted_column_metadata !== undefined || meta_data === undefined

function readFooter(path: string, fileBytes: number): FileMetaData {
  const tail = readRange(path, Math.max(0, fileBytes - FOOTER_BYTES), fileBytes)
  const magic = tail.toString('latin1', Math.max(0, tail.length - 4))
  if (magic === ENCRYPTED) throw encrypted(path)
  if (magic !== MAGIC || fileBytes < 12) {
    throw new InputError(
      'E_TRUNCATED_PARQUET',
      `${quoted(path)} begins as a Parquet file but does not end as one: it was cut short; copy or write it again`,
    )
  }
  const length = tail.readUInt32LE(tail.length - 8) + 8
  if (length > fileBytes - 4) throw damaged(path, 'its footer is longer than the file')
  try {
    const footer = length <= tail.length ? tail : readRange(path, fileBytes - length, fileBytes)
    return parquetMetadata(new Uint8Array(footer), { geoparquet: false, parsers: STATISTICS })
  } catch (cause) {
    throw damaged(path, messageOf(cause), cause)
  }
}

/** Least and greatest values of a column are not used; those that cannot be decoded do no harm. */
const STATISTICS = { ...FLAT_PARSERS, stringFromBytes: () => undefined }

function readRange(path: string, start: number, end: number): Buffer {
  const handle = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(end - start)
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, start))
  } finally {
    closeSync(handle)
  }
}

/** The columns at the top of the schema; it is a tree written depth first. */
function topColumns(schema: readonly SchemaElement[]): ParquetColumn[] {
  const columns: ParquetColumn[] = []
  let leaf = 0
  for (let at = 1; at < schema.length;) {
    const end = endOfElement(schema, at)
    const own = schema.slice(at, end)
    const first = leaf
    leaf += own.filter(element => !element.num_children).length
    columns.push({
      name: own[0]!.name,
      cells: cellsOf(own),
      elements: own.map((element, i) => ({
        ...rawElement(element, own.length > 1),
        ...(i === 0 && { name: TOP }),
      })),
      leaves: Array.from({ length: leaf - first }, (_, i) => first + i),
    })
    at = end
  }
  return columns
}

function endOfElement(schema: readonly SchemaElement[], at: number): number {
  let open = 1
  while (open > 0) {
    if (at >= schema.length) throw new Error('its schema ends too early')
    open += (schema[at++]!.num_children ?? 0) - 1
  }
  return at
}

/** The values of one column in one row group, page by page; null and undefined are missing. */
export async function readColumnChunk(
  { path, groups }: ParquetFile,
  column: ParquetColumn,
  group: number,
): Promise<DecodedArray[]> {
  const { columns, ...rest } = groups[group]!
  const rows = Number(rest.num_rows)
  const own = column.leaves.map(leaf => {
    const chunk = columns[leaf]!
    const meta_data = chunk.meta_data!
    return {
      ...chunk,
      meta_data: { ...meta_data, path_in_schema: [TOP, ...meta_data.path_in_schema.slice(1)] },
    }
  })
  const metadata: FileMetaData = {
    version: 1,
    schema: [{ name: 'root', num_children: 1 }, ...column.elements],
    num_rows: rest.num_rows,
    row_groups: [{ ...rest, columns: own }],
    metadata_length: 0,
  }
  const chunks: DecodedArray[] = []
  try {
    await parquetRead({
      file: {
        byteLength: Infinity,
        slice: (start, end) => {
          const bytes = readRange(path, start, end!)
          if (bytes.length < end! - start) throw new Error('a column ends behind the file')
          return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
        },
      },
      metadata,
      columns: [TOP],
      utf8: false,
      geoparquet: false,
      parsers: column.elements.length > 1 ? NESTED_PARSERS : FLAT_PARSERS,
      compressors,
      onChunk: ({ columnData }) => chunks.push(columnData),
    })
  } catch (cause) {
    throw unreadable(path, column.name, cause)
  }
  const found = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  if (found !== rows) throw damaged(path, `column ${quoted(column.name)} has ${found} of ${rows} values`)
  return chunks
}

function unreadable(path: string, name: string, cause: unknown): InputError {
  const text = messageOf(cause)
  const codec = /unsupported compression codec: (\S+)/.exec(text)?.[1]
  if (codec === undefined) return damaged(path, `column ${quoted(name)}: ${text}`, cause)
  return new InputError(
    'E_PARQUET_CODEC',
    `${quoted(path)} is packed by ${codec === 'undefined' ? 'an unknown codec' : codec}: expected Snappy, gzip, Zstandard, Brotli, LZ4 or none; write it again with one of these`,
    { cause },
  )
}

const encrypted = (path: string) =>
  new InputError(
    'E_ENCRYPTED_PARQUET',
    `${quoted(path)} is an encrypted Parquet file: an open one was expected; write it again without encryption`,
  )

const damaged = (path: string, what: string, cause?: unknown) =>
  new InputError(
    'E_BAD_PARQUET',
    `${quoted(path)} is a damaged Parquet file (${what}); copy or write it again`,
    {
      cause,
    },
  )
