/** Growing columns. Each takes one value per row and is finished into typed arrays once. */

/** Numbers: float32 while every value survives it, float64 from the first that does not. */
export class NumberStore {
  values: Float32Array | Float64Array
  length = 0
  constructor(capacity: number) {
    this.values = new Float32Array(Math.max(16, capacity))
  }

  push(value: number): void {
    if (this.length === this.values.length) this.grow(this.length + 1)
    this.values[this.length] = value
    // Only NaN differs from itself; any other change is a loss.
    if (this.values[this.length] !== value && value === value) this.widen()[this.length] = value
    this.length++
  }

  /** Every `stride`-th of `rows` values of a row-major block. */
  pushStrided(block: Float64Array, offset: number, stride: number, rows: number): void {
    if (this.length + rows > this.values.length) this.grow(this.length + rows)
    let { values } = this
    let at = this.length
    for (let row = 0, i = offset; row < rows; row++, i += stride) {
      const value = block[i]!
      values[at] = value
      if (values[at] !== value && value === value) {
        values = this.widen()
        values[at] = value
      }
      at++
    }
    this.length = at
  }

  finish(): Float32Array | Float64Array {
    return this.length > 0.9 * this.values.length
      ? this.values.subarray(0, this.length)
      : this.values.slice(0, this.length)
  }

  private widen(): Float64Array {
    const wide = new Float64Array(this.values.length)
    wide.set(this.values)
    this.values = wide
    return wide
  }

  private grow(least: number): void {
    const length = Math.max(least, Math.ceil(this.values.length * 1.5))
    const larger = this.values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)
    larger.set(this.values)
    this.values = larger
  }
}

/** Texts end to end in UTF-8. */
export class TextStore {
  bytes = Buffer.alloc(1 << 12)
  offsets = new Float64Array(1024)
  length = 0
  private used = 0

  push(text: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    this.reserve(3 * text.length)
    this.used += this.bytes.write(text, this.used)
    this.offsets[++this.length] = this.used
  }

  private reserve(more: number): void {
    if (this.used + more > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(Math.ceil(this.bytes.length * 1.5), this.used + more))
      this.bytes.copy(larger, 0, 0, this.used)
      this.bytes = larger
    }
    if (this.length + 2 > this.offsets.length) {
      const larger = new Float64Array(Math.ceil(this.offsets.length * 1.5))
      larger.set(this.offsets)
      this.offsets = larger
    }
  }

  /** UTF-8 bytes as they are. */
  pushBytes(source: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    source.copy(this.bytes, this.used, start, end)
    this.used += end - start
    this.offsets[++this.length] = this.used
  }

  at(row: number): string {
    return this.bytes.toString('utf8', this.offsets[row], this.offsets[row + 1])
  }

  finish(): { bytes: Uint8Array; offsets: Float64Array } {
    return {
      bytes: new Uint8Array(this.bytes.subarray(0, this.used)),
      offsets: this.offsets.slice(0, this.length + 1),
    }
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

/** Strings of any kind, without loss: a dictionary and codes, or text end to end when nearly every value is new. */
export class WordStore {
  words: string[] = []
  counts: number[] = []
  codes: Int32Array
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
    this.codes = new Int32Array(Math.max(16, capacity))
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
    this.counts.push(0)
    this.index.set(kept, code)
    this.characters += word.length
    if (word.length > this.longest) this.longest = word.length
    return code
  }

  private pushCode(code: number): void {
    this.counts[code]!++
    if (this.length === this.codes.length) {
      const larger = new Int32Array(Math.ceil(this.codes.length * 1.5))
      larger.set(this.codes)
      this.codes = larger
    }
    this.codes[this.length++] = code
  }

  /** Each distinct value with its count; with a text store each value as it comes, with count one. */
  entries(): [string, number][] {
    if (!this.text) return this.words.map((word, i) => [word, this.counts[i]!])
    return Array.from({ length: this.length }, (_, row) => [this.text!.at(row), 1])
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
    const text = new TextStore()
    for (let row = 0; row < this.length; row++) text.push(this.words[this.codes[row]!]!)
    this.text = text
    this.words = []
    this.counts = []
    this.codes = new Int32Array(0)
    this.index = new Map()
    this.byBytes.clear()
  }
}
