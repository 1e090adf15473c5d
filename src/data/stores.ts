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
    if (this.used + 3 * text.length > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(Math.ceil(this.bytes.length * 1.5), this.used + 3 * text.length))
      this.bytes.copy(larger, 0, 0, this.used)
      this.bytes = larger
    }
    if (this.length + 2 > this.offsets.length) {
      const larger = new Float64Array(Math.ceil(this.offsets.length * 1.5))
      larger.set(this.offsets)
      this.offsets = larger
    }
    this.used += this.bytes.write(text, this.used)
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
    if (code === undefined) {
      const kept = word.length < SLICE_LENGTH ? word : Buffer.from(word).toString()
      code = this.words.length
      this.words.push(kept)
      this.counts.push(0)
      this.index.set(kept, code)
      this.characters += word.length
      if (word.length > this.longest) this.longest = word.length
    }
    this.counts[code]!++
    if (this.length === this.codes.length) {
      const larger = new Int32Array(Math.ceil(this.codes.length * 1.5))
      larger.set(this.codes)
      this.codes = larger
    }
    this.codes[this.length++] = code
    if (!this.keepDictionary && this.overflows()) this.giveUpDictionary()
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
  }
}
