import { basename } from 'node:path'
import { sha256, sha256File } from '../util/files.ts'
import { filesOf } from './source.ts'
import type { TablePath } from './source.ts'

/** SHA-256 of the file of a table; of several, that of their names and hashes, a line each. */
export async function fingerprint(path: TablePath): Promise<string> {
  const files = filesOf(path)
  if (files.length === 1) return sha256File(files[0]!)
  const lines: string[] = []
  for (const file of files) lines.push(`${await sha256File(file)}  ${basename(file)}\n`)
  return sha256(lines.join(''))
}
