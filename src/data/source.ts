import { openFile } from './file.ts'
import { isFolder, openFolder } from './folder.ts'

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
  /** Throws when the file is no longer the one that was opened. */
  checkUnchanged(): void
}

/** Opens a file, or every table of a folder as one, plain or gzip-compressed, told apart by first bytes, not names. */
export const openSource = (path: string): Source => (isFolder(path) ? openFolder(path) : openFile(path))
