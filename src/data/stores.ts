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
  /** Some value needed float64. */
  wide: boolean

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

  /** Values one after another; float64 ones only where some may not survive float32. */
  append(values: Floats): void {
    if (!this.wide && values instanceof Float64Array) this.widen()
    for (let from = 0; from < values.length;) {
      if (this.used === this.block.length) this.extend()
      const to = Math.min(values.length, from + this.block.length - this.used)
      this.block.set(values.subarray(from, to), this.used)
      this.used += to - from
      from = to
    }
    this.length += values.length
  }

  /** The values as they lie. */
  blocks(): Floats[] {
    return [...this.full, this.block.subarray(0, this.used)]
  }

  /** Every value is greater than the one before. */
  isRising(): boolean {
    let before = -Infinity
    for (const block of this.blocks()) {
      for (let i = 0; i < block.length; i++) {
        if (!(block[i]! > before)) return false
        before = block[i]!
      }
    }
    return true
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

  /** Bytes of all texts. */
  get bytes(): number {
    return this.before + this.used
  }

  /** Texts end to end, and where each ends among the bytes of all. */
  append(bytes: Uint8Array, ends: Float64Array): void {
    this.reserve(bytes.length)
    this.block.set(bytes, this.used)
    this.used += bytes.length
    this.ends.append(ends)
    this.length += ends.length
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

  /** Every text in turn, as `bytes[start … end)`. */
  forEach(visit: (bytes: Buffer, start: number, end: number, row: number) => void): void {
    const blocks = [...this.full, { bytes: this.block, from: this.before, to: Infinity }]
    let at = 0
    let row = -1
    let start = 0
    for (const ends of this.ends.blocks()) {
      for (const end of ends) {
        // No text stands in two blocks.
        while (end > blocks[at]!.to) at++
        const { bytes, from } = blocks[at]!
        if (row >= 0) visit(bytes, start - from, end - from, row)
        start = end
        row++
      }
    }
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
  private characters = 0
  readonly keepDictionary: boolean

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

  /** A word that the store does not know yet; its code is the number of words before it. */
  learn(word: string): void {
    this.intern(word, word)
  }

  /** Codes of known words, one for each row; they are not counted. */
  appendCodes(codes: Int32Array): void {
    const length = this.length + codes.length
    if (length > this.codes.length) this.enlarge(length)
    this.codes.set(codes, this.length)
    this.length = length
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
    if (this.length === this.codes.length) this.enlarge(this.length + 1)
    this.codes[this.length++] = code
  }

  private enlarge(length: number): void {
    const room = Math.max(length, Math.ceil(this.codes.length * 1.25))
    this.recode(new (this.codes.constructor as Uint8ArrayConstructor)(room))
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
    text.forEach((bytes, start, end, row) => {
      const chosen = row >= next
      if (chosen) next += step
      if (!chosen && isValue(bytes, start, end)) return
      const value = bytes.toString('utf8', start, end)
      if (isMissing(value)) holes.set(value, (holes.get(value) ?? 0) + 1)
      else if (chosen) found.push([value, 1])
    })
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

  giveUpDictionary(): void {
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
  }
}
