/** What is said of a column: its schema with the reason, and the warnings that go with it. */
import type { Column, ColumnKind } from './dataset.ts'
import { categorical, text } from './columns.ts'
import type { Values } from './columns.ts'
import { wordMissingTokens } from './missing.ts'
import type { ReadingLog } from './report.ts'
import type { ColumnSchema, ColumnUse } from './schema.ts'
import type { WordStore } from './stores.ts'
import { count } from '../util/text.ts'

/** What a person may set a column to. */
export type ForcedKind = ColumnKind | 'sequence' | 'ignored'

export interface ColumnContext {
  readonly name: string
  /** The header gave it a name. */
  readonly named: boolean
  /** It is the first column. */
  readonly first: boolean
  readonly rows: number
  readonly isTarget: boolean
  readonly forced: ForcedKind | undefined
  /** Every token that means "missing" among numbers and dates. */
  readonly known: ReadonlySet<string>
  /** Those of them that the user gave. */
  readonly asked: ReadonlySet<string>
  /** Its name speaks of codes, and nothing else was asked for. */
  readonly coded: boolean
  /** The file is separated by semicolons, so `1,234` is a decimal. */
  readonly preferComma: boolean
  /** The first cell, and its line, that is no plain number where the rows before held only such. */
  readonly late?: { readonly cell: string; readonly line: number } | undefined
  readonly log: ReadingLog
}

export interface Decided {
  readonly column: Column
  readonly schema: ColumnSchema
}

export function ignored(store: WordStore, entries: Values, context: ColumnContext, reason: string): Decided {
  const missing = wordMissingTokens(entries, context.asked)
  const { name } = context
  return {
    column: store.text ? text(store, name, new Set(missing)) : categorical(store, name, new Set(missing)),
    schema: { name, kind: store.text ? 'text' : 'categorical', use: 'ignored', reason, missing },
  }
}

export function identifier(
  column: Column,
  schema: (reason: string, use: ColumnUse) => ColumnSchema,
  why: string,
  { name, log }: ColumnContext,
): Decided {
  log.warn(
    'W_ID_COLUMN',
    n => `${n} columns only tell rows apart and are ignored; override the type to keep one`,
    { example: name },
  )
  return {
    column,
    schema: schema(
      `${why}, so it says nothing about other rows; ignored (W_ID_COLUMN), set its type to keep it`,
      'ignored',
    ),
  }
}

export function constant(
  column: Column,
  schema: (reason: string, use: ColumnUse) => ColumnSchema,
  value: string,
  { name, log }: ColumnContext,
): Decided {
  log.warn('W_CONSTANT', n => `${n} columns have one value only and are ignored`, { example: name })
  return {
    column,
    schema: schema(`every value is ${JSON.stringify(value.slice(0, 40))}; ignored (W_CONSTANT)`, 'ignored'),
  }
}

/** One value and holes can still tell something, when there are enough of both. */
export const isWorthless = (present: number, rows: number): boolean =>
  Math.min(present, rows - present) < Math.max(5, 0.001 * rows)

export function isConstant(values: ArrayLike<number>): boolean {
  const first = firstValue(values)
  for (let i = 0; i < values.length; i++) if (values[i] !== first && values[i] === values[i]) return false
  return true
}

export function firstValue(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) return values[i]!
  return NaN
}

export function warnNonFinite({ name, log }: ColumnContext, n: number): void {
  log.warn(
    'W_NON_FINITE',
    total => `column "${name}": ${total} values are infinite or too large; they are read as missing`,
    {
      subject: name,
      count: n,
    },
  )
}

export function warnLongText({ name, log }: ColumnContext, characters: number): void {
  log.warn(
    'W_LONG_TEXT',
    () =>
      `column "${name}" has a text of ${count(characters)} characters; such texts make training slow, shorten them if their beginning says enough`,
    { subject: name },
  )
}

export function warnLateType(
  { name, log }: ColumnContext,
  { cell, line }: { cell: string; line: number },
): void {
  log.warn(
    'W_LATE_TYPE',
    () => `column "${name}" holds numbers only up to line ${line}; it was read again as words`,
    { subject: name, line, example: cell },
  )
}

export function warnTypeMix({ name, log, late }: ColumnContext, unreadable: Values, what: string): void {
  for (const [text, n] of unreadable) {
    log.warn(
      'W_TYPE_MIX',
      total => `column "${name}": ${total} values are no ${what}; they are read as missing`,
      {
        subject: name,
        count: n,
        example: text,
        ...(late && { line: late.line }),
      },
    )
  }
}
