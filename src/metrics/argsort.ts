const DIGIT_BITS = 11
const BUCKETS = 1 << DIGIT_BITS
const PASSES = 6 // 6 × 11 ≥ 64 bits
const SIGN = 0x80000000

/**
 * Row numbers in ascending order of value, equal values in row order: least-significant-digit radix sort
 * over the bits of the doubles (flipped so that unsigned order is numeric order). Cost: O(rows), six passes
 * at most; a pass whose digit is the same in all rows is skipped. No NaN.
 */
export function argsort(values: Float64Array): Uint32Array {
  const rows = values.length
  const { high, low } = orderedBits(values)
  let order = Uint32Array.from({ length: rows }, (_, row) => row)
  let next = new Uint32Array(rows)
  const starts = new Uint32Array(BUCKETS + 1)
  for (let pass = 0; pass < PASSES; pass++) {
    const digit = digitOf(high, low, pass * DIGIT_BITS)
    starts.fill(0)
    for (let row = 0; row < rows; row++) starts[digit[row] + 1]++
    if (rows === 0 || starts[digit[0] + 1] === rows) continue
    for (let bucket = 0; bucket < BUCKETS; bucket++) starts[bucket + 1] += starts[bucket]
    for (let i = 0; i < rows; i++) next[starts[digit[order[i]]]++] = order[i]
    ;[order, next] = [next, order]
  }
  return order
}

/** Upper and lower halves of 64-bit keys that sort as the doubles do (−0 as 0). */
function orderedBits(values: Float64Array): { high: Uint32Array; low: Uint32Array } {
  const rows = values.length
  const high = new Uint32Array(rows)
  const low = new Uint32Array(rows)
  const number = new Float64Array(1)
  const halves = new Uint32Array(number.buffer) // little-endian: low half first, as on every platform Node has
  for (let row = 0; row < rows; row++) {
    number[0] = values[row] + 0
    const negative = halves[1] >= SIGN
    high[row] = negative ? ~halves[1] : halves[1] | SIGN
    low[row] = negative ? ~halves[0] : halves[0]
  }
  return { high, low }
}

function digitOf(high: Uint32Array, low: Uint32Array, shift: number): Uint16Array {
  const digit = new Uint16Array(high.length)
  const mask = BUCKETS - 1
  if (shift >= 32)
    for (let row = 0; row < digit.length; row++) digit[row] = (high[row] >>> (shift - 32)) & mask
  else if (shift + DIGIT_BITS <= 32)
    for (let row = 0; row < digit.length; row++) digit[row] = (low[row] >>> shift) & mask
  else
    for (let row = 0; row < digit.length; row++)
      digit[row] = ((low[row] >>> shift) | (high[row] << (32 - shift))) & mask
  return digit
}
