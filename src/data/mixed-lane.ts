import { isAscii, isUtf8 } from 'node:buffer'
import { PlainNumberBuilder } from './builders.ts'
import type { WordBuilder } from './builders.ts'

/** Powers of ten that float64 holds exactly: one division by them rounds correctly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))
const MAX_EXACT_DIGITS = 15
/** No record is begun so near the end of what has arrived: a longer one with a line end in its quotes ends the lane. */
const MARGIN_BYTES = 1 << 16
const MAX_HELD_BYTES = 1 << 22
const BLOCK_ROWS = 1 << 12

const NEWLINE = 10
const RETURN = 13
const QUOTE = 34
const MINUS = 45
const POINT = 46
const ZERO = 48

export interface LaneTable {
  /** One per column; columns without a builder are passed over. */
  readonly builders: readonly (PlainNumberBuilder | WordBuilder | undefined)[]
  readonly delimiter: string
  readonly newline: '\n' | '\r\n'
  /** Records before the data: 0, or 1 for a header. */
  readonly skipRecords: number
  /** Line of the first byte. */
  readonly firstLine: number
  /** The first name of the header: a row that begins with it may be a second table. */
  readonly firstName: string
  /** 64 KiB unless said. */
  readonly marginBytes?: number
}

/**
 * Reads a clean UTF-8 table straight from bytes: cells of number columns become numbers and those of word columns codes
 * without a string in between. It gives up (false) at the first record that is not as RFC 4180 wants it, and of the table's
 * width; the caller then starts over with the careful reader, which this one equals cell for cell on all it accepts.
 */
export async function readMixedBytes(
  chunks: AsyncIterable<Buffer>,
  { builders, delimiter, newline, skipRecords, firstLine, firstName, marginBytes = MARGIN_BYTES }: LaneTable,
): Promise<{ rows: number } | false> {
  const width = builders.length
  const comma = delimiter.charCodeAt(0)
  const returns = newline === '\r\n'
  const numbers = builders.map(builder => (builder instanceof PlainNumberBuilder ? builder : undefined))
  const words = builders.map(builder =>
    builder && !(builder instanceof PlainNumberBuilder) ? builder.store : undefined,
  )
  const block = numbers.map(builder => new Float64Array(builder ? BLOCK_ROWS : 0))
  const repeated = [firstName, `"${firstName}"`].map(name => Buffer.from(name + delimiter))
  let filled = 0
  let rows = 0
  let line = firstLine
  let skip = skipRecords
  let held: Buffer = Buffer.alloc(0)

  const flush = () => {
    for (let j = 0; j < width; j++) numbers[j]?.store.pushStrided(block[j]!, 0, 1, filled)
    filled = 0
  }
  const lineNow = () => line

  /** A cell that the digits-only way could not take. */
  const oddNumber = (builder: PlainNumberBuilder, text: string): number =>
    builder.contradiction ? NaN : builder.valueOf(text, lineNow)

  /** Records that begin before `limit`; the last byte before `end` is a line end. Where it stopped, or −1 to give up. */
  const readRecords = (bytes: Buffer, limit: number, end: number): number => {
    let i = 0
    while (i < limit) {
      if (bytes[i] === (returns ? RETURN : NEWLINE)) {
        i++
        if (returns && bytes[i++] !== NEWLINE) return -1
        line++
        continue
      }
      if (skip > 0) {
        const next = behindRecord(bytes, i, end)
        for (; i < next; i++) if (bytes[i] === NEWLINE) line++
        skip--
        continue
      }
      if (begins(bytes, i, repeated[0]!) || begins(bytes, i, repeated[1]!)) return -1
      let breaks = 1
      for (let column = 0; column < width; column++) {
        const start = i
        let byte = bytes[i]!
        const builder = numbers[column]
        const store = words[column]
        if (byte === QUOTE) {
          // Up to the quote that is not doubled.
          let doubled = false
          let ascii = 0
          let hash = 0
          for (i++; ; i++) {
            if (i >= end) return -1
            byte = bytes[i]!
            if (byte === QUOTE) {
              if (bytes[i + 1] !== QUOTE) break
              doubled = true
              i++
            } else if (byte === NEWLINE) breaks++
            else if (byte === RETURN && bytes[i + 1] !== NEWLINE) return -1
            ascii |= byte
            hash = (Math.imul(hash, 31) + byte) | 0
          }
          if (store && !doubled) store.pushBytes(bytes, start + 1, i, hash, ascii < 128)
          else if (store || builder) {
            const raw = bytes.toString('utf8', start + 1, i)
            const text = doubled ? raw.replaceAll('""', '"') : raw
            if (store) store.push(text)
            else block[column]![filled] = oddNumber(builder!, text)
          }
          byte = bytes[++i]!
        } else if (builder) {
          const negative = byte === MINUS
          if (negative) byte = bytes[++i]!
          const first = i
          let value = 0
          while (byte >= ZERO && byte <= 57) {
            value = value * 10 + (byte - ZERO)
            byte = bytes[++i]!
          }
          const digits = i - first
          let fraction = 0
          if (byte === POINT) {
            const point = i + 1
            byte = bytes[++i]!
            while (byte >= ZERO && byte <= 57) {
              value = value * 10 + (byte - ZERO)
              byte = bytes[++i]!
            }
            fraction = i - point
          }
          if (
            (byte === comma || byte === NEWLINE || byte === RETURN) &&
            digits > 0 &&
            digits + fraction <= MAX_EXACT_DIGITS &&
            (digits === 1 || bytes[first] !== ZERO)
          ) {
            if (fraction > 0) value /= POWERS[fraction]!
            block[column]![filled] = negative ? -value : value
          } else {
            while (byte !== comma && byte !== NEWLINE && byte !== RETURN) {
              if (byte === QUOTE) return -1
              byte = bytes[++i]!
            }
            block[column]![filled] = oddNumber(builder, bytes.toString('utf8', start, i))
          }
        } else {
          let hash = 0
          let ascii = 0
          while (byte !== comma && byte !== NEWLINE && byte !== RETURN) {
            if (byte === QUOTE) return -1
            ascii |= byte
            hash = (Math.imul(hash, 31) + byte) | 0
            byte = bytes[++i]!
          }
          store?.pushBytes(bytes, start, i, hash, ascii < 128)
        }
        if (column < width - 1) {
          if (byte !== comma) return -1
        } else {
          // A line end of the other kind is for the careful reader, who tells of it.
          if ((byte === RETURN) !== returns) return -1
          if (returns) byte = bytes[++i]!
          if (byte !== NEWLINE) return -1
        }
        i++
      }
      line += breaks
      rows++
      if (++filled === BLOCK_ROWS) flush()
    }
    return i
  }

  const joined = new Joiner()
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : joined.join(held, chunk)
    const end = bytes.lastIndexOf(NEWLINE) + 1
    const whole = bytes.subarray(0, end)
    if (!isAscii(whole) && !isUtf8(whole)) return false
    const done = readRecords(bytes, Math.min(end, bytes.length - marginBytes), end)
    if (done < 0) return false
    held = bytes.subarray(done)
    if (held.length > MAX_HELD_BYTES) return false
  }
  if (held.length > 0) {
    const ended = held[held.length - 1] === NEWLINE
    const last = ended ? held : Buffer.concat([held, Buffer.from(newline)])
    if ((!isAscii(last) && !isUtf8(last)) || readRecords(last, last.length, last.length) < 0) return false
  }
  flush()
  return { rows }
}

/** Puts what was left over before what has come, in one buffer again and again: nothing read from it may outlive the next join. */
export class Joiner {
  private buffer: Buffer = Buffer.alloc(0)

  join(held: Buffer, chunk: Buffer): Buffer {
    const length = held.length + chunk.length
    if (this.buffer.length < length) {
      const larger = Buffer.allocUnsafeSlow(2 * length)
      held.copy(larger)
      this.buffer = larger
    } else this.buffer.set(held)
    chunk.copy(this.buffer, held.length)
    return this.buffer.subarray(0, length)
  }
}

const begins = (bytes: Buffer, at: number, text: Buffer): boolean => {
  if (bytes[at] !== text[0]) return false
  for (let i = 1; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}

function behindRecord(bytes: Buffer, from: number, end: number): number {
  let inside = false
  for (let i = from; i < end; i++) {
    if (bytes[i] === QUOTE) inside = !inside
    else if (bytes[i] === NEWLINE && !inside) return i + 1
  }
  return end
}
