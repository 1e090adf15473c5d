import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import { readNumericBytes } from './byte-lane.ts'
import { readMixedBytes } from './mixed-lane.ts'
import { PlainNumberBuilder, WordBuilder } from './builders.ts'
import type { Column, Dataset } from './dataset.ts'
import { decideMoments, decidePlain, decideWords } from './infer.ts'
import type { ColumnContext } from './infer.ts'
import { isCodeName } from './identify.ts'
import { mayBeCodes } from './codes.ts'
import type { ForcedKind } from './verdicts.ts'
import { isMissingText, MISSING_TOKENS } from './missing.ts'
import { plainNumber } from './numbers.ts'
import type { Cells } from './parquet-cells.ts'
import type { ReadPlan } from './plan.ts'
import { OtherEncoding, planReading } from './plan.ts'
import { openQuarantine } from './quarantine.ts'
import { ReadingLog } from './report.ts'
import type { ReadingReport } from './report.ts'
import type { ColumnSchema, TableSchema } from './schema.ts'
import { openSource } from './source.ts'
import type { TablePath } from './source.ts'
import { readRows } from './rows.ts'
import { makeReport } from './table.ts'
import { readWithSchema } from './typed.ts'
import { unknownColumn } from './unknown-column.ts'

export type { QuarantinedRow, ReadingReport, ReadingWarning } from './report.ts'

export interface ReadOptions {
  /** Types found at training time: columns are matched by name and never inferred again. */
  readonly schema?: TableSchema
  /** The column to be learnt: never ignored, its labels kept as text. */
  readonly target?: string
  /** Kinds that the user chose, by column name. */
  readonly overrides?: Readonly<Record<string, ForcedKind>>
  /** Only these columns, the target aside, are features; those left out are ignored. */
  readonly features?: readonly string[]
  /** Tokens that mean "missing" besides the usual ones. */
  readonly missing?: readonly string[]
  /** A name such as `windows-1252`; found from the bytes when left out. */
  readonly encoding?: string
  /** CSV file to write rows to that the table has no place for; none is made when there are none. */
  readonly quarantine?: string
  /** 0 … 1, as the file goes by. */
  readonly onProgress?: (fraction: number) => void
}

export interface ReadResult {
  readonly dataset: Dataset
  readonly schema: TableSchema
  readonly report: ReadingReport
}

/** Reads a table into typed columns: CSV, plain or gzip-compressed, or Parquet; one file, a folder, or several with one header. */
export async function readDataset(source: TablePath, options: ReadOptions = {}): Promise<ReadResult> {
  try {
    return await readOnce(source, options)
  } catch (error) {
    if (!(error instanceof OtherEncoding)) throw error
    // The first bytes that are not ASCII stand behind the sample, and they are not UTF-8.
    return readOnce(source, { ...options, encoding: 'windows-1252' }, true)
  }
}

async function readOnce(path: TablePath, options: ReadOptions, guessed = false): Promise<ReadResult> {
  const quarantine = options.quarantine === undefined ? undefined : openQuarantine(options.quarantine)
  try {
    return await readLogged(path, options, guessed, new ReadingLog(quarantine?.sink))
  } finally {
    quarantine?.close()
  }
}

async function readLogged(
  path: TablePath,
  options: ReadOptions,
  guessed: boolean,
  log: ReadingLog,
): Promise<ReadResult> {
  const source = openSource(path)
  const names = options.schema?.columns.filter(column => column.use !== 'ignored').map(column => column.name)
  const plan = await planReading(
    source,
    {
      ...(options.encoding !== undefined && { encoding: options.encoding }),
      ...(options.target !== undefined && { target: options.target }),
      ...(names && { names }),
    },
    log,
  )
  if (guessed) {
    log.warn(
      'W_ENCODING',
      () => `the file is not UTF-8; it was read as ${plan.encoding.label}: pass --encoding if that is wrong`,
    )
  }
  const { columns, schema, rows, bytes } = options.schema
    ? await readWithSchema(plan, options.schema, {
        missing: options.missing ?? [],
        log,
        ...progress(options),
      })
    : await inferColumns(plan, options, log)
  plan.source.checkUnchanged()
  const report = makeReport(plan, log, { rows, bytes })
  return { dataset: { name: source.name, rows, columns }, schema: { columns: schema }, report }
}

const progress = ({ onProgress }: ReadOptions) => (onProgress ? { onProgress } : {})

interface Read {
  readonly columns: readonly Column[]
  readonly schema: readonly ColumnSchema[]
  readonly rows: number
  readonly bytes: number
}

/**
 * Types are found in at most two passes. The sample says which columns hold plain numbers; those go straight into numeric
 * stores, all others are kept as words. A column that breaks its promise is read again as words, alone.
 */
async function inferColumns(plan: ReadPlan, options: ReadOptions, log: ReadingLog): Promise<Read> {
  const { names } = plan.layout
  if (options.target !== undefined) checkTarget(options.target, plan, log)
  const asked = new Set(options.missing)
  const known = new Set([...MISSING_TOKENS, ...asked])
  const targetAt = options.target === undefined ? -1 : names.indexOf(options.target)
  const overrides = options.overrides ?? {}
  const listed = options.features && new Set(options.features)
  for (const name of [...(listed ?? []), ...Object.keys(overrides)]) {
    if (!names.includes(name)) throw unknownColumn('E_UNKNOWN_COLUMN', name, names, plan.source.path)
  }
  const override = (name: string): ForcedKind | undefined =>
    listed && !listed.has(name) ? 'ignored' : Object.hasOwn(overrides, name) ? overrides[name] : undefined
  /** Under a name of codes; numbers that come again are codes then. */
  const coded = (name: string, j: number) =>
    isCodeName(name) && override(name) === undefined && j !== targetAt && !plan.source.table
  const plain = names.map((name, j) => {
    const forced = override(name)
    if (forced !== undefined && forced !== 'numeric' && forced !== 'ignored') return undefined
    const found = sampleNumbers(plan, j, known)
    return found?.repeated && coded(name, j) ? undefined : found
  })
  let rows = -1
  let bytes = 0
  let builders: (PlainNumberBuilder | WordBuilder)[] = []
  const again = new Set<number>()
  const late = new Map<number, { cell: string; line: number }>()
  if (plain.every(Boolean) && canReadBytes(plan) && !hasQuotes(plan)) {
    const numeric = names.map((_, j) => new PlainNumberBuilder(plan.rowsGuess, known, plain[j]?.wide))
    const lane = await readLane(plan, numeric, targetAt, options)
    if (lane) {
      builders = numeric
      ;({ rows, bytes } = lane)
      if (targetAt >= 0 && !lane.exact) again.add(targetAt)
    }
  }
  if (plan.source.table) {
    const { kinds } = plan.source.table
    builders = names.map((name, j) =>
      typedByFile(kinds[j]!, override(name), name) && j !== targetAt
        ? new PlainNumberBuilder(plan.rowsGuess, known)
        : new WordBuilder(plan.rowsGuess),
    )
    ;({ rows, bytes } = await readRows(plan, builders, { log, ...progress(options) }))
    builders.forEach((builder, j) => {
      if (builder instanceof PlainNumberBuilder && builder.contradiction) again.add(j)
    })
  }
  if (rows < 0) {
    const freshBuilders = () =>
      names.map((_, j) =>
        plain[j] && j !== targetAt
          ? new PlainNumberBuilder(plan.rowsGuess, known, plain[j]?.wide)
          : new WordBuilder(plan.rowsGuess),
      )
    builders = freshBuilders()
    const lane = canReadBytes(plan) ? await readMixed(plan, builders, options) : undefined
    if (lane) ({ rows, bytes } = lane)
    else {
      if (canReadBytes(plan)) builders = freshBuilders()
      ;({ rows, bytes } = await readRows(plan, builders, { log, ...progress(options) }))
    }
    builders.forEach((builder, j) => {
      if (!(builder instanceof PlainNumberBuilder) || !builder.contradiction) return
      again.add(j)
      if (!coded(names[j]!, j)) late.set(j, builder.contradiction)
    })
  }
  builders.forEach((builder, j) => {
    if (builder instanceof PlainNumberBuilder && coded(names[j]!, j) && mayBeCodes(builder)) again.add(j)
  })
  if (again.size > 0) {
    const second = await readWordsAgain(plan, again, rows)
    again.forEach(j => (builders[j] = second[j]!))
  }
  if (rows === 0 && options.target !== undefined) {
    throw new InputError(
      'E_NO_ROWS',
      `${quoted(plan.source.path)} has a header but no rows; training needs rows`,
    )
  }
  const decided = builders.map((builder, j) => {
    // What a column was gathered in goes when its column is made.
    delete builders[j]
    const context: ColumnContext = {
      name: names[j]!,
      named: (plan.layout.header[j] ?? '').trim() !== '',
      first: j === 0,
      rows,
      isTarget: j === targetAt,
      forced: override(names[j]!),
      known,
      asked,
      coded: coded(names[j]!, j),
      preferComma: plan.dialect.delimiter !== ',',
      late: late.get(j),
      log,
    }
    if (builder instanceof PlainNumberBuilder && plan.source.table?.kinds[j] === 'moment') {
      return decideMoments(builder, context)
    }
    return builder instanceof PlainNumberBuilder
      ? decidePlain(builder, context)
      : decideWords(builder, context)
  })
  return { columns: decided.map(item => item.column), schema: decided.map(item => item.schema), rows, bytes }
}

/** Only the words of the columns in question are gathered; what was noticed in the first pass is not counted twice. */
async function readWordsAgain(
  plan: ReadPlan,
  columns: ReadonlySet<number>,
  rows: number,
): Promise<readonly (WordBuilder | undefined)[]> {
  const fresh = () => plan.layout.names.map((_, j) => (columns.has(j) ? new WordBuilder(rows) : undefined))
  const quick = fresh()
  if (canReadBytes(plan) && (await readMixed(plan, quick, {}))) return quick
  const careful = fresh()
  await readRows(plan, careful, { log: new ReadingLog() })
  return careful
}

/** The file itself says what the column holds, and neither the user nor its name anything else. */
function typedByFile(kind: Cells['kind'], forced: ForcedKind | undefined, name: string): boolean {
  if (kind === 'word' || (kind === 'number' && forced === undefined && isCodeName(name))) return false
  return (
    forced === undefined || forced === 'ignored' || forced === (kind === 'moment' ? 'datetime' : 'numeric')
  )
}

/** What the numbers of a column's sample cells are like; undefined unless all are numbers or missing, and not all missing. */
function sampleNumbers(
  { layout, sample }: ReadPlan,
  j: number,
  known: ReadonlySet<string>,
): { wide: boolean; repeated: boolean } | undefined {
  const seen = new Set<number>()
  let numbers = 0
  let wide = false
  for (let row = layout.skipRecords; row < sample.length; row++) {
    const cell = sample[row]![j]
    if (cell === undefined) continue
    const value = plainNumber(cell)
    if (value === value) {
      numbers++
      seen.add(value)
      // It does not survive float32.
      wide ||= Math.fround(value) !== value
    } else if (!isMissingText(cell, known)) return undefined
  }
  return numbers > 0 ? { wide, repeated: seen.size < numbers } : undefined
}

/** One byte per character, one delimiter, no quote in sight, a header of one line or none. */
function canReadBytes({ encoding, dialect, comments, layout, sample, source }: ReadPlan): boolean {
  return (
    encoding.label === 'utf-8' &&
    dialect.delimiter.length === 1 &&
    dialect.delimiter !== ' ' &&
    dialect.newline !== '\r' &&
    !comments &&
    !dialect.padded &&
    layout.skipRecords <= 1 &&
    layout.width > 1 &&
    source.textBytes > 1 << 16 &&
    layout.header.every(
      name => !name.includes('\n') && !name.includes(dialect.quote) && !name.includes(dialect.delimiter),
    ) &&
    dialect.quote === '"' &&
    dialect.escape === '"' &&
    sample.every(row => row.length === layout.width)
  )
}

const hasQuotes = ({ sample, dialect }: ReadPlan): boolean =>
  sample.some(row => row.some(cell => cell.includes(dialect.quote)))

async function readMixed(
  plan: ReadPlan,
  builders: readonly (PlainNumberBuilder | WordBuilder | undefined)[],
  options: ReadOptions,
): Promise<{ rows: number; bytes: number } | undefined> {
  const counted = { bytes: 0 }
  const read = await readMixedBytes(tableBytes(plan, counted, options), {
    builders,
    delimiter: plan.dialect.delimiter,
    newline: plan.dialect.newline === '\r\n' ? '\r\n' : '\n',
    skipRecords: plan.layout.skipRecords,
    firstLine: plan.sepLine ? 2 : 1,
    firstName: plan.layout.header[0]!,
  })
  return read ? { rows: read.rows, bytes: counted.bytes } : undefined
}

/** The bytes behind the byte order mark and a `sep=` line. */
async function* tableBytes(
  { source, encoding, sepLine }: ReadPlan,
  counted: { bytes: number },
  { onProgress }: ReadOptions,
): AsyncGenerator<Buffer> {
  let first = true
  for await (const chunk of source.read()) {
    counted.bytes += chunk.length
    onProgress?.(Math.min(1, counted.bytes / source.textBytes))
    let from = first ? encoding.skipBytes : 0
    if (first && sepLine) from = chunk.indexOf(10) + 1
    first = false
    yield from > 0 ? chunk.subarray(from) : chunk
  }
}

async function readLane(
  plan: ReadPlan,
  builders: readonly PlainNumberBuilder[],
  targetAt: number,
  { onProgress }: ReadOptions,
): Promise<{ rows: number; bytes: number; exact: boolean } | undefined> {
  let bytes = 0
  const { source, encoding } = plan
  const chunks = (async function* () {
    for await (const chunk of source.read()) {
      const skip = bytes === 0 ? encoding.skipBytes : 0
      bytes += chunk.length
      onProgress?.(Math.min(1, bytes / source.textBytes))
      yield skip > 0 ? chunk.subarray(skip) : chunk
    }
  })()
  const skipLines = plan.layout.skipRecords + (plan.sepLine ? 1 : 0)
  const read = await readNumericBytes(chunks, builders, plan.dialect, { skipLines, exactColumn: targetAt })
  return read ? { ...read, bytes } : undefined
}

function checkTarget(target: string, { layout, source }: ReadPlan, log: ReadingLog): void {
  const { names, header } = layout
  if (header.filter(name => name === target).length > 1) {
    throw new InputError(
      'E_TARGET_AMBIGUOUS',
      `${quoted(source.path)} has ${header.filter(name => name === target).length} columns named ${quoted(target)}: one was expected; rename them in the file`,
    )
  }
  if (!names.includes(target)) throw unknownColumn('E_TARGET_NOT_FOUND', target, names, source.path)
  const twins = names.filter(
    name => name !== target && name.trim().toLowerCase() === target.trim().toLowerCase(),
  )
  if (twins.length > 0) {
    log.warn(
      'W_TARGET_LOOKALIKE',
      () => `another column is named almost like the target: ${quoted(twins[0]!)}`,
    )
  }
}
