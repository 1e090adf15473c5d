import type { Holes } from './text-facts.ts'

/** Growing columns. Each takes one value per row and is finished into typed arrays once. */

type Floats = Float32Array | Float64Array

/** Least size of a further block. */
const BLOCK_VALUES = 1 << 16
const BLOCK_BYTES = 1 << 22

/**
 * Numbers: float32 while every value survives it, float64 from the first that does not. The first block has room for the rows
 * expected, of which only pages that are written to take memory; when it is full others follow, and nothing is copied until the end.
 */
export class NumberStore {
  length = 0
  private full: Floats[] = []
  private block: Floats
  private used = 0
  private wide: boolean

  constructor(capacity: number, wide = false) {
    this.wide = wide
    this.block = floats(Math.max(16, capacity), wide)
  }

  push(value: number): void {
    if (this.used === this.block.length) this.extend()
    this.block[this.used] = value
    // Only NaN differs from itself; any other change is a loss.
    if (!this.wide && this.block[this.used] !== value && value === value) this.widen()[this.used] = value
    this.used++
    this.length++
  }

  /** Every `stride`-th of `rows` values of a row-major block. */
  pushStrided(source: Float64Array, offset: number, stride: number, rows: number): void {
    let i = offset
    for (let left = rows; left > 0;) {
      if (this.used === this.block.length) this.extend()
      const take = Math.min(left, this.block.length - this.used)
      let { block } = this
      const end = this.used + take
      for (let at = this.used; at < end; at++, i += stride) {
        const value = source[i]!
        block[at] = value
        if (block[at] !== value && value === value) {
          this.used = at
          block = this.widen()
          block[at] = value
        }
      }
      this.used = end
      left -= take
    }
    this.length += rows
  }

  at(row: number): number {
    let from = 0
    for (const block of this.full) {
      if (row < from + block.length) return block[row - from]!
      from += block.length
    }
    return this.block[row - from]!
  }

  /** The values, once: the store is empty afterwards. */
  finish(): Floats {
    const { full, block, used, length } = this
    this.full = []
    this.block = floats(16, this.wide)
    this.used = this.length = 0
    if (full.length === 0) return fitted(block, used)
    const values = floats(length, this.wide)
    let at = 0
    for (let next = full.shift(); next; next = full.shift()) {
      values.set(next, at)
      at += next.length
    }
    values.set(block.subarray(0, used), at)
    return values
  }

  private widen(): Floats {
    const block = floats(this.block.length, true)
    block.set(this.block.subarray(0, this.used))
    this.wide = true
    return (this.block = block)
  }

  private extend(): void {
    this.full.push(this.block)
    this.block = floats(Math.max(BLOCK_VALUES, this.length >> 2), this.wide)
    this.used = 0
  }
}

const floats = (length: number, wide: boolean): Floats =>
  wide ? new Float64Array(length) : new Float32Array(length)

/** Room that was never written to takes no memory: a little of it may stay. */
const fitted = <T extends Floats | Uint8Array>(values: T, length: number): T =>
  (length > 0.75 * values.length ? values.subarray(0, length) : values.slice(0, length)) as T

/** Cells shorter than this are faster copied byte by byte. */
const SHORT_BYTES = 96

/** Texts end to end in UTF-8, in blocks as numbers are. */
export class TextStore {
  length = 0
  private readonly ends: NumberStore
  private full: { readonly bytes: Buffer; readonly from: number; readonly to: number }[] = []
  private block: Buffer
  /** Bytes in the full blocks, and in this one. */
  private before = 0
  private used = 0

  constructor(rows = 1024, bytes = 1 << 12) {
    this.ends = new NumberStore(rows + 1, true)
    this.ends.push(0)
    this.block = Buffer.alloc(Math.max(1 << 12, bytes))
  }

  push(text: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    this.reserve(3 * text.length)
    this.used += this.block.write(text, this.used)
    this.end()
  }

  /** UTF-8 bytes as they are. */
  pushBytes(source: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    const { block } = this
    if (end - start > SHORT_BYTES) source.copy(block, this.used, start, end)
    else for (let from = start, to = this.used; from < end; from++, to++) block[to] = source[from]!
    this.used += end - start
    this.end()
  }

  /** The bytes of one row: `bytes[start … end)`. */
  place(row: number): { bytes: Buffer; start: number; end: number } {
    const [start, end] = [this.ends.at(row), this.ends.at(row + 1)]
    const { bytes, from } = this.full.find(block => end <= block.to && start >= block.from) ?? {
      bytes: this.block,
      from: this.before,
    }
    return { bytes, start: start - from, end: end - from }
  }

  at(row: number): string {
    const { bytes, start, end } = this.place(row)
    return bytes.toString('utf8', start, end)
  }

  /** The texts, once: the store is empty afterwards. */
  finish(): { bytes: Uint8Array; offsets: Float64Array } {
    const offsets = this.ends.finish() as Float64Array
    const { full, block, used, before } = this
    this.full = []
    this.block = Buffer.alloc(0)
    this.length = this.before = this.used = 0
    const last = new Uint8Array(block.buffer, block.byteOffset, block.length)
    if (full.length === 0) return { bytes: fitted(last, used), offsets }
    const bytes = new Uint8Array(before + used)
    for (let next = full.shift(); next; next = full.shift())
      bytes.set(next.bytes.subarray(0, next.to - next.from), next.from)
    bytes.set(last.subarray(0, used), before)
    return { bytes, offsets }
  }

  private end(): void {
    this.ends.push(this.before + this.used)
    this.length++
  }

  private reserve(more: number): void {
    if (this.used + more <= this.block.length) return
    const to = this.before + this.used
    this.full.push({ bytes: this.block, from: this.before, to })
    this.before = to
    this.block = Buffer.alloc(Math.max(BLOCK_BYTES, to >> 2, more))
    this.used = 0
  }
}

/** Finds the code of a word by its bytes: open addressing over hashes, the bytes end to end for comparison. */
class ByteIndex {
  /** Code + 1 in each slot, 0 empty. */
  private slots = new Int32Array(64)
  private hashes = new Int32Array(64)
  private starts = new Int32Array(64)
  private lengths = new Int32Array(64)
  private bytes: Buffer = Buffer.alloc(1024)
  private used = 0
  private size = 0

  /** −1 when the bytes are new. */
  find(source: Buffer, start: number, end: number, hash: number): number {
    const { slots, hashes, starts, lengths, bytes } = this
    const mask = slots.length - 1
    const length = end - start
    for (let slot = spread(hash) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] !== hash || lengths[slot] !== length) continue
      let at = starts[slot]!
      let i = start
      while (i < end && bytes[at] === source[i]) {
        at++
        i++
      }
      if (i === end) return slots[slot]! - 1
    }
    return -1
  }

  add(source: Buffer, start: number, end: number, hash: number, code: number): void {
    if (this.size * 2 >= this.slots.length) this.grow()
    const length = end - start
    if (this.used + length > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(2 * this.bytes.length, this.used + length))
      this.bytes.copy(larger, 0, 0, this.used)
      this.bytes = larger
    }
    source.copy(this.bytes, this.used, start, end)
    this.place(hash, this.used, length, code)
    this.used += length
    this.size++
  }

  clear(): void {
    this.slots = this.hashes = this.starts = this.lengths = new Int32Array(0)
    this.bytes = Buffer.alloc(0)
  }

  private place(hash: number, start: number, length: number, code: number): void {
    const mask = this.slots.length - 1
    let slot = spread(hash) & mask
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask
    this.slots[slot] = code + 1
    this.hashes[slot] = hash
    this.starts[slot] = start
    this.lengths[slot] = length
  }

  private grow(): void {
    const { slots, hashes, starts, lengths } = this
    const capacity = slots.length * 2
    this.slots = new Int32Array(capacity)
    this.hashes = new Int32Array(capacity)
    this.starts = new Int32Array(capacity)
    this.lengths = new Int32Array(capacity)
    slots.forEach((code, i) => {
      if (code !== 0) this.place(hashes[i]!, starts[i]!, lengths[i]!, code - 1)
    })
  }
}

const spread = (hash: number): number => hash ^ (hash >>> 15)

/** V8 keeps the whole chunk alive behind a slice of this length or more; copies free it. */
const SLICE_LENGTH = 13
const MAX_WORDS = 1_000_000
/** Columns in which most values are new are texts or ids, and a dictionary of them is a waste. */
const OVERFLOW_WORDS = 100_000
const OVERFLOW_BYTES = 1 << 26
/** Of the first block; the others are smaller. */
const MAX_TEXT_BYTES = 2 ** 31

/** Of a longer text column, the type is found from so many values. */
const MAX_ENTRIES = 1 << 17

/** Strings of any kind, without loss: a dictionary and codes, or text end to end when nearly every value is new. */
export class WordStore {
  words: string[] = []
  counts: number[] = []
  /** In the smallest whole numbers that hold them. */
  codes: Uint8Array | Uint16Array | Int32Array
  length = 0
  /** Set when the dictionary was given up. */
  text: TextStore | undefined
  /** Characters of the longest value. */
  longest = 0
  private index = new Map<string, number>()
  private readonly byBytes = new ByteIndex()
  private characters = 0
  private readonly keepDictionary: boolean

  constructor(capacity: number, keepDictionary = false) {
    this.codes = new Uint8Array(Math.max(16, capacity))
    this.keepDictionary = keepDictionary
  }

  push(word: string): void {
    if (this.text) {
      if (word.length > this.longest) this.longest = word.length
      this.text.push(word)
      this.length++
      return
    }
    let code = this.index.get(word)
    if (code === undefined)
      code = this.intern(word, word.length < SLICE_LENGTH ? word : Buffer.from(word).toString())
    this.pushCode(code)
    if (!this.keepDictionary && this.overflows()) this.giveUpDictionary()
  }

  /** The word in `source[start … end)`; `hash` is a function of its bytes alone. */
  pushBytes(source: Buffer, start: number, end: number, hash: number, ascii: boolean): void {
    if (this.text) {
      if (end - start > this.longest) this.longest = end - start
      this.text.pushBytes(source, start, end)
      this.length++
      return
    }
    let code = this.byBytes.find(source, start, end, hash)
    if (code < 0) {
      const word = source.toString(ascii ? 'latin1' : 'utf8', start, end)
      code = this.index.get(word) ?? this.intern(word, word)
      this.byBytes.add(source, start, end, hash, code)
      this.pushCode(code)
      if (!this.keepDictionary && this.overflows()) this.giveUpDictionary()
    } else this.pushCode(code)
  }

  private intern(word: string, kept: string): number {
    const code = this.words.push(kept) - 1
    if (code === 1 << 8) this.recode(new Uint16Array(this.codes.length))
    else if (code === 1 << 16) this.recode(new Int32Array(this.codes.length))
    this.counts.push(0)
    this.index.set(kept, code)
    this.characters += word.length
    if (word.length > this.longest) this.longest = word.length
    return code
  }

  private pushCode(code: number): void {
    this.counts[code]!++
    if (this.length === this.codes.length) {
      const { codes } = this
      this.recode(new (codes.constructor as Uint8ArrayConstructor)(Math.ceil(codes.length * 1.25)))
    }
    this.codes[this.length++] = code
  }

  private recode(codes: Uint8Array | Uint16Array | Int32Array): void {
    codes.set(this.codes.subarray(0, this.length))
    this.codes = codes
  }

  /**
   * Each distinct value with its count. With a text store: of MAX_ENTRIES rows spread evenly, each value as it comes with count
   * one; but holes are counted in all rows, and stand for as many of these.
   */
  entries({ isMissing, isValue }: Holes): [string, number][] {
    const { text, words, counts } = this
    if (!text) return words.map((word, i) => [word, counts[i]!])
    const step = Math.max(1, this.length / MAX_ENTRIES)
    const found: [string, number][] = []
    const holes = new Map<string, number>()
    let next = 0
    for (let row = 0; row < this.length; row++) {
      const chosen = row >= next
      if (chosen) next += step
      const { bytes, start, end } = text.place(row)
      if (!chosen && isValue(bytes, start, end)) continue
      const value = bytes.toString('utf8', start, end)
      if (isMissing(value)) holes.set(value, (holes.get(value) ?? 0) + 1)
      else if (chosen) found.push([value, 1])
    }
    return [
      ...found,
      ...[...holes].map(([value, n]): [string, number] => [value, Math.max(1, Math.round(n / step))]),
    ]
  }

  at(row: number): string {
    return this.text ? this.text.at(row) : this.words[this.codes[row]!]!
  }

  private overflows(): boolean {
    const words = this.words.length
    if (words < OVERFLOW_WORDS && this.characters < OVERFLOW_BYTES) return false
    return words > MAX_WORDS || words > 0.5 * this.length
  }

  private giveUpDictionary(): void {
    let bytes = 0
    this.words.forEach((word, code) => (bytes += this.counts[code]! * Buffer.byteLength(word)))
    const expected = Math.min(MAX_TEXT_BYTES, ((1.05 * bytes) / this.length) * this.codes.length)
    const text = new TextStore(this.codes.length, Math.ceil(expected))
    for (let row = 0; row < this.length; row++) text.push(this.words[this.codes[row]!]!)
    this.text = text
    this.words = []
    this.counts = []
    this.codes = new Uint8Array(0)
    this.index = new Map()
    this.byBytes.clear()
  }
}
