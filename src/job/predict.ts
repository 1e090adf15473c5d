import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { csvLine } from '../data/csv.ts'
import { parquetRows } from '../data/parquet-table.ts'
import { OtherEncoding, planReading, type ReadPlan } from '../data/plan.ts'
import { ReadingLog } from '../data/report.ts'
import { dataRows } from '../data/rows.ts'
import type { ColumnSchema, TableSchema } from '../data/schema.ts'
import { openSource, type TablePath } from '../data/source.ts'
import { answerForm, type AnswerForm } from '../serve/answer.ts'
import { tableOf } from '../serve/rows.ts'
import { parseSelection, type Selection } from '../serve/selection.ts'
import { InputError } from '../util/errors.ts'
import { syncFolder } from '../util/files.ts'
import { spreadsheetSafe } from '../util/spreadsheet.ts'
import { quoted } from '../util/text.ts'
import type { Predictor } from './predictor.ts'

/** How a file is predicted; SageMaker's batch transform has the same three steps and calls them so. */
export interface PredictOptions {
  /** Which cells of a record the model sees: `$[1:]`. */
  readonly inputFilter?: string
  /** Answers stand behind the record they belong to. */
  readonly join?: boolean
  /** Which cells are written, of the joined record or of the answer. */
  readonly outputFilter?: string
  /** The file has no first line with names: cells stand in the order of the model's columns, and the answer has none either. */
  readonly noHeader?: boolean
  /** Cells that a spreadsheet would take for formulas get an apostrophe in front. */
  readonly excelSafe?: boolean
  /** Keys of the answer; those of `predict` unless given. */
  readonly form?: AnswerForm
  /** 0 … 1, as the file goes by. */
  readonly onProgress?: (fraction: number) => void
}

const MAX_BLOCK_ROWS = 2048
const MAX_BLOCK_CELLS = 400_000

/**
 * Predicts the rows of a file, in its order, block by block: memory does not grow with the file. With `output` the CSV is written
 * there, whole or not at all, else returned.
 */
export async function predictFile(
  predictor: Predictor,
  file: TablePath,
  output?: string,
  options: PredictOptions = {},
): Promise<{ rows: number; csv?: string }> {
  if (output === undefined) {
    const parts: string[] = []
    const rows = await predictTo(predictor, file, options, {
      clear: () => parts.splice(0),
      write: text => parts.push(text),
    })
    return { rows, csv: parts.join('') }
  }
  return { rows: await intoFile(output, sink => predictTo(predictor, file, options, sink)) }
}

interface Sink {
  write(text: string): void
  /** Takes everything back: the file is read again from its start. */
  clear(): void
}

async function predictTo(
  predictor: Predictor,
  file: TablePath,
  options: PredictOptions,
  sink: Sink,
): Promise<number> {
  try {
    return await predictOnce(predictor, file, options, sink)
  } catch (error) {
    if (!(error instanceof OtherEncoding)) throw error
    sink.clear()
    return predictOnce(predictor, file, options, sink, 'windows-1252')
  }
}

async function predictOnce(
  { task, table, given, predict }: Predictor,
  file: TablePath,
  {
    inputFilter = '$',
    outputFilter = '$',
    join = false,
    noHeader = false,
    excelSafe = false,
    form,
    onProgress,
  }: PredictOptions,
  sink: Sink,
  encoding?: string,
): Promise<number> {
  const [select, shown] = [parseSelection(inputFilter), parseSelection(outputFilter)]
  const source = openSource(file)
  const log = new ReadingLog()
  const features = table.columns.filter(({ use }) => use === 'feature')
  const names = noHeader ? [] : features.map(({ name }) => name)
  const found = await planReading(source, { names, ...(encoding !== undefined && { encoding }) }, log)
  const plan = noHeader ? withoutHeader(found) : found
  const places = noHeader ? unnamed(features, given, plan, select) : findFeatures(features, plan, select)
  const { header, cells } = form ?? answerForm(task)
  const record = join ? [...plan.layout.names, ...header] : header
  const kept = shown(record)
  const safe = (cell: string | number) =>
    excelSafe && typeof cell === 'string' ? spreadsheetSafe(cell) : cell
  if (!noHeader) sink.write(`${csvLine(kept.map(place => safe(record[place]!)))}\n`)
  let total = 0
  let bytes = 0
  const onBytes = (more: number) => onProgress?.(Math.min(1, (bytes += more) / source.textBytes))
  for await (const rows of blocksOf(plan, log, onBytes)) {
    const outputs = await predict(
      tableOf(
        features,
        rows.map(row => places.map(place => row[place])),
      ),
    )
    const lines = rows.map((row, i) => {
      const answer = cells(outputs, i)
      const line = join ? [...row, ...answer] : answer
      return csvLine(kept.map(place => safe(line[place]!)))
    })
    sink.write(`${lines.join('\n')}\n`)
    total += rows.length
  }
  source.checkUnchanged()
  return total
}

/** Rows in blocks that a model is asked with at once. */
async function* blocksOf(
  plan: ReadPlan,
  log: ReadingLog,
  onBytes: (bytes: number) => void,
): AsyncGenerator<readonly (readonly string[])[]> {
  const most = Math.max(1, Math.min(MAX_BLOCK_ROWS, Math.floor(MAX_BLOCK_CELLS / plan.layout.width)))
  let waiting: (readonly string[])[] = []
  const blocks = plan.source.table
    ? parquetRows(plan.source.table)
    : (async function* () {
        for await (const { rows } of dataRows(plan, { log, onBytes })) yield rows
      })()
  for await (const rows of blocks) {
    for (let at = 0; at < rows.length;) {
      const end = Math.min(rows.length, at + most - waiting.length)
      for (; at < end; at++) waiting.push(rows[at]!)
      if (waiting.length < most) break
      yield waiting
      waiting = []
    }
  }
  if (waiting.length > 0) yield waiting
}

/** The first line is a row like any other. */
function withoutHeader(plan: ReadPlan): ReadPlan {
  const names = Array.from({ length: plan.layout.width }, (_, j) => `col_${j + 1}`)
  return { ...plan, layout: { ...plan.layout, skipRecords: 0, names, header: names } }
}

/** The same without names: records hold the features, or all columns that were there at training. */
function unnamed(
  features: readonly ColumnSchema[],
  given: readonly string[] | undefined,
  { layout: { names }, source }: ReadPlan,
  select: Selection,
): readonly number[] {
  const seen = select(names)
  if (seen.length === features.length) return seen
  if (seen.length === given?.length) return features.map(({ name }) => seen[given.indexOf(name)]!)
  throw new InputError(
    'E_RAGGED_FILE',
    `${quoted(source.path)} has ${seen.length} cells a row for the model: ${features.length} were expected, in the order of its columns; choose them with --input-filter`,
  )
}

/** Where each feature stands in a record. */
function findFeatures(
  features: readonly ColumnSchema[],
  { layout: { names }, source }: ReadPlan,
  select: Selection,
): readonly number[] {
  const seen = select(names)
  const places = new Map(seen.map(place => [names[place], place]))
  const lacking = features.filter(({ name }) => !places.has(name))
  if (lacking.length > 0) throw missingColumns(lacking, source.path)
  return features.map(({ name }) => places.get(name)!)
}

function missingColumns(lacking: TableSchema['columns'], path: string): InputError {
  const listed = lacking
    .slice(0, 20)
    .map(({ name }) => quoted(name))
    .join(', ')
  const more = lacking.length > 20 ? ` and ${lacking.length - 20} more` : ''
  return new InputError(
    'E_MISSING_COLUMNS',
    `${quoted(path)} lacks ${lacking.length === 1 ? 'the column' : `${lacking.length} columns`} the model was trained on: ${listed}${more}`,
  )
}

/** Writes beside the place and renames: half an answer never has the final name. */
async function intoFile<T>(path: string, work: (sink: Sink) => Promise<T>): Promise<T> {
  const folder = dirname(resolve(path))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const temporary = join(folder, `.tmp-${randomBytes(6).toString('hex')}`)
  let handle = openSync(temporary, 'wx', 0o600)
  let isOpen = true
  try {
    const result = await work({
      write: text => {
        const bytes = Buffer.from(text)
        for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at)
      },
      clear: () => {
        closeSync(handle)
        handle = openSync(temporary, 'w', 0o600)
      },
    })
    fsyncSync(handle)
    closeSync(handle)
    isOpen = false
    renameSync(temporary, path)
    syncFolder(folder)
    return result
  } catch (error) {
    if (isOpen) closeSync(handle)
    rmSync(temporary, { force: true })
    throw error
  }
}
