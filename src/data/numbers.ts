import type { ColumnSchema } from './schema.ts'

export type NumberFormat = NonNullable<ColumnSchema['number']>

export const PLAIN: NumberFormat = { decimal: '.', thousands: '', percent: false, currency: '' }

/** Longer cells are never numbers. */
const MAX_LENGTH = 64
/** More digits than this do not survive float64; such whole numbers are codes. */
const MAX_INTEGER_DIGITS = 15

const ZERO = 48
const NINE = 57

/**
 * A number as programs write it: `-12`, `3.5`, `.5`, `1e-3`, outer blanks ignored. NaN for anything else, and for codes that
 * a number would damage: leading zeros, whole numbers of more than fifteen digits. Overflow gives ±Infinity.
 */
export function plainNumber(text: string): number {
  let start = 0
  let end = text.length
  if (end > MAX_LENGTH) return NaN
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  const first = start
  let i = start
  const negative = text.charCodeAt(i) === 45
  if (negative) i++
  const digitsStart = i
  let whole = 0
  for (; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code < ZERO || code > NINE) break
    whole = whole * 10 + (code - ZERO)
  }
  const digits = i - digitsStart
  if (digits > 1 && text.charCodeAt(digitsStart) === ZERO) return NaN
  if (i === end) {
    if (digits === 0 || digits > MAX_INTEGER_DIGITS) return NaN
    return negative ? -whole : whole
  }
  let fraction = 0
  if (text.charCodeAt(i) === 46) {
    const from = ++i
    while (i < end && isDigit(text.charCodeAt(i))) i++
    fraction = i - from
  }
  if (digits + fraction === 0) return NaN
  if (i < end) {
    if ((text.charCodeAt(i) | 32) !== 101) return NaN
    i++
    const sign = text.charCodeAt(i)
    if (sign === 43 || sign === 45) i++
    const from = i
    while (i < end && isDigit(text.charCodeAt(i))) i++
    if (i === from || i < end) return NaN
  }
  return Number(text.slice(first, end))
}

/** `inf`, `-Infinity` and the like, in any case. */
export function isInfinityToken(text: string): boolean {
  if (text.length > 10) return false
  const word = text.trim().toLowerCase()
  const bare = word.startsWith('-') || word.startsWith('+') ? word.slice(1) : word
  return bare === 'inf' || bare === 'infinity'
}

const isDigit = (code: number) => code >= ZERO && code <= NINE
const isBlank = (code: number) => code === 32 || code === 9 || code === 0xa0 || code === 0x202f

const CURRENCIES = ['$', '€', '£', '¥', '₩', '₹', 'zł', 'kr', 'Kč', 'CHF', 'USD', 'EUR', 'GBP', 'KRW', 'JPY']

/** A number in a locale's writing: thousands in strict groups of three, a currency sign, a percent sign, `(12)` for −12. */
export function formattedNumber(text: string, format: NumberFormat): number {
  if (text.length > MAX_LENGTH) return NaN
  let body = text.trim()
  let negative = false
  if (body.startsWith('(') && body.endsWith(')')) {
    negative = true
    body = body.slice(1, -1).trim()
  }
  if (body.startsWith('+')) {
    body = body.slice(1)
    if (isTelephone(body)) return NaN
  } else if (body.startsWith('-') || body.startsWith('−')) {
    negative = !negative
    body = body.slice(1).trimStart()
  }
  if (format.currency !== '') {
    if (body.startsWith(format.currency)) body = body.slice(format.currency.length).trimStart()
    else if (body.endsWith(format.currency)) body = body.slice(0, -format.currency.length).trimEnd()
    if (body.startsWith('-')) {
      negative = !negative
      body = body.slice(1)
    }
  }
  if (format.percent && body.endsWith('%')) body = body.slice(0, -1).trimEnd()
  const value = plainNumber(ungrouped(body, format))
  // A sign was taken off above; a second one is no number.
  return value < 0 || Object.is(value, -0) ? NaN : negative ? -value : value
}

/** What follows a plus sign: seven digits and more, blanks and dashes aside, no decimals. */
const isTelephone = (text: string): boolean =>
  /^[\d ()/-]*$/.test(text) && text.replace(/\D/g, '').length >= 7

/** The same number with a point and without thousands marks; a text that is no number when the groups are wrong. */
function ungrouped(body: string, { decimal, thousands }: NumberFormat): string {
  let point = body.indexOf(decimal)
  if (point < 0) point = body.length
  let whole = body.slice(0, point)
  const rest = body.slice(point + 1)
  if (thousands !== '') {
    const mark =
      thousands === ' ' ? [' ', '\u00a0', '\u202f'].find(space => whole.includes(space)) : thousands
    if (mark !== undefined && whole.includes(mark)) {
      const groups = whole.split(mark)
      if (groups[0]!.length < 1 || groups[0]!.length > 3) return ''
      if (groups.slice(1).some(group => group.length !== 3)) return ''
      whole = groups.join('')
    }
  }
  // What is left may hold digits only, but for an exponent behind a plain point.
  if (decimal === ',' && (rest.includes('.') || whole.includes('.'))) return ''
  return point < body.length ? `${whole}.${rest}` : whole
}

const SHAPES: readonly Pick<NumberFormat, 'decimal' | 'thousands'>[] = [
  { decimal: '.', thousands: '' },
  { decimal: '.', thousands: ',' },
  { decimal: ',', thousands: '' },
  { decimal: ',', thousands: '.' },
  { decimal: '.', thousands: ' ' },
  { decimal: ',', thousands: ' ' },
  { decimal: '.', thousands: "'" },
]

/**
 * The writing under which most values are numbers: `values` are distinct texts with their counts. `preferComma` settles
 * `1,234` (a file separated by semicolons has decimal commas). Null when none reads a single value.
 */
export function findNumberFormat(
  values: readonly (readonly [text: string, count: number])[],
  preferComma: boolean,
): { format: NumberFormat; parsed: number } | undefined {
  const shapes = preferComma ? [SHAPES[0]!, SHAPES[2]!, SHAPES[3]!, SHAPES[5]!, ...SHAPES] : SHAPES
  let currency = ''
  let percent = false
  for (const [text] of values) {
    if (text.length > MAX_LENGTH) continue
    percent ||= text.includes('%')
    if (currency === '') currency = CURRENCIES.find(sign => text.includes(sign)) ?? ''
  }
  let best: { format: NumberFormat; parsed: number } | undefined
  for (const shape of shapes) {
    const format = { ...shape, percent, currency }
    let parsed = 0
    for (const [text, count] of values) {
      const value = parseNumber(text, format)
      if (value === value) parsed += count
    }
    if (parsed > (best?.parsed ?? 0)) best = { format, parsed }
  }
  return best
}

export const isPlainFormat = (format: NumberFormat): boolean =>
  format.decimal === '.' &&
  format.thousands === '' &&
  !format.percent &&
  format.currency === '' &&
  !format.padded

/** A single digit behind a zero, without the zero. */
export function unpadded(text: string): string {
  const body = text.trim()
  return body.length === 2 && body.startsWith('0') ? body.slice(1) : text
}

/** The number a text means under a format. */
export const parseNumber = (text: string, format: NumberFormat): number => {
  const value = plainNumber(format.padded ? unpadded(text) : text)
  return value === value && format.decimal === '.' ? value : formattedNumber(text, format)
}
