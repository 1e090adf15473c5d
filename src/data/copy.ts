import Papa from 'papaparse'
import { OtherEncoding, planReading } from './plan.ts'
import { ReadingLog, type ReadingReport } from './report.ts'
import { dataRows } from './rows.ts'
import { openSource } from './source.ts'

const toCsv = (rows: readonly (readonly string[])[]): string =>
  `${Papa.unparse(rows as string[][], { newline: '\r\n' })}\r\n`

/**
 * Writes the text of a table as the reader sees it, cell by cell and untyped: RFC 4180, comma, CRLF, header first. `write` gets
 * it in pieces, in order.
 */
export async function copyTable(
  path: string,
  write: (csv: string) => void,
  encoding?: string,
): Promise<ReadingReport> {
  try {
    return await copyOnce(path, write, encoding)
  } catch (error) {
    if (!(error instanceof OtherEncoding)) throw error
    return copyOnce(path, write, 'windows-1252')
  }
}

async function copyOnce(
  path: string,
  write: (csv: string) => void,
  encoding: string | undefined,
): Promise<ReadingReport> {
  const log = new ReadingLog()
  const source = openSource(path)
  const plan = await planReading(source, { ...(encoding !== undefined && { encoding }) }, log)
  // A file turns out to be in another encoding anywhere: nothing is passed on until it was read to its end.
  const pieces = [toCsv([plan.layout.names])]
  let rows = 0
  let bytes = 0
  for await (const block of dataRows(plan, { log, onBytes: more => (bytes += more) })) {
    pieces.push(toCsv(block.rows))
    rows += block.rows.length
  }
  for (const piece of pieces) write(piece)
  return {
    source: path,
    encoding: plan.encoding.label,
    delimiter: plan.dialect.delimiter,
    quote: plan.dialect.quote,
    newline: plan.dialect.newline,
    rows,
    bytes,
    warnings: log.warnings(),
    quarantined: log.quarantined,
    quarantinedCount: log.quarantinedCount,
  }
}
