import type { ColumnSchema } from './schema.ts'

export type DateOrder = NonNullable<ColumnSchema['datetime']>['order']

const MAX_LENGTH = 40
const DAY_MS = 86_400_000
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** Two-digit years: 00–68 are 2000–2068, 69–99 are 1969–1999, as POSIX has it. */
const CENTURY_PIVOT = 69

interface Part {
  readonly kind: 'number' | 'month'
  readonly value: number
  readonly digits: number
}

/**
 * Milliseconds since 1970-01-01 UTC of a date with a year, with or without a time of day and zone; NaN when it is none, or
 * impossible (30 February). The order of day and month is given, never guessed per cell.
 */
export function parseDate(text: string, order: DateOrder): number {
  if (order === 'epoch-seconds' || order === 'epoch-milliseconds') {
    const value = text.trim() === '' ? NaN : Number(text)
    return order === 'epoch-seconds' ? value * 1000 : value
  }
  const body = text.trim()
  if (body.length < 6 || body.length > MAX_LENGTH) return NaN
  const date = scanDate(body)
  if (!date) return NaN
  const day = dayNumber(date.parts, order)
  if (day !== day) return NaN
  const time = date.end === body.length ? 0 : scanTime(body.slice(date.end))
  return day * DAY_MS + time
}

/** Three parts joined by one kind of separator (or `20240131`), a month possibly by its name. */
function scanDate(body: string): { parts: Part[]; end: number } | undefined {
  const parts: Part[] = []
  let i = 0
  let separator = ''
  while (parts.length < 3) {
    const from = i
    while (i < body.length && isDigit(body.charCodeAt(i))) i++
    if (i > from) {
      const digits = i - from
      if (parts.length === 0 && digits === 8) return compact(body.slice(0, 8), i)
      if (digits > 4) return undefined
      parts.push({ kind: 'number', value: Number(body.slice(from, i)), digits })
    } else {
      while (i < body.length && isLetter(body.charCodeAt(i))) i++
      const month = MONTHS.indexOf(body.slice(from, Math.min(i, from + 3)).toLowerCase())
      if (i - from < 3 || i - from > 9 || month < 0) return undefined
      parts.push({ kind: 'month', value: month + 1, digits: 0 })
    }
    if (parts.length === 3) break
    const mark = body[i]
    if (mark === undefined || !'-/. ,'.includes(mark)) return undefined
    const named = parts.some(part => part.kind === 'month')
    if (parts.length === 1) separator = mark
    else if (mark !== separator && !named) return undefined
    while (i < body.length && ' ,'.includes(body[i]!)) i++
    if (i < body.length && '-/.'.includes(body[i]!)) i++
    while (i < body.length && body[i] === ' ') i++
  }
  return { parts, end: i }
}

function compact(digits: string, end: number): { parts: Part[]; end: number } {
  const part = (from: number, to: number): Part => ({
    kind: 'number',
    value: Number(digits.slice(from, to)),
    digits: to - from,
  })
  return { parts: [part(0, 4), part(4, 6), part(6, 8)], end }
}

function dayNumber(parts: readonly Part[], order: DateOrder): number {
  const [a, b, c] = parts as [Part, Part, Part]
  const yearFirst = a.kind === 'number' && a.digits === 4
  if (yearFirst !== (order === 'iso' || order === 'ymd')) return NaN
  if (yearFirst) return c.kind === 'month' ? NaN : civilDay(a.value, b.value, c.value)
  if (c.kind !== 'number' || (c.digits !== 4 && c.digits !== 2)) return NaN
  const year = c.digits === 4 ? c.value : c.value + (c.value < CENTURY_PIVOT ? 2000 : 1900)
  // A month by name stands where it stands, whatever the order.
  const monthFirst = a.kind === 'month' || (b.kind !== 'month' && order === 'mdy')
  return monthFirst
    ? b.kind === 'month' || a.digits > 2 || b.digits > 2
      ? NaN
      : civilDay(year, a.value, b.value)
    : a.digits > 2 || b.digits > 2
      ? NaN
      : civilDay(year, b.value, a.value)
}

function civilDay(year: number, month: number, day: number): number {
  if (year < 1 || month < 1 || month > 12 || day < 1) return NaN
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  if (day > DAYS[month - 1]! + (month === 2 && leap ? 1 : 0)) return NaN
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / DAY_MS
}

/** `T12:30:15.250Z`, ` 09:05 PM`, ` 12:30 +02:00`: milliseconds to add to midnight UTC; NaN when it is no time. */
function scanTime(text: string): number {
  const match =
    /^(?:[T ]|, ?) ?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?([AaPp]\.?[Mm]\.?)?(.*)$/.exec(text)
  if (!match) return NaN
  let hour = Number(match[1])
  const minute = Number(match[2])
  const second = Number(match[3] ?? 0)
  if (match[5] !== undefined) {
    if (hour < 1 || hour > 12) return NaN
    hour = (hour % 12) + (/^p/i.test(match[5]) ? 12 : 0)
  }
  if (hour > 24 || minute > 59 || second > 60) return NaN
  const zone = scanZone(match[6]!.trim())
  return ((hour * 60 + minute - zone) * 60 + second) * 1000 + Math.floor(Number(`0.${match[4] ?? 0}`) * 1000)
}

/** Minutes east of UTC. */
function scanZone(text: string): number {
  if (text === '' || /^(?:Z|UTC|GMT)$/i.test(text)) return 0
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/i.exec(text)
  if (!match) return NaN
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return minutes > 14 * 60 ? NaN : match[1] === '-' ? -minutes : minutes
}

const isDigit = (code: number) => code >= 48 && code <= 57
const isLetter = (code: number) => (code | 32) >= 97 && (code | 32) <= 122

/** The order under which most values are dates, by evidence: `13/02` settles it. `undecided` when both orders read the same. */
export function findDateOrder(
  values: readonly (readonly [text: string, count: number])[],
): { order: DateOrder; parsed: number; undecided: boolean } | undefined {
  const parsed = { iso: 0, ymd: 0, dmy: 0, mdy: 0 }
  let differ = false
  for (const [text, count] of values) {
    const yearFirst = parseDate(text, 'ymd')
    if (yearFirst === yearFirst) {
      if (text.trim()[4] === '-') parsed.iso += count
      parsed.ymd += count
      continue
    }
    const dayFirst = parseDate(text, 'dmy')
    const monthFirst = parseDate(text, 'mdy')
    if (dayFirst === dayFirst) parsed.dmy += count
    if (monthFirst === monthFirst) parsed.mdy += count
    if (dayFirst === dayFirst && monthFirst === monthFirst && dayFirst !== monthFirst) differ = true
  }
  const most = Math.max(parsed.ymd, parsed.dmy, parsed.mdy)
  if (most === 0) return undefined
  if (parsed.ymd === most)
    return { order: parsed.iso === most ? 'iso' : 'ymd', parsed: most, undecided: false }
  if (parsed.dmy !== parsed.mdy) {
    return { order: parsed.dmy > parsed.mdy ? 'dmy' : 'mdy', parsed: most, undecided: false }
  }
  // Only slashes are written month first by a large country; a point or dash is a European hand.
  const slashed = values.some(([text]) => text.includes('/'))
  return { order: slashed ? 'mdy' : 'dmy', parsed: most, undecided: differ }
}
