import { openFile } from './file.ts'
import { isFolder, openParts, tablesOf } from './folder.ts'
import type { ParquetTable } from './parquet-table.ts'

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
  /** Typed columns, when every file is Parquet; `read` gives them as CSV then. */
  readonly table?: ParquetTable
  /** A chunk is good until the one after the next is asked for: copy what is kept longer. */
  read(): AsyncIterable<Buffer>
  /** Throws when the file is no longer the one that was opened. */
  checkUnchanged(): void
}

/** Where a table lies: a file, a folder of them, or several of either with one header. */
export type TablePath = string | readonly string[]

/** The files of a table, in the order they are read. */
export const filesOf = (path: TablePath): readonly string[] =>
  (typeof path === 'string' ? [path] : path).flatMap(one => (isFolder(one) ? tablesOf(one) : [one]))

/** Opens files as one table: CSV, plain or gzip-compressed, or Parquet, told apart by first bytes, not names. */
export function openSource(path: TablePath): Source {
  const files = filesOf(path)
  if (files.length === 1) return openFile(files[0]!)
  return openParts(files.map(openFile), nameOf(path))
}

/** How messages and reports name a table. */
export const nameOf = (path: TablePath): string => {
  if (typeof path === 'string') return path
  return path.length < 2 ? path.join('') : `${path[0]} and ${path.length - 1} more`
}
