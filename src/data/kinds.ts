/** The words of a column as numbers, as dates, or as words: each with its reason. */
import { categorical, convert, text, tokensIn } from './columns.ts'
import type { Attempt, Values } from './columns.ts'
import type { Column } from './dataset.ts'
import { findDateOrder, parseDate } from './dates.ts'
import { isNaturalText, numericKey, wordKey } from './identify.ts'
import { isMissingText, wordMissingTokens } from './missing.ts'
import type { NumberFormat } from './numbers.ts'
import { isPlainFormat } from './numbers.ts'
import type { ColumnSchema, ColumnUse } from './schema.ts'
import type { WordStore } from './stores.ts'
import { countDistinct, findHoles, holesOf } from './text-facts.ts'
import {
  constant,
  firstValue,
  identifier,
  isConstant,
  isWorthless,
  warnLateType,
  warnLongText,
  warnNonFinite,
  warnTypeMix,
} from './verdicts.ts'
import type { ColumnContext, Decided } from './verdicts.ts'
import { count } from '../util/text.ts'

/** Characters of a text beyond which a person should look at it. */
const LONG_TEXT = 1 << 16

export function numbers(
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
  const key = parsed === context.rows ? numericKey(values, context) : undefined
  if (key !== undefined) return identifier(column, schema, key, context)
  const style = isPlainFormat(format) ? '' : ` written ${describe(format)}`
  const rest = total - parsed > 0 ? `; the other ${count(total - parsed)} are read as missing` : ''
  return {
    column,
    schema: schema(`${count(parsed)} of ${count(total)} values are numbers${style}${rest}`, 'feature'),
  }
}

export function dates(
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
  const column: Column = {
    kind: 'datetime',
    name,
    values: values instanceof Float64Array ? values : new Float64Array(values),
  }
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

export function asWords(store: WordStore, entries: Values, context: ColumnContext, note = ''): Decided {
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
  const key = wordKey(words, distinct, rows)
  if (key !== undefined) return identifier(text(store, name, set), schema('text'), key, context)
  if (store.text || isNaturalText(words)) {
    if (store.longest > LONG_TEXT) warnLongText(context, store.longest)
    const reason = `${count(distinct)} different texts in ${count(total)} values, several words each`
    return { column: text(store, name, set), schema: schema('text')(reason, 'feature') }
  }
  const binary = distinct === 2 ? ' (two values)' : ''
  const reason = `${count(distinct)} different words in ${count(total)} values${binary}${note}`
  return { column: categorical(store, name, set), schema: schema('categorical')(reason, 'feature') }
}

function describe({ decimal, thousands, percent, currency, padded }: NumberFormat): string {
  return [
    decimal === ',' ? 'with a decimal comma' : '',
    thousands === '' ? '' : `with ${JSON.stringify(thousands)} between thousands`,
    percent ? 'in percent' : '',
    padded ? 'with a zero before some digits' : '',
    currency === '' ? '' : `in ${currency}`,
  ]
    .filter(part => part !== '')
    .join(', ')
}
