import { categorical, text, tokensIn, tryNumbers } from './columns.ts'
import type { Values } from './columns.ts'
import type { Column, ColumnKind } from './dataset.ts'
import { findDateOrder } from './dates.ts'
import { MAX_CODE_SHARE } from './codes.ts'
import { epochOrder, isCodeName, MIN_KEY_ROWS, numericKey } from './identify.ts'
import type { EpochOrder } from './identify.ts'
import type { NumberFormat } from './numbers.ts'
import { asWords, dates, numbers } from './kinds.ts'
import { isMissingText, wordMissingTokens } from './missing.ts'
import { findNumberFormat, isPlainFormat, parseNumber, PLAIN, plainNumber, unpadded } from './numbers.ts'
import { sequenceShape } from './sequence.ts'
import type { PlainNumberBuilder, WordBuilder } from './builders.ts'
import type { ColumnSchema, ColumnUse } from './schema.ts'
import type { WordStore } from './stores.ts'
import { countDistinct, findHoles, holesOf } from './text-facts.ts'
import {
  constant,
  firstValue,
  identifier,
  ignored,
  isConstant,
  isWorthless,
  warnNonFinite,
} from './verdicts.ts'
import type { ColumnContext, Decided } from './verdicts.ts'
import { count } from '../util/text.ts'

export type { ColumnContext } from './verdicts.ts'

/** Below this share of readable values a column is not of the type. */
const TYPE_SHARE = 0.8
/** So few different words among numbers are grades such as `3+`, not damage. */
const MAX_GRADES = 20
/** So few different remarks among so many different numbers stand for a missing one. */
const MAX_REMARKS = 3
const MIN_NUMBERS = 50
const LEAST_NUMBERS = 0.2
/** A text target with more different numbers than this is a quantity. */
const MAX_LABELS = 2000
/** Decides a column that held plain numbers to the last row. */
export function decidePlain(builder: PlainNumberBuilder, context: ColumnContext): Decided {
  const { name, forced, isTarget, rows, log, coded } = context
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
  const epoch = isTarget || coded || forced !== undefined ? undefined : epochOrder(values, name)
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
  const key = present === rows ? numericKey(values, context) : undefined
  if (key !== undefined) return identifier(column, schema, key, context)
  const all = coded ? `${count(present)} of` : 'all'
  return { column, schema: schema(`${all} ${count(present)} values are numbers`, 'feature') }
}

/** Decides a column of a file that says itself that it holds dates or times. */
export function decideMoments(builder: PlainNumberBuilder, context: ColumnContext): Decided {
  const { name, forced, rows, log } = context
  const values = Float64Array.from(builder.store.finish())
  const present = rows - builder.missing
  const column: Column = { kind: 'datetime', name, values }
  const schema = (reason: string, use: ColumnUse): ColumnSchema => ({
    name,
    kind: 'datetime',
    use,
    reason,
    missing: [],
    datetime: { order: 'iso' },
  })
  if (forced === 'ignored') return { column, schema: schema('it was set to be ignored', 'ignored') }
  if (present === 0) {
    log.warn('W_ALL_MISSING', n => `${n} columns have no value at all and are ignored`, { example: name })
    return { column, schema: schema(`no value in ${count(rows)} rows; ignored (W_ALL_MISSING)`, 'ignored') }
  }
  if (forced === undefined && isConstant(values) && isWorthless(present, rows))
    return constant(column, schema, new Date(firstValue(values)).toISOString(), context)
  const reason = forced
    ? `it was set to be ${forced}`
    : `the file says that its ${count(present)} values are dates`
  return { column, schema: schema(reason, 'feature') }
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
    asCodes(store, entries, present, context) ??
    asNumbers(store, present, total, context) ??
    asDates(store, present, total, context) ??
    asSequences(store, entries, present, context) ??
    asWords(store, entries, context)
  )
}

/** Whole numbers that come again under a name of codes: `415` is an area, not a size. */
function asCodes(
  store: WordStore,
  entries: Values,
  present: Values,
  context: ColumnContext,
): Decided | undefined {
  if (!isCodeName(context.name) || context.rows < MIN_KEY_ROWS) return undefined
  const distinct = store.text
    ? countDistinct(store.text, findHoles(store.text, holesOf(context.known)))
    : present.length
  if (distinct > MAX_CODE_SHARE * context.rows) return undefined
  const whole = present.every(([text]) => Number.isInteger(plainNumber(text)))
  return whole
    ? asWords(store, entries, context, '; whole numbers, but the name says that they are codes')
    : undefined
}

function asSequences(
  store: WordStore,
  entries: Values,
  present: Values,
  context: ColumnContext,
): Decided | undefined {
  const shape = sequenceShape(present)
  if (!shape) return undefined
  const total = present.reduce((sum, [, n]) => sum + n, 0)
  const length = shape.same ? String(shape.length) : `mostly ${shape.length}`
  return sequences(store, entries, `${count(total)} values are sequences of ${length} numbers`, context)
}

function sequences(
  store: WordStore,
  entries: Values,
  reason: string,
  { name, asked }: ColumnContext,
): Decided {
  const missing = wordMissingTokens(entries, asked)
  return {
    column: text(store, name, new Set(missing)),
    schema: { name, kind: 'text', use: 'feature', reason, missing, sequence: true },
  }
}

/** Many different numbers beside a remark or two that stand where there is none. */
function isNumbersAndRemark(present: Values, unreadable: Values, parsed: number, total: number): boolean {
  const remarks = new Set(unreadable.slice(0, 100_000).map(([text]) => text)).size
  return (
    remarks <= MAX_REMARKS &&
    present.length - unreadable.length >= MIN_NUMBERS &&
    parsed >= LEAST_NUMBERS * total
  )
}

/** Numbers below a hundred, some with a zero before a digit and some without: a code has one width. */
function isPadded(present: Values): boolean {
  if (present.length > 110) return false
  const texts = present.map(([text]) => text.trim())
  const digit = texts.some(text => text.length === 1)
  const padded = texts.some(text => text.length === 2 && text.startsWith('0'))
  return digit && padded && texts.every(text => text.length <= 2 && plainNumber(unpadded(text)) >= 0)
}

function asNumbers(
  store: WordStore,
  present: Values,
  total: number,
  context: ColumnContext,
): Decided | undefined {
  const found = findNumberFormat(present, context.preferComma)
  if (!found || found.parsed < LEAST_NUMBERS * total) return undefined
  const attempt = (format: NumberFormat) => tryNumbers(store, format, present, total, context.known)
  if (isPadded(present)) return numbers(store, attempt({ ...PLAIN, padded: true }), context)
  const { parsed } = found
  const tried = attempt(found.format)
  const { unreadable } = tried
  if (parsed < TYPE_SHARE * total && !isNumbersAndRemark(present, unreadable, parsed, total)) return undefined
  // Codes and grades stay words: `007`, twenty-digit keys, `3+` among 0, 1, 2.
  if (unreadable.some(([text]) => isDigits(text))) return undefined
  if (unreadable.length > 0 && present.length <= MAX_GRADES) return undefined
  return numbers(store, tried, context)
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
  kind: ColumnKind | 'sequence',
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
  if (kind === 'sequence') return because(sequences(store, entries, '', context))
  const missing = wordMissingTokens(entries, context.asked)
  const column = (kind === 'text' ? text : categorical)(store, name, new Set(missing))
  return because({ column, schema: { name, kind, use: 'feature', reason: '', missing } })
}

const isDigits = (text: string): boolean => {
  const body = text.trim()
  if (body.length < 2) return false
  for (let i = 0; i < body.length; i++) if (body.charCodeAt(i) < 48 || body.charCodeAt(i) > 57) return false
  return true
}
