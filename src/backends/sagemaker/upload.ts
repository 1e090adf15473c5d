import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { csvLine } from '../../data/csv.ts'
import { OtherEncoding } from '../../data/plan.ts'
import type { TablePath } from '../../data/source.ts'
import { openTable } from '../../data/table.ts'

/** Writes the table as it is read here: UTF-8, commas, a first line with unique names. The service and this machine see the same rows. */
export async function writeUpload(from: TablePath, to: string, encoding?: string): Promise<number> {
  try {
    const { header, blocks } = await openTable(from, encoding === undefined ? {} : { encoding })
    const file = openSync(to, 'w', 0o600)
    try {
      writeSync(file, `${csvLine(header)}\n`)
      for await (const rows of blocks) writeSync(file, `${rows.map(csvLine).join('\n')}\n`)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (!(error instanceof OtherEncoding)) throw error
    return writeUpload(from, to, 'windows-1252')
  }
  return statSync(to).size
}
