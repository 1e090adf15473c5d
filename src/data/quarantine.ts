import { rmSync } from 'node:fs'
import Papa from 'papaparse'
import { openFileAtomic, type AtomicFile } from '../util/files.ts'
import type { QuarantineSink } from './report.ts'

const HEADER = ['line', 'in_table', 'reason', 'cells']
const BUFFERED_ROWS = 256

/** A CSV file of what the table has no place for; it comes into being with the first such row. */
export function openQuarantine(path: string): { sink: QuarantineSink; close: () => void } {
  rmSync(path, { force: true })
  let file: AtomicFile | undefined
  let rows: (string | number)[][] = []
  const flush = () => {
    if (rows.length === 0) return
    if (file === undefined) {
      file = openFileAtomic(path)
      file.write(`${HEADER.join(',')}\r\n`)
    }
    file.write(`${Papa.unparse(rows, { newline: '\r\n' })}\r\n`)
    rows = []
  }
  return {
    sink({ line, cells, reason }, kept) {
      rows.push([line, kept ? 'all but the cells named' : 'no', reason, ...cells])
      if (rows.length >= BUFFERED_ROWS) flush()
    },
    close() {
      flush()
      file?.commit()
    },
  }
}
