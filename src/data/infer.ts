import type { Column, ColumnKind } from './dataset.ts'
import { findDateOrder, parseDate } from './dates.ts'
import { epochOrder, isNaturalText, numericKey, wordKey } from './identify.ts'
import type { EpochOrder } from './identify.ts'
import { isMissingText, wordMissingTokens } from './missing.ts'
import type { NumberFormat } from './numbers.ts'
import { findNumberFormat, isInfinityToken, isPlainFormat, parseNumber, PLAIN } from './numbers.ts'
import type { PlainNumberBuilder, WordBuilder } from './builders.ts'
import type { ReadingLog } from './report.ts'
import type { ColumnSchema, ColumnUse } from './schema.ts'
import type { WordStore } from './stores.ts'
import { NumberStore, TextStore } from './stores.ts'
import { countDistinct, findHoles, holesOf } from './text-facts.ts'
import { count } from '../util/text.ts'

/** Below this share of readable values a column is not of the type. */
const TYPE_SHARE = 0.8
/** So few different words among numbers are grades such as `3+`, not damage. */
const MAX_GRADES = 20
/** A text target with more different numbers than this is a quantity. */
const MAX_LABELS = 2000
/** Characters of a text beyond which a person should look at it. */
const LONG_TEXT = 1 << 16

export interface ColumnContext {
  readonly name: string
  /** The header gave it a name. */
  readonly named: boolean
  readonly rows: number
  readonly isTarget: boolean
  readonly forced: ColumnKind | 'ignored' | undefined
  /** Every token that means "missing" among numbers and dates. */
  readonly known: ReadonlySet<string>
  /** Those of them that the user gave. */
  readonly asked: ReadonlySet<string>
  /** The file is separated by semicolons, so `1,234` is a decimal. */
  readonly preferComma: boolean
  /** The first cell, and its line, that is no plain number where the rows before held only such. */
  readonly late?: { readonly cell: string; readonly line: number } | undefined
  readonly log: ReadingLog
}

interface Decided {
  readonly column: Column
  readonly schema: ColumnSchema
}

type Values = [text: string, count: number][]

/** Decides a column that held plain numbers to the last row. */
export function decidePlain(builder: PlainNumberBuilder, context: ColumnContext): Decided {
  const { name, forced, isTarget, rows, log } = context
  const values = builder.store.finish()
  const missing = [...builder.tokens.keys()]
  if (builder.nonFinite > 0) warnNonFinite(context, builder.nonFinite)
  const present = rows - builder.missing - builder.nonFinite
  const schema = (reason: string, use: ColumnUse): ColumnSchema => ({
    name,
    kind: 'numeric',
    use,
    reason,
    missing,
    number: PLAIN,
  })
  const column: Column = { kind: 'numeric', name, values }
  const epoch = isTarget || forced !== undefined ? undefined : epochOrder(values, name)
  if (epoch) return moments(epoch, values, context, missing)
  if (isTarget) return { column, schema: schema('it is the target', 'target') }
  if (forced === 'ignored') return { column, schema: schema('it was set to be ignored', 'ignored') }
  if (present === 0) {
    log.warn('W_ALL_MISSING', n => `${n} columns have no value at all and are ignored`, { example: name })
    return { column, schema: schema(`no value in ${count(rows)} rows; ignored (W_ALL_MISSING)`, 'ignored') }
  }
  if (forced === 'numeric') return { column, schema: schema('it was set to be numeric', 'feature') }
  if (isConstant(values) && isWorthless(present, rows))
    return constant(column, schema, String(firstValue(values)), context)
  const key = present === rows ? numericKey(values, name, context.named) : undefined
  if (key !== undefined) return identifier(column, schema, key, context)
  return { column, schema: schema(`all ${count(present)} values are numbers`, 'feature') }
}

/** Seconds or milliseconds since 1970 under a name that speaks of time. */
function moments(
  order: EpochOrder,
  values: ArrayLike<number>,
  context: ColumnContext,
  missing: string[],
): Decided {
  const scale = order === 'epoch-seconds' ? 1000 : 1
  const { name } = context
  const unit = order === 'epoch-seconds' ? 'seconds' : 'milliseconds'
  return {
    column: { kind: 'datetime', name, values: Float64Array.from(values, value => value * scale) },
    schema: {
      name,
      kind: 'datetime',
      use: 'feature',
      reason: `whole ${unit} since 1970 by size and name; set its type to numeric if they are not`,
      missing,
      datetime: { order },
    },
  }
}

/** Decides a column kept as text: numbers in a locale's writing, dates, categories or natural language. */
export function decideWords(builder: WordBuilder, context: ColumnContext): Decided {
  const { store } = builder
  const entries = store.entries(holesOf(context.known))
  const present = entries.filter(([text]) => !isMissingText(text, context.known))
  const total = present.reduce((sum, [, n]) => sum + n, 0)
  const { forced, isTarget, rows, log, name } = context
  if (isTarget) return decideTarget(store, entries, present, total, context)
  if (forced === 'ignored') return ignored(store, entries, context, 'it was set to be ignored')
  if (forced !== undefined) return force(forced, store, entries, present, total, context)
  if (total === 0) {
    log.warn('W_ALL_MISSING', n => `${n} columns have no value at all and are ignored`, { example: name })
    return ignored(store, entries, context, `no value in ${count(rows)} rows; ignored (W_ALL_MISSING)`)
  }
  return (
    asNumbers(store, present, total, context) ??
    asDates(store, present, total, context) ??
    asWords(store, entries, context)
  )
}

function asNumbers(
  store: WordStore,
  present: Values,
  total: number,
  context: ColumnContext,
): Decided | undefined {
  const found = findNumberFormat(present, context.preferComma)
  if (!found || found.parsed < TYPE_SHARE * total) return undefined
  const attempt = tryNumbers(store, found.format, present, total, context.known)
  const { unreadable } = attempt
  // Codes and grades stay words: `007`, twenty-digit keys, `3+` among 0, 1, 2.
  if (unreadable.some(([text]) => isDigits(text))) return undefined
  if (unreadable.length > 0 && present.length <= MAX_GRADES) return undefined
  return numbers(store, attempt, context)
}

/** A column read as numbers of one writing, to see what is left over. */
interface Attempt extends Seen {
  readonly format: NumberFormat
  readonly values: Float32Array | Float64Array
  readonly nonFinite: number
}

function tryNumbers(
  store: WordStore,
  format: NumberFormat,
  present: Values,
  total: number,
  known: ReadonlySet<string>,
): Attempt {
  const { values, nonFinite, seen } = convert(store, known, text =>
    isInfinityToken(text) ? Infinity : parseNumber(text, format),
  )
  if (seen) return { format, values, nonFinite, ...seen }
  const unreadable = present.filter(
    ([text]) => Number.isNaN(parseNumber(text, format)) && !isInfinityToken(text),
  )
  const lost = unreadable.reduce((sum, [, n]) => sum + n, 0)
  return { format, values, nonFinite, unreadable, total, parsed: total - lost - nonFinite }
}

function numbers(
  store: WordStore,
  { format, values, nonFinite, unreadable, total, parsed }: Attempt,
  context: ColumnContext,
): Decided {
  const { name, known } = context
  if (nonFinite > 0) warnNonFinite(context, nonFinite)
  if (unreadable.length > 0) warnTypeMix(context, unreadable, 'number')
  const schema = (reason: string, use: ColumnUse): ColumnSchema => ({
    name,
    kind: 'numeric',
    use,
    reason,
    missing: tokensIn(store.entries(holesOf(known)), known),
    number: format,
  })
  const column: Column = { kind: 'numeric', name, values }
  if (isConstant(values) && isWorthless(parsed, context.rows)) {
    return constant(column, schema, String(firstValue(values)), context)
  }
  const key = parsed === context.rows ? numericKey(values, name, context.named) : undefined
  if (key !== undefined) return identifier(column, schema, key, context)
  const style = isPlainFormat(format) ? '' : ` written ${describe(format)}`
  const rest = total - parsed > 0 ? `; the other ${count(total - parsed)} are read as missing` : ''
  return {
    column,
    schema: schema(`${count(parsed)} of ${count(total)} values are numbers${style}${rest}`, 'feature'),
  }
}

function asDates(
  store: WordStore,
  present: Values,
  total: number,
  context: ColumnContext,
): Decided | undefined {
  const found = findDateOrder(present)
  if (!found || found.parsed < TYPE_SHARE * total) return undefined
  return dates(store, found, present, total, context)
}

function dates(
  store: WordStore,
  { order, parsed, undecided }: NonNullable<ReturnType<typeof findDateOrder>>,
  present: Values,
  total: number,
  context: ColumnContext,
): Decided {
  const { name, known, log } = context
  const { values, seen } = convert(store, known, text => parseDate(text, order))
  if (seen) ({ total, parsed } = seen)
  if (undecided) {
    log.warn(
      'W_DATE_ORDER',
      () =>
        `column "${name}": no date tells day from month; read as ${order === 'mdy' ? 'month first' : 'day first'}`,
      {
        subject: name,
        example: present[0]![0],
      },
    )
  }
  const unreadable = seen?.unreadable ?? present.filter(([text]) => Number.isNaN(parseDate(text, order)))
  if (unreadable.length > 0) warnTypeMix(context, unreadable, 'date')
  const rest = total - parsed > 0 ? `; the other ${count(total - parsed)} are read as missing` : ''
  const column: Column = { kind: 'datetime', name, values: Float64Array.from(values) }
  const schema = (reason: string, use: ColumnUse): ColumnSchema => ({
    name,
    kind: 'datetime',
    use,
    reason,
    missing: tokensIn(store.entries(holesOf(known)), known),
    datetime: { order },
  })
  if (isConstant(values) && isWorthless(parsed, context.rows))
    return constant(column, schema, present[0]![0], context)
  const how = { iso: 'year-month-day', ymd: 'year first', dmy: 'day first', mdy: 'month first' }[
    order as 'iso'
  ]
  return {
    column,
    schema: schema(`${count(parsed)} of ${count(total)} values are dates, ${how}${rest}`, 'feature'),
  }
}

function asWords(store: WordStore, entries: Values, context: ColumnContext): Decided {
  const { name, rows } = context
  if (context.late) warnLateType(context, context.late)
  const missing = wordMissingTokens(entries, context.asked)
  const set = new Set(missing)
  const words = entries.filter(([text]) => !isMissingText(text, set))
  const holes = store.text && findHoles(store.text, holesOf(set))
  const total = holes
    ? holes.reduce((sum, hole) => sum - hole, rows)
    : words.reduce((sum, [, n]) => sum + n, 0)
  const schema = (kind: 'categorical' | 'text') => (reason: string, use: ColumnUse) => ({
    name,
    kind,
    use,
    reason,
    missing,
  })
  const distinct = holes ? countDistinct(store.text!, holes) : words.length
  if (distinct === 1 && isWorthless(total, rows)) {
    return constant(categorical(store, name, set), schema('categorical'), words[0]![0], context)
  }
  const key = distinct === rows ? wordKey(words, words.length) : undefined
  if (key !== undefined) return identifier(text(store, name, set), schema('text'), key, context)
  if (store.text || isNaturalText(words)) {
    if (store.longest > LONG_TEXT) warnLongText(context, store.longest)
    const reason = `${count(distinct)} different texts in ${count(total)} values, several words each`
    return { column: text(store, name, set), schema: schema('text')(reason, 'feature') }
  }
  const binary = distinct === 2 ? ' (two values)' : ''
  const reason = `${count(distinct)} different words in ${count(total)} values${binary}`
  return { column: categorical(store, name, set), schema: schema('categorical')(reason, 'feature') }
}

/** Labels stay as they stand in the file; only a quantity, or labels that print as their numbers do, become numbers. */
function decideTarget(
  store: WordStore,
  entries: Values,
  present: Values,
  total: number,
  context: ColumnContext,
): Decided {
  const { name, known } = context
  const found = findNumberFormat(present, context.preferComma)
  const numeric = found !== undefined && found.parsed > 0.5 * total
  const printed = numeric && present.every(([text]) => String(parseNumber(text, PLAIN)) === text.trim())
  if (numeric && (printed || present.length > MAX_LABELS || !isPlainFormat(found.format))) {
    const attempt = tryNumbers(store, found.format, present, total, known)
    const codes = attempt.unreadable.some(([text]) => isDigits(text))
    if (!codes) {
      const decided = numbers(store, attempt, context)
      return { ...decided, schema: { ...decided.schema, use: 'target', reason: 'it is the target' } }
    }
  }
  const missing = numeric ? tokensIn(entries, known) : wordMissingTokens(entries, context.asked)
  const set = new Set(missing)
  return {
    column: categorical(store, name, set),
    schema: { name, kind: 'categorical', use: 'target', reason: 'it is the target', missing },
  }
}

function force(
  kind: ColumnKind,
  store: WordStore,
  entries: Values,
  present: Values,
  total: number,
  context: ColumnContext,
): Decided {
  const because = (decided: Decided): Decided => ({
    ...decided,
    schema: { ...decided.schema, use: 'feature', reason: `it was set to be ${kind}` },
  })
  const { name } = context
  if (kind === 'numeric') {
    const format = findNumberFormat(present, context.preferComma)?.format ?? PLAIN
    return because(numbers(store, tryNumbers(store, format, present, total, context.known), context))
  }
  if (kind === 'datetime') {
    const found = findDateOrder(present) ?? { order: 'iso' as const, parsed: 0, undecided: false }
    return because(dates(store, found, present, total, context))
  }
  const missing = wordMissingTokens(entries, context.asked)
  const column = (kind === 'text' ? text : categorical)(store, name, new Set(missing))
  return because({ column, schema: { name, kind, use: 'feature', reason: '', missing } })
}

function ignored(store: WordStore, entries: Values, context: ColumnContext, reason: string): Decided {
  const missing = wordMissingTokens(entries, context.asked)
  const { name } = context
  return {
    column: store.text ? text(store, name, new Set(missing)) : categorical(store, name, new Set(missing)),
    schema: { name, kind: store.text ? 'text' : 'categorical', use: 'ignored', reason, missing },
  }
}

function identifier(
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

function constant(
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
const isWorthless = (present: number, rows: number): boolean =>
  Math.min(present, rows - present) < Math.max(5, 0.001 * rows)

function isConstant(values: ArrayLike<number>): boolean {
  const first = firstValue(values)
  for (let i = 0; i < values.length; i++) if (values[i] !== first && values[i] === values[i]) return false
  return true
}

function firstValue(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) return values[i]!
  return NaN
}

const isDigits = (text: string): boolean => {
  const body = text.trim()
  if (body.length < 2) return false
  for (let i = 0; i < body.length; i++) if (body.charCodeAt(i) < 48 || body.charCodeAt(i) > 57) return false
  return true
}

const tokensIn = (entries: Values, known: ReadonlySet<string>): string[] => [
  ...new Set(entries.map(([text]) => text.trim()).filter(text => text !== '' && known.has(text))),
]

/** What became of all cells of a long column, where `entries` shows a part of them only. */
interface Seen {
  readonly total: number
  readonly parsed: number
  /** At most MAX_UNREADABLE different ones, and how often any stood there. */
  readonly unreadable: Values
}

const MAX_UNREADABLE = 1000

/** Each distinct text is parsed once. */
function convert(
  store: WordStore,
  known: ReadonlySet<string>,
  parse: (text: string) => number,
): { values: Float32Array | Float64Array; nonFinite: number; seen?: Seen } {
  const { text } = store
  const meanings = text
    ? undefined
    : Float64Array.from(store.words, word => (isMissingText(word, known) ? NaN : parse(word)))
  const refused = new Map<string, number>()
  let missing = 0
  let lost = 0
  const read = (cell: string): number => {
    if (isMissingText(cell, known)) {
      missing++
      return NaN
    }
    const value = parse(cell)
    if (value === value) return value
    lost++
    const key = refused.has(cell) || refused.size < MAX_UNREADABLE - 1 ? cell : 'others'
    refused.set(key, (refused.get(key) ?? 0) + 1)
    return value
  }
  const values = new NumberStore(store.length)
  let nonFinite = 0
  for (let row = 0; row < store.length; row++) {
    let value = meanings ? meanings[store.codes[row]!]! : read(text!.at(row))
    if (value === Infinity || value === -Infinity) {
      nonFinite++
      value = NaN
    }
    values.push(value)
  }
  const total = store.length - missing
  return {
    values: values.finish(),
    nonFinite,
    ...(text && { seen: { total, parsed: total - lost - nonFinite, unreadable: [...refused] } }),
  }
}

/** Codes in order of first appearance, the missing words taken out. */
export function categorical(store: WordStore, name: string, missing: ReadonlySet<string>): Column {
  const categories: string[] = []
  const index = new Map<string, number>()
  const codeOf = (word: string): number => {
    if (isMissingText(word, missing)) return -1
    let code = index.get(word)
    if (code === undefined) index.set(word, (code = categories.push(word) - 1))
    return code
  }
  const codes = new Int32Array(store.length)
  if (store.text) for (let row = 0; row < codes.length; row++) codes[row] = codeOf(store.text.at(row))
  else {
    const recoded = store.words.map(codeOf)
    for (let row = 0; row < codes.length; row++) codes[row] = recoded[store.codes[row]!]!
  }
  return { kind: 'categorical', name, codes, categories }
}

export function text(store: WordStore, name: string, missing: ReadonlySet<string>): Column {
  if (store.text) {
    const holes = findHoles(store.text, holesOf(missing))
    return { kind: 'text', name, ...store.text.finish(), missing: holes }
  }
  const texts = new TextStore(store.length)
  const isHole = store.words.map(word => isMissingText(word, missing))
  const holes = new Uint8Array(store.length)
  for (let row = 0; row < store.length; row++) {
    const code = store.codes[row]!
    texts.push(store.words[code]!)
    if (isHole[code]) holes[row] = 1
  }
  return { kind: 'text', name, ...texts.finish(), missing: holes }
}

function warnNonFinite({ name, log }: ColumnContext, n: number): void {
  log.warn(
    'W_NON_FINITE',
    total => `column "${name}": ${total} values are infinite or too large; they are read as missing`,
    {
      subject: name,
      count: n,
    },
  )
}

function warnLongText({ name, log }: ColumnContext, characters: number): void {
  log.warn(
    'W_LONG_TEXT',
    () =>
      `column "${name}" has a text of ${count(characters)} characters; such texts make training slow, shorten them if their beginning says enough`,
    { subject: name },
  )
}

function warnLateType({ name, log }: ColumnContext, { cell, line }: { cell: string; line: number }): void {
  log.warn(
    'W_LATE_TYPE',
    () => `column "${name}" holds numbers only up to line ${line}; it was read again as words`,
    { subject: name, line, example: cell },
  )
}

function warnTypeMix({ name, log, late }: ColumnContext, unreadable: Values, what: string): void {
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

function describe({ decimal, thousands, percent, currency }: NumberFormat): string {
  return [
    decimal === ',' ? 'with a decimal comma' : '',
    thousands === '' ? '' : `with ${JSON.stringify(thousands)} between thousands`,
    percent ? 'in percent' : '',
    currency === '' ? '' : `in ${currency}`,
  ]
    .filter(part => part !== '')
    .join(', ')
}
