import { InputError } from '../util/errors.ts'
import type { ColumnBuilder } from './builders.ts'
import { readParquet } from './parquet-table.ts'
import type { ReadPlan } from './plan.ts'
import { decodeSource } from './plan.ts'
import { readRecords } from './records.ts'
import { plainNumber } from './numbers.ts'
import type { ReadingLog } from './report.ts'
import { isComment } from './comments.ts'
import { splitOtherwise } from './scan.ts'
import { columnShapes, fitRow, fits } from './shapes.ts'
import type { Shapes } from './shapes.ts'

export interface RowOptions {
  readonly log: ReadingLog
  readonly onProgress?: (fraction: number) => void
}

const MAX_RAGGED_SHARE = 0.1
const MIN_RAGGED_ROWS = 100

/** Deals every data row out to the builders, one per column; columns without a builder are passed over. */
export async function readRows(
  plan: ReadPlan,
  builders: readonly (ColumnBuilder | undefined)[],
  { log, onProgress }: RowOptions,
): Promise<{ rows: number; bytes: number }> {
  let bytes = 0
  let rows = 0
  if (plan.source.table) {
    return { rows: await readParquet(plan.source.table, builders, onProgress), bytes: plan.source.textBytes }
  }
  const wanted = builders.flatMap((builder, at) => (builder ? [{ builder, at }] : []))
  const onBytes = (more: number) => {
    bytes += more
    onProgress?.(Math.min(1, bytes / plan.source.textBytes))
  }
  for await (const block of dataRows(plan, { log, onBytes })) {
    for (let row = 0; row < block.rows.length; row++) {
      const cells = block.rows[row]!
      const line = () => block.lineOf(row)
      for (let i = 0; i < wanted.length; i++) wanted[i]!.builder.push(cells[wanted[i]!.at]!, line)
    }
    rows += block.rows.length
  }
  return { rows, bytes }
}

/** Rows of the table, each of its width: preamble, header and blank lines left out, ragged rows mended and reported. */
export async function* dataRows(
  plan: ReadPlan,
  { log, onBytes }: { log: ReadingLog; onBytes: (bytes: number) => void },
): AsyncGenerator<{ rows: string[][]; lineOf: (row: number) => number }> {
  const { width } = plan.layout
  const { padded } = plan.dialect
  let skip = plan.layout.skipRecords
  let rows = 0
  let ragged = 0
  let second = 0
  let after = 0
  const shapes = columnShapes(plan)
  const texts = decodeSource(plan, { log, onBytes })
  for await (const block of readRecords(texts, plan.dialect, { width, log })) {
    const kept: string[][] = []
    // Where each row stands in the block.
    const places: number[] = []
    for (let i = 0; i < block.rows.length; i++) {
      let cells = block.rows[i]!
      if (plan.comments && isComment(cells, width)) {
        log.warn('W_COMMENTS', count => `${count} lines begin with # and were skipped as comments`, {
          line: block.lineOf(i),
          example: cells.join(plan.dialect.delimiter),
        })
        continue
      }
      // A blank line is no row, but in a table of one column it is a missing value.
      if (cells.length === 1 && (width > 1 || skip > 0) && cells[0]!.trim() === '') continue
      if (skip > 0) {
        skip--
        continue
      }
      if (repeatsHeader(cells, plan.layout.header)) {
        second = block.lineOf(i)
      }
      if (second > 0) {
        if (after++ > 0)
          log.quarantine({ line: block.lineOf(i), cells, reason: 'it belongs to a second table' })
        continue
      }
      if (cells.length !== width) {
        const line = block.lineOf(i)
        const mended = mendRow(cells, plan, shapes, line, log)
        if (!mended) continue
        const dropped = cells.slice(width).some(cell => cell.trim() !== '')
        if (dropped || mended.some((cell, j) => cell !== cells[j])) ragged++
        cells = mended
      }
      if (padded) cells = cells.map((cell, j) => (j > 0 && cell.startsWith(' ') ? cell.slice(1) : cell))
      kept.push(cells)
      places.push(i)
    }
    rows += kept.length
    if (kept.length > 0) yield { rows: kept, lineOf: row => block.lineOf(places[row]!) }
  }
  if (second > 0) {
    log.warn(
      'W_SECOND_TABLE',
      count => `another table begins at line ${second}; its ${count} rows were left out`,
      {
        line: second,
        count: after - 1,
      },
    )
  }
  if (rows >= MIN_RAGGED_ROWS && ragged > MAX_RAGGED_SHARE * rows) throw raggedFile(plan, ragged, rows)
}

/** The same names again, or most of them at the same places: a second table in the file. */
function repeatsHeader(cells: readonly string[], header: readonly string[]): boolean {
  if (cells.length < 2 || cells[0] !== header[0] || cells[1] !== header[1]) return false
  const same = header.filter((name, j) => name.trim() !== '' && cells[j] === name).length
  return (
    same >= 2 && same >= 0.8 * Math.min(cells.length, header.length) && Number.isNaN(plainNumber(cells[0]))
  )
}

/** A row of another width: blanks taken out or put in where the others fit best, or set aside when it is no row of this table. */
function mendRow(
  cells: string[],
  { dialect }: ReadPlan,
  shapes: Shapes,
  line: number,
  log: ReadingLog,
): string[] | undefined {
  const width = shapes.length
  const other =
    cells.length < width ? splitOtherwise(cells.join(dialect.delimiter), dialect, width) : undefined
  if (other && fits(other, shapes)) {
    log.warn(
      'W_BAD_ROW',
      count =>
        `${count} lines are no rows of this table as they stand; those cut by another delimiter were mended, the rest set aside`,
      {
        line,
        example: cells.join(dialect.delimiter),
      },
    )
    return other
  }
  if (cells.length === 1 && width > 2) {
    log.quarantine({ line, cells, reason: `1 cell where ${width} were expected` })
    log.warn(
      'W_BAD_ROW',
      count =>
        `${count} lines are no rows of this table as they stand; those cut by another delimiter were mended, the rest set aside`,
      {
        line,
        example: cells[0]!,
      },
    )
    return undefined
  }
  const fitted = fitRow(cells, shapes)
  const dropped = cells.slice(width).some(cell => cell.trim() !== '')
  if (dropped) {
    const lost = cells.filter(cell => cell.trim() !== '' && !fitted.includes(cell))
    const reason = `${cells.length} cells where ${width} were expected; left out: ${lost.join(' | ')}`
    log.surplus({ line, cells, reason })
  }
  // Blank cells too many at the end are no trouble.
  if (dropped || fitted.some((cell, j) => cell !== cells[j])) {
    log.warn(
      'W_RAGGED_ROW',
      count =>
        `${count} rows have more or fewer cells than the header; blanks were put in or taken out where the others fit best`,
      { line, example: cells.join(' | ') },
    )
  }
  return fitted
}

const raggedFile = ({ source, dialect, layout }: ReadPlan, ragged: number, rows: number) =>
  new InputError(
    'E_RAGGED_FILE',
    `${source.path}: ${ragged} of ${rows} rows do not have ${layout.width} cells; the file was read with ${JSON.stringify(dialect.delimiter)} between cells, check its delimiter and quotes`,
  )
