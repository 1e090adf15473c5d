import { parquetRows } from './parquet-table.ts'
import type { ReadPlan } from './plan.ts'
import { OtherEncoding, planReading } from './plan.ts'
import { ReadingLog } from './report.ts'
import type { ReadingReport } from './report.ts'
import { dataRows } from './rows.ts'
import { openSource } from './source.ts'
import type { TablePath } from './source.ts'

export interface TextTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly report: ReadingReport
}

/** Rows of text as the reader cuts them, block by block, no type inferred. `done` gives the report when all are read. */
export async function openTable(
  path: TablePath,
  { encoding }: { encoding?: string } = {},
): Promise<{ header: readonly string[]; blocks: AsyncGenerator<string[][]>; done: () => ReadingReport }> {
  const log = new ReadingLog()
  const plan = await planReading(openSource(path), encoding === undefined ? {} : { encoding }, log)
  let rows = 0
  let bytes = 0
  const blocks = (async function* () {
    if (plan.source.table) {
      bytes = plan.source.textBytes
      for await (const block of parquetRows(plan.source.table)) {
        rows += block.length
        yield block
      }
      return
    }
    for await (const block of dataRows(plan, { log, onBytes: more => (bytes += more) })) {
      rows += block.rows.length
      yield block.rows
    }
  })()
  return { header: plan.layout.names, blocks, done: () => makeReport(plan, log, { rows, bytes }) }
}

/** The whole table as text. */
export async function readTable(path: TablePath, options: { encoding?: string } = {}): Promise<TextTable> {
  try {
    const { header, blocks, done } = await openTable(path, options)
    const rows: string[][] = []
    for await (const block of blocks) for (const row of block) rows.push(row)
    return { header, rows, report: done() }
  } catch (error) {
    if (!(error instanceof OtherEncoding)) throw error
    return readTable(path, { encoding: 'windows-1252' })
  }
}

/** How the file was read, and what was noticed. */
export const makeReport = (
  { source, encoding, dialect }: ReadPlan,
  log: ReadingLog,
  { rows, bytes }: { rows: number; bytes: number },
): ReadingReport => ({
  source: source.path,
  format: source.table ? 'parquet' : 'csv',
  encoding: encoding.label,
  delimiter: dialect.delimiter,
  quote: dialect.quote,
  newline: dialect.newline,
  rows,
  bytes,
  warnings: log.warnings(),
  quarantined: log.quarantined,
  quarantinedCount: log.quarantinedCount,
})
