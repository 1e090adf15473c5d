// Cells of a column of words: each distinct one has a code, in order of appearance. A dictionary is a record of the host's:
//
//    0 slots    4 slots − 1    8 entries   12 room for entries   16 entries in use
//   20 texts   24 room for texts   28 bytes in use   32 characters of all words   36 of the longest   40 cells so far
//
//   slot       u32: code + 1, 0 empty; open addressing
//   entry      | 16 bytes, zero behind the word | u32 length | u32 start in texts | u32 count | u32 0 |
//
// Words of up to sixteen bytes lie in their entry; longer ones in the texts, their hash, twice, in the entry.

export const NONE: i32 = -1

// No more distinct words than this many are worth a dictionary, or half as many as cells.
const OVERFLOW_WORDS: i32 = 100_000
const OVERFLOW_CHARACTERS: i32 = 1 << 26
const MAX_WORDS: i32 = 1_000_000

const FIRST: usize = memory.data(17 * 16, 16)
let ready = false

function prepare(): void {
  if (ready) return
  ready = true
  for (let n: i32 = 0; n <= 16; n++)
    for (let lane: i32 = 0; lane < 16; lane++) store<u8>(FIRST + <usize>((n << 4) + lane), lane < n ? 0xff : 0)
}

@inline
function mix(low: i64, high: i64, length: i32): u32 {
  const x = (<u64>low ^ <u64>length) * 0x9e3779b97f4a7c15 + <u64>high * 0xd6e8feb86659fd93
  return <u32>(x >> 32) ^ <u32>(x >> 51)
}

function hashLong(at: usize, length: i32): u64 {
  let x: u64 = <u64>length
  let i: usize = 0
  for (; i + 8 <= <usize>length; i += 8) {
    x = (x ^ load<u64>(at + i)) * 0x9e3779b97f4a7c15
    x ^= x >> 29
  }
  for (; i < <usize>length; i++) {
    x = (x ^ <u64>load<u8>(at + i)) * 0xd6e8feb86659fd93
    x ^= x >> 29
  }
  return x
}

@inline
function same(a: usize, b: usize, length: i32): bool {
  let i: usize = 0
  for (; i + 8 <= <usize>length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false
  for (; i < <usize>length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false
  return true
}

@inline
function wordOf(at: usize, length: i32): v128 {
  if (length <= 16) return v128.and(v128.load(at), v128.load(FIRST + ((<usize>length) << 4)))
  return i64x2.splat(<i64>hashLong(at, length))
}

// The slot of a word, or the free one where it belongs.
@inline
function slotOf(slots: usize, mask: u32, entries: usize, texts: usize, at: usize, length: i32, word: v128): usize {
  const low = i64x2.extract_lane(word, 0)
  const high = i64x2.extract_lane(word, 1)
  let slot = mix(low, high, length) & mask
  let place = slots + ((<usize>slot) << 2)
  let code = load<u32>(place)
  while (code) {
    const entry = entries + ((<usize>(code - 1)) << 5)
    const differs = (load<i64>(entry) ^ low) | (load<i64>(entry, 8) ^ high) | <i64>(load<i32>(entry, 16) ^ length)
    if (differs == 0 && (length <= 16 || same(at, texts + load<u32>(entry, 20), length))) return place
    slot = (slot + 1) & mask
    place = slots + ((<usize>slot) << 2)
    code = load<u32>(place)
  }
  return place
}

@inline
function look(dictionary: usize, at: usize, length: i32, word: v128): usize {
  return slotOf(
    load<u32>(dictionary), load<u32>(dictionary, 4), load<u32>(dictionary, 8), load<u32>(dictionary, 20), at, length, word,
  )
}

// The code of a word, or NONE.
export function find(dictionary: usize, at: usize, length: i32): i32 {
  prepare()
  return <i32>load<u32>(look(dictionary, at, length, wordOf(at, length))) - 1
}

// UTF-16 units of UTF-8 bytes.
function unitsOf(at: usize, length: i32): i32 {
  let units: i32 = 0
  for (let i: usize = 0; i < <usize>length; i++) {
    const byte = load<u8>(at + i)
    units += <i32>((byte & 0xc0) != 0x80) + <i32>(byte >= 0xf0)
  }
  return units
}

function add(dictionary: usize, at: usize, length: i32, word: v128, slot: usize): i32 {
  const code = load<i32>(dictionary, 16)
  const entry = <usize>load<u32>(dictionary, 8) + ((<usize>code) << 5)
  v128.store(entry, word)
  store<i32>(entry, length, 16)
  store<u32>(entry, 0, 24)
  if (length > 16) {
    const used = load<u32>(dictionary, 28)
    store<u32>(entry, used, 20)
    memory.copy(<usize>load<u32>(dictionary, 20) + used, at, length)
    store<u32>(dictionary, used + length, 28)
  }
  store<i32>(dictionary, code + 1, 16)
  store<u32>(slot, <u32>code + 1)
  const units = unitsOf(at, length)
  store<i32>(dictionary, load<i32>(dictionary, 32) + units, 32)
  if (units > load<i32>(dictionary, 36)) store<i32>(dictionary, units, 36)
  return code
}

// A word that is not in it yet; there must be room. With its sixteen bytes behind readable.
export function addWord(dictionary: usize, at: usize, length: i32): void {
  prepare()
  const word = wordOf(at, length)
  const slot = look(dictionary, at, length, word)
  if (load<u32>(slot) == 0) add(dictionary, at, length, word, slot)
}

// Puts every entry into new, empty slots.
export function rehash(dictionary: usize): void {
  const slots = <usize>load<u32>(dictionary)
  const mask = load<u32>(dictionary, 4)
  const entries = <usize>load<u32>(dictionary, 8)
  for (let code: u32 = 0; code < load<u32>(dictionary, 16); code++) {
    const entry = entries + ((<usize>code) << 5)
    let slot = mix(load<i64>(entry), load<i64>(entry, 8), load<i32>(entry, 16)) & mask
    while (load<u32>(slots + ((<usize>slot) << 2))) slot = (slot + 1) & mask
    store<u32>(slots + ((<usize>slot) << 2), code + 1)
  }
}

@inline
function overflows(dictionary: usize, cells: i32): bool {
  const words = load<i32>(dictionary, 16)
  if (words < OVERFLOW_WORDS && load<i32>(dictionary, 32) < OVERFLOW_CHARACTERS) return false
  return words > MAX_WORDS || <f64>words > 0.5 * <f64>cells
}

// A cell between quotes without them, each doubled one once, at `to`; its length.
function unquote(from: usize, end: usize, to: usize): i32 {
  const first = to
  for (let at = from + 1; at < end - 1; at++) {
    const byte = load<u8>(at)
    store<u8>(to++, byte)
    if (byte == 34) at++
  }
  return <i32>(to - first)
}

@inline
function hasQuote(from: usize, end: usize): bool {
  for (let at = from; at < end; at++) if (load<u8>(at) == 34) return true
  return false
}

// A word to look up where it stands, or where it was put without its quotes.
let wordAt: usize = 0

@inline
function cell(from: usize, to: usize, spare: usize): i32 {
  wordAt = from
  if (to == from || load<u8>(from) != 34) return <i32>(to - from)
  wordAt = from + 1
  if (!hasQuote(from + 1, to - 1)) return <i32>(to - from) - 2
  wordAt = spare
  return unquote(from, to, spare)
}

// Codes of the cells of rows `row … n`. Stops where the dictionary lacks room, and behind a word that makes it `overflows`
// (then stopped[0] is 1). Returns the row it got to. `spare` takes the longest cell.
export function readWords(
  bytes: usize, ends: usize, starts: usize, firsts: usize, row: i32, n: i32, column: i32, trim: i32,
  dictionary: usize, keep: i32, spare: usize, stopped: usize, out: usize,
): i32 {
  prepare()
  const room = load<i32>(dictionary, 12)
  const slots = <usize>load<u32>(dictionary)
  const mask = load<u32>(dictionary, 4)
  const entries = <usize>load<u32>(dictionary, 8)
  const texts = <usize>load<u32>(dictionary, 20)
  let full = false
  const cells = load<i32>(dictionary, 40)
  const from = row
  for (; row < n; row++) {
    const end = ends + ((<usize>(load<u32>(firsts + ((<usize>row) << 2)) + <u32>column)) << 2)
    const start = bytes + (column == 0 ? load<u32>(starts + ((<usize>row) << 2)) : load<u32>(end - 4) + 1)
    const length = cell(start, bytes + load<u32>(end) - <usize>trim, spare)
    const word = wordOf(wordAt, length)
    const slot = slotOf(slots, mask, entries, texts, wordAt, length, word)
    let code = <i32>load<u32>(slot) - 1
    if (code == NONE) {
      if (load<i32>(dictionary, 16) == room) break
      if (length > 16 && load<u32>(dictionary, 28) + <u32>length > load<u32>(dictionary, 24)) break
      code = add(dictionary, wordAt, length, word, slot)
      if (!keep && overflows(dictionary, cells + row - from + 1)) full = true
    }
    const entry = entries + ((<usize>code) << 5)
    store<u32>(entry, load<u32>(entry, 24) + 1, 24)
    store<i32>(out + ((<usize>row) << 2), code)
    if (full) {
      row++
      break
    }
  }
  store<u32>(stopped, <u32>full)
  store<i32>(dictionary, cells + row - from, 40)
  return row
}

// The cells of rows `row … n` end to end at `to`, and at `out` where each ends, counted from `base`. Returns their bytes;
// longest[0] becomes the length of the longest, when it is longer.
export function readTexts(
  bytes: usize, ends: usize, starts: usize, firsts: usize, row: i32, n: i32, column: i32, trim: i32,
  base: f64, to: usize, out: usize, longest: usize,
): i32 {
  const first = to
  for (; row < n; row++) {
    const end = ends + ((<usize>(load<u32>(firsts + ((<usize>row) << 2)) + <u32>column)) << 2)
    const start = bytes + (column == 0 ? load<u32>(starts + ((<usize>row) << 2)) : load<u32>(end - 4) + 1)
    const length = cell(start, bytes + load<u32>(end) - <usize>trim, to)
    let units = length
    if (wordAt == to) units = unitsOf(to, length)
    else {
      // Sixteen bytes a time, up to fifteen too many: they are written over.
      for (let i: usize = 0; i < <usize>length; i += 16) v128.store(to + i, v128.load(wordAt + i))
    }
    to += <usize>length
    if (units > load<i32>(longest)) store<i32>(longest, units)
    store<f64>(out, base + <f64>(to - first))
    out += 8
  }
  return <i32>(to - first)
}
