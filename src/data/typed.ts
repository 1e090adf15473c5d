import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'
import type { ColumnBuilder } from './builders.ts'
import { ParsedBuilder, WordBuilder } from './builders.ts'
import type { Column } from './dataset.ts'
import { categorical, text } from './columns.ts'
import { MISSING_TOKENS } from './missing.ts'
import { PLAIN } from './numbers.ts'
import type { ReadPlan } from './plan.ts'
import type { ReadingLog } from './report.ts'
import { readRows } from './rows.ts'
import type { RowOptions } from './rows.ts'
import type { ColumnSchema, TableSchema } from './schema.ts'

/** Reads a table whose types are known. Columns are matched by name; cells that do not fit their type are missing, and counted. */
export async function readWithSchema(
  plan: ReadPlan,
  schema: TableSchema,
  { missing, ...options }: RowOptions & { missing: readonly string[] },
): Promise<{ columns: Column[]; schema: readonly ColumnSchema[]; rows: number; bytes: number }> {
  const { names } = plan.layout
  const lacking = schema.columns.filter(column => column.use === 'feature' && !names.includes(column.name))
  if (lacking.length > 0) throw missingColumns(lacking, plan)
  const { log } = options
  const present = schema.columns.filter(column => names.includes(column.name))
  const known = new Set(present.map(column => column.name))
  const extra = names.filter(name => !known.has(name))
  if (extra.length > 0) {
    log.warn('W_EXTRA_COLUMNS', count => `${count} columns were not there at training and are left out`, {
      count: extra.length,
      example: extra.slice(0, 5).join(', '),
    })
  }
  const builders: (ColumnBuilder | undefined)[] = Array.from({ length: names.length }, () => undefined)
  const made = present.map(column => {
    const builder = builderFor(column, plan.rowsGuess, missing)
    builders[names.indexOf(column.name)] = builder
    return { column, builder }
  })
  const { rows, bytes } = await readRows(plan, builders, options)
  const columns = made.map(({ column, builder }) => finish(column, builder, missing, log))
  return { columns, schema: present, rows, bytes }
}

function builderFor(
  column: ColumnSchema,
  capacity: number,
  missing: readonly string[],
): ParsedBuilder | WordBuilder {
  const known = new Set([...MISSING_TOKENS, ...column.missing, ...missing])
  if (column.kind === 'numeric') return new ParsedBuilder(capacity, known, { number: column.number ?? PLAIN })
  if (column.kind === 'datetime')
    return new ParsedBuilder(capacity, known, { order: column.datetime?.order ?? 'iso' })
  return new WordBuilder(capacity, column.kind === 'categorical')
}

function finish(
  schema: ColumnSchema,
  builder: ParsedBuilder | WordBuilder,
  missing: readonly string[],
  log: ReadingLog,
): Column {
  const { name } = schema
  if (builder instanceof WordBuilder) {
    const tokens = new Set([...schema.missing, ...missing])
    return (schema.kind === 'text' ? text : categorical)(builder.store, name, tokens)
  }
  const unreadable = builder.unreadable + builder.nonFinite
  if (unreadable > 0) {
    const what = schema.kind === 'numeric' ? 'number' : 'date'
    log.warn(
      'W_TYPE_MIX',
      count => `column "${name}": ${count} values are no ${what}; they are read as missing`,
      {
        subject: name,
        count: unreadable,
        ...(builder.firstLine > 0 && { line: builder.firstLine }),
      },
    )
    for (const example of builder.examples) {
      log.warn(
        'W_TYPE_MIX',
        count => `column "${name}": ${count} values are no ${what}; they are read as missing`,
        {
          subject: name,
          count: 0,
          example,
        },
      )
    }
  }
  const values = builder.store.finish()
  return schema.kind === 'numeric'
    ? { kind: 'numeric', name, values }
    : { kind: 'datetime', name, values: values instanceof Float64Array ? values : Float64Array.from(values) }
}

function missingColumns(lacking: readonly ColumnSchema[], { source }: ReadPlan): InputError {
  const listed = lacking
    .slice(0, 20)
    .map(column => quoted(column.name))
    .join(', ')
  const more = lacking.length > 20 ? ` and ${lacking.length - 20} more` : ''
  return new InputError(
    'E_MISSING_COLUMNS',
    `${quoted(source.path)} lacks ${lacking.length === 1 ? 'the column' : `${lacking.length} columns`} the model was trained on: ${listed}${more}`,
  )
}
