// Structure of CSV bytes: where cells and records end. 64 bytes at a time become bit masks, one bit per byte:
//
//   bytes    a , " x , y " , 7 ↵
//   quote    . . 1 . . . 1 . . .
//   inside   . . 1 1 1 1 . . . .     xor of all quotes so far
//   ends     . 1 . . . . . 1 . 1     delimiters and line ends that are not inside quotes
//
// An opening quote stands behind an end or, doubled, behind a closing one; a closing quote before an end or another quote.

// What the host reads back. `consumed` is where the first record without an end begins, `lines` the line ends up to there.
const CONSUMED: usize = 0
const LINES: usize = 4
const SKIP: usize = 8

@inline
function matches(bytes: usize, mark: v128): u64 {
  const a = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(bytes), mark)))
  const b = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(bytes, 16), mark)))
  const c = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(bytes, 32), mark)))
  const d = <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(bytes, 48), mark)))
  return a | (b << 16) | (c << 32) | (d << 48)
}

// Each bit the xor of itself and all below it.
@inline
function xorBelow(bits: u64): u64 {
  bits ^= bits << 1
  bits ^= bits << 2
  bits ^= bits << 4
  bits ^= bits << 8
  bits ^= bits << 16
  return bits ^ (bits << 32)
}

function begins(at: usize, text: usize, length: i32): bool {
  for (let i: usize = 0; i < <usize>length; i++) if (load<u8>(at + i) != load<u8>(text + i)) return false
  return true
}

// Finds the records of `bytes[0 … length)` that end there. ends[i]: offset of each cell's end; starts[r]: offset of a record;
// firsts[r]: which of the ends closes its first cell. −1 where the bytes are not as RFC 4180 wants them, of `width` cells each,
// or a record begins with one of two texts. Room: 64 ends more than bytes, 64 bytes behind the last.
export function findRecords(
  bytes: usize, length: i32, delimiter: i32, returns: i32, width: i32,
  headers: usize, headerLength: i32, state: usize, ends: usize, starts: usize, firsts: usize,
): i32 {
  const commas = i8x16.splat(<i8>delimiter)
  const newlines = i8x16.splat(10)
  const carriage = i8x16.splat(13)
  const quotes = i8x16.splat(34)
  let skip = load<i32>(state, SKIP)
  let inside: u64 = 0
  let endBefore: u64 = 1 // the byte before was an end, or a closing quote
  let closedBefore: u64 = 0
  let returnBefore: u64 = 0
  let found: u32 = 0
  let lines: u32 = 0
  let linesConsumed: u32 = 0
  let records: i32 = 0
  let start: u32 = 0
  let first: u32 = 0
  for (let base: u32 = 0; base < <u32>length; base += 64) {
    const at = bytes + base
    const left = <u32>length - base
    const valid: u64 = left < 64 ? ((<u64>1) << left) - 1 : ~(<u64>0)
    const newline = matches(at, newlines) & valid
    const carriageReturn = matches(at, carriage) & valid
    const quote = matches(at, quotes) & valid
    const within = quote == 0 ? inside : xorBelow(quote) ^ inside
    const line = newline & ~within
    const end = (matches(at, commas) & valid & ~within) | line
    const closing = quote & ~within
    let bad: u64 = 0
    if (quote | closedBefore) {
      const opening = quote & within
      bad = opening & ~(((end | closing) << 1) | endBefore)
      bad |= ((closing << 1) | closedBefore) & valid & ~(end | opening | carriageReturn)
    }
    const afterReturn = (carriageReturn << 1) | returnBefore
    bad |= afterReturn & valid & ~newline
    bad |= returns ? line & ~afterReturn : carriageReturn & ~within
    if (bad) return -1
    inside = <u64>((<i64>within) >> 63)
    endBefore = (end | closing) >> 63
    closedBefore = closing >> 63
    returnBefore = carriageReturn >> 63

    // Eight at a time without asking how many: what is too much is written over.
    let bits = end
    let to = ends + ((<usize>found) << 2)
    const count = <u32>popcnt(end)
    for (let done: u32 = 0; done < count; done += 8) {
      store<u32>(to, base + <u32>ctz(bits)); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 4); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 8); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 12); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 16); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 20); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 24); bits &= bits - 1
      store<u32>(to, base + <u32>ctz(bits), 28); bits &= bits - 1
      to += 32
    }

    let rest = line
    while (rest) {
      const bit = rest & (~rest + 1)
      const place = base + <u32>ctz(rest)
      const index = found + <u32>popcnt(end & (bit - 1))
      const cells = <i32>(index - first) + 1
      const record = bytes + start
      if (cells == 1 && place - start == <u32>returns) {
        // A blank line is no record.
      } else if (skip > 0) skip--
      else {
        if (cells != width) return -1
        const byte = load<u8>(record)
        if (byte == load<u8>(headers) && begins(record, headers, headerLength)) return -1
        if (byte == 34 && begins(record, headers + <usize>headerLength, headerLength + 2)) return -1
        store<u32>(starts + ((<usize>records) << 2), start)
        store<u32>(firsts + ((<usize>records) << 2), first)
        records++
      }
      start = place + 1
      first = index + 1
      linesConsumed = lines + <u32>popcnt(newline & (bit | (bit - 1)))
      rest &= rest - 1
    }
    lines += <u32>popcnt(newline)
    found += count
  }
  store<u32>(state, start, CONSUMED)
  store<u32>(state, linesConsumed, LINES)
  store<i32>(state, skip, SKIP)
  return records
}
