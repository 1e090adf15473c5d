import { isUtf8 } from 'node:buffer'
import type { ParquetParsers, SchemaElement } from 'hyparquet'

/** A value as it comes out of a page, nothing missing. */
export type Packed = unknown

/**
 * What the values of a Parquet column are: numbers, moments (milliseconds since 1970), words, or nothing at all. `text` is the
 * value as a CSV file of the same table would hold it.
 */
export interface Cells {
  readonly kind: 'number' | 'moment' | 'word' | 'nothing'
  /** NaN for a whole number of more digits than float64 keeps: a code, not a quantity. Absent from words. */
  readonly number?: (value: Packed) => number
  readonly text: (value: Packed) => string
  /** It holds lists, maps or records: its text is JSON. */
  readonly nested: boolean
}

const floor = (value: bigint, unit: bigint): number =>
  Number(value >= 0n ? value / unit : -((-value + unit - 1n) / unit))
const utf8 = (bytes: Uint8Array | undefined) =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')

/** Moments as milliseconds; text as it stands. */
export const FLAT_PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: value => Number(value),
  timestampFromMicroseconds: value => floor(value, 1000n),
  timestampFromNanoseconds: value => floor(value, 1_000_000n),
  dateFromDays: days => days * 86_400_000,
  stringFromBytes: utf8,
  jsonFromBytes: utf8,
}

/** Inside lists and records moments print as ISO 8601. */
export const NESTED_PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: value => moment(Number(value)),
  timestampFromMicroseconds: value => moment(floor(value, 1000n)),
  timestampFromNanoseconds: value => moment(floor(value, 1_000_000n)),
  dateFromDays: days => moment(days * 86_400_000).slice(0, 10),
  stringFromBytes: utf8,
}

/** The element with annotations left out that would be decoded with loss, or refused. */
export function rawElement(element: SchemaElement, nested: boolean): SchemaElement {
  const { converted_type, logical_type, ...rest } = element
  const refused = converted_type === 'BSON' || converted_type === 'INTERVAL'
  const lossy = !nested && converted_type === 'DECIMAL'
  const shape = logical_type?.type === 'GEOMETRY' || logical_type?.type === 'GEOGRAPHY'
  return {
    ...rest,
    ...(converted_type !== undefined && !refused && !lossy && { converted_type }),
    ...(logical_type !== undefined && !shape && { logical_type }),
  }
}

const MAX_WHOLE = 999_999_999_999_999

const whole = (value: Packed): number => {
  const number = Number(value)
  return number > MAX_WHOLE || number < -MAX_WHOLE ? NaN : number
}

const WHOLE: Cells = { kind: 'number', number: whole, text: String, nested: false }
const REAL: Cells = {
  kind: 'number',
  number: value => value as number,
  text: value => real(value as number),
  nested: false,
}
const SINGLE: Cells = { ...REAL, text: value => real(shortSingle(value as number)) }
const MOMENT: Cells = {
  kind: 'moment',
  number: value => value as number,
  text: value => moment(value as number),
  nested: false,
}
const DAY: Cells = { ...MOMENT, text: value => moment(value as number).replace(/ .*/, '') }
const BOOLEAN: Cells = {
  kind: 'word',
  text: value => (value === true || value === 1 ? 'True' : 'False'),
  nested: false,
}
const WORD: Cells = { kind: 'word', text: word, nested: false }

/** What the elements of one column, as they stand in the schema, hold. */
export function cellsOf([element, ...inner]: readonly SchemaElement[]): Cells {
  if (inner.length > 0 || element!.repetition_type === 'REPEATED')
    return { kind: 'word', text: json, nested: true }
  const { type, converted_type: converted, logical_type: logical } = element!
  if (logical?.type === 'NULL') return { ...WORD, kind: 'nothing' }
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return decimal(element!)
  if (converted === 'DATE' || logical?.type === 'DATE') return DAY
  if (type === 'INT96' || converted?.startsWith('TIMESTAMP') || logical?.type === 'TIMESTAMP') return MOMENT
  if (converted?.startsWith('TIME_') || logical?.type === 'TIME') return timeOfDay(element!)
  if (converted === 'INTERVAL') return { ...WORD, text: interval }
  if (logical?.type === 'FLOAT16') return SINGLE
  if (type === 'BOOLEAN') return BOOLEAN
  if (type === 'FLOAT') return SINGLE
  if (type === 'DOUBLE') return REAL
  return type === 'INT32' || type === 'INT64' ? WHOLE : WORD
}

/** Whole floats end in `.0`, as data frames write them. */
function real(value: number): string {
  if (!Number.isInteger(value)) return String(value)
  return Math.abs(value) < 1e15 ? `${Object.is(value, -0) ? '-0' : value}.0` : value.toExponential()
}

/** The shortest decimal that means the same float32. */
function shortSingle(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** `2024-01-31 12:30:15.250`; milliseconds only where there are any. */
function moment(value: number): string {
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) return ''
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/(?:\.000)?Z$/, '')
}

const text = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return buffer.toString(isUtf8(buffer) ? 'utf8' : 'base64')
}

function word(value: Packed): string {
  return typeof value === 'string' ? value : value instanceof Uint8Array ? text(value) : String(value)
}

function json(value: Packed): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return Number.isSafeInteger(Number(part)) ? Number(part) : String(part)
    if (part instanceof Uint8Array) return text(part)
    return ArrayBuffer.isView(part) ? Array.from(part as Float64Array) : part
  })
}

function decimal({ scale = 0 }: SchemaElement): Cells {
  const written = (value: Packed): string => {
    const unscaled = value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number)
    if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
    return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  }
  const number = (value: Packed): number => {
    // A quotient of whole numbers that float64 holds is the nearest float64, as reading the decimals would give.
    const packed = typeof value === 'bigint' ? Number(value) : value
    if (scale >= 0 && scale <= 15 && typeof packed === 'number' && Number.isSafeInteger(packed)) {
      return scale === 0 ? whole(packed) : packed / 10 ** scale
    }
    const decimals = written(value)
    return scale <= 0 ? whole(decimals) : Number(decimals)
  }
  return { kind: 'number', number, text: written, nested: false }
}

function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

/** `12:30:15.250`. */
function timeOfDay({ converted_type, logical_type }: SchemaElement): Cells {
  const unit =
    logical_type?.type === 'TIME' ? logical_type.unit : converted_type === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS'
  const perMillisecond = { MILLIS: 1n, MICROS: 1000n, NANOS: 1_000_000n }[unit]
  return { ...WORD, text: value => moment(floor(BigInt(value as number), perMillisecond)).slice(11) }
}

/** Months, days and milliseconds as ISO 8601 writes a duration. */
function interval(value: Packed): string {
  const bytes = Buffer.from(value as Uint8Array)
  return `P${bytes.readUInt32LE(0)}M${bytes.readUInt32LE(4)}DT${bytes.readUInt32LE(8) / 1000}S`
}
