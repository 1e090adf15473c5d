import type { DecodedArray } from 'hyparquet'
import { ParsedBuilder, PlainNumberBuilder } from './builders.ts'
import type { ColumnBuilder } from './builders.ts'
import type { Cells, Packed } from './parquet-cells.ts'
import type { ParquetColumn, ParquetFile } from './parquet.ts'
import { readColumnChunk } from './parquet.ts'

/** One table out of Parquet files with the same columns, end to end. */
export interface ParquetTable {
  readonly files: readonly ParquetFile[]
  readonly rows: number
  readonly names: readonly string[]
  /** What each column holds: of one kind in all files, or words. */
  readonly kinds: readonly Cells['kind'][]
  /** Columns of lists, maps or records, read as JSON. */
  readonly nested: readonly string[]
}

export function joinParquet(files: readonly ParquetFile[]): ParquetTable {
  const { columns } = files[0]!
  return {
    files,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    names: columns.map(column => column.name),
    nested: columns.filter(column => column.cells.nested).map(column => column.name),
    kinds: columns.map((_, j) => {
      const kinds = new Set(files.map(file => file.columns[j]!.cells.kind))
      kinds.delete('nothing')
      if (kinds.size === 0) return 'nothing'
      return kinds.size === 1 ? [...kinds][0]! : 'word'
    }),
  }
}

const isMissing = (value: Packed): boolean => value === null || value === undefined

/** Deals every value out to the builder of its column, one column of one row group in memory at a time. */
export async function readParquet(
  { files, rows }: ParquetTable,
  builders: readonly (ColumnBuilder | undefined)[],
  onProgress?: (fraction: number) => void,
): Promise<number> {
  let before = 0
  for (const file of files) {
    for (let group = 0; group < file.groups.length; group++) {
      const size = Number(file.groups[group]!.num_rows)
      for (const [j, column] of file.columns.entries()) {
        const builder = builders[j]
        if (!builder) continue
        let row = before
        for (const chunk of await readColumnChunk(file, column, group)) {
          pushChunk(builder, column.cells, chunk, row)
          row += chunk.length
        }
        onProgress?.((before + (size * (j + 1)) / file.columns.length) / rows)
      }
      before += size
    }
  }
  return before
}

function pushChunk(builder: ColumnBuilder, cells: Cells, chunk: DecodedArray, before: number): void {
  if (builder instanceof PlainNumberBuilder && cells.kind !== 'word')
    pushNumbers(builder, cells, chunk, before)
  else if (builder instanceof ParsedBuilder && cells.number && builder.reads === cells.kind) {
    pushParsed(builder, cells, chunk, before)
  } else {
    for (let i = 0; i < chunk.length; i++) {
      const value: Packed = chunk[i]
      // As everywhere in a table, what is not a number is missing from a column of numbers.
      const empty = isMissing(value) || (typeof value === 'number' && value !== value)
      builder.push(empty ? '' : cells.text(value), () => before + i + 1)
    }
  }
}

/** Whole numbers too long for float64 contradict, as in a CSV file: they are codes. */
function pushNumbers(builder: PlainNumberBuilder, cells: Cells, chunk: DecodedArray, before: number): void {
  for (let i = 0; i < chunk.length && !builder.contradiction; i++) {
    const value: Packed = chunk[i]
    const number = isMissing(value) || !cells.number ? NaN : cells.number(value)
    if (number !== number) {
      if (isMissing(value) || value !== value) builder.missing++
      else builder.contradiction = { cell: cells.text(value), line: before + i + 1 }
      builder.store.push(NaN)
    } else if (number === Infinity || number === -Infinity) {
      builder.nonFinite++
      builder.store.push(NaN)
    } else builder.store.push(number)
  }
}

function pushParsed(builder: ParsedBuilder, cells: Cells, chunk: DecodedArray, before: number): void {
  for (let i = 0; i < chunk.length; i++) {
    const value: Packed = chunk[i]
    const number = isMissing(value) || value !== value ? NaN : cells.number!(value)
    if (number !== number && !isMissing(value) && value === value) {
      builder.push(cells.text(value), () => before + i + 1)
    } else if (number === Infinity || number === -Infinity) {
      builder.nonFinite++
      builder.store.push(NaN)
    } else builder.store.push(number)
  }
}

const BLOCK_ROWS = 10_000

/** The rows as text, as a CSV file of the table would hold them. */
export async function* parquetRows({ files }: Pick<ParquetTable, 'files'>): AsyncGenerator<string[][]> {
  for (const file of files) {
    for (let group = 0; group < file.groups.length; group++) {
      const size = Number(file.groups[group]!.num_rows)
      const columns: DecodedArray[][] = []
      for (const column of file.columns) columns.push(await readColumnChunk(file, column, group))
      const cursors = columns.map(chunks => cursor(chunks))
      for (let start = 0; start < size; start += BLOCK_ROWS) {
        const length = Math.min(BLOCK_ROWS, size - start)
        const rows = Array.from({ length }, () => new Array<string>(columns.length))
        for (const [j, column] of file.columns.entries()) {
          for (let i = 0; i < length; i++) rows[i]![j] = cellText(column, cursors[j]!())
        }
        yield rows
      }
    }
  }
}

const cellText = ({ cells }: ParquetColumn, value: Packed): string =>
  isMissing(value) || value !== value ? '' : cells.text(value)

/** Value after value of several chunks. */
function cursor(chunks: readonly DecodedArray[]): () => Packed {
  let chunk = 0
  let at = 0
  return () => {
    while (at >= chunks[chunk]!.length) {
      chunk++
      at = 0
    }
    return chunks[chunk]![at++]
  }
}

/** The table as a CSV file. */
export async function* csvOf(table: ParquetTable, delimiter = ','): AsyncGenerator<Buffer> {
  const line = (cells: readonly string[]): string => {
    const row = cells.map(cell => quoteCell(cell, delimiter)).join(delimiter)
    return row === '' ? '""\n' : `${row}\n`
  }
  yield Buffer.from(line(table.names))
  for await (const rows of parquetRows(table)) yield Buffer.from(rows.map(line).join(''))
}

const quoteCell = (cell: string, delimiter: string): string =>
  cell.includes('"') ||
  cell.includes(delimiter) ||
  cell.includes('\n') ||
  cell.includes('\r') ||
  cell.trim() !== cell
    ? `"${cell.replaceAll('"', '""')}"`
    : cell
