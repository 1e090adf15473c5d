// Cells of a column of numbers. Sixteen bytes that end where the cell ends are read at once; the point is closed up and the
// digits are added in pairs, fours and eights. No branch hangs on how long a number is.
//
//   cell      … x x , 1 2 . 5 0        x: what stands before it
//   digits    … 0 0 0 0 1 2 5 0        × 10^−2, the power by where the point stood

import { NONE, find } from './words'

// Tables by one small number each, filled once: which of sixteen lanes are the last n; which stand behind lane p; 10^(15 − p).
const LAST: usize = memory.data(17 * 16, 16)
const BEHIND: usize = memory.data(17 * 16, 16)
const POWERS: usize = memory.data(17 * 8, 16)
let ready = false

function prepare(): void {
  if (ready) return
  ready = true
  let power: f64 = 1
  for (let n: i32 = 0; n <= 16; n++) {
    for (let lane: i32 = 0; lane < 16; lane++) {
      const at = <usize>((n << 4) + lane)
      store<u8>(LAST + at, lane >= 16 - n ? 0xff : 0)
      store<u8>(BEHIND + at, lane > n || n == 16 ? 0xff : 0)
    }
    if (n < 16) {
      store<f64>(POWERS + ((<usize>(15 - n)) << 3), power)
      power *= 10
    }
  }
  // No point at all.
  store<f64>(POWERS + 128, 1)
}

// Digits only, fifteen at most, with a minus or a point or both: their float64 is exact and one division rounds rightly.
// NaN of this very kind says that the cell is written otherwise.
@inline
function numeral(start: usize, end: usize): f64 {
  const negative = <usize>(load<u8>(start) == 45)
  start += negative
  const length = <i32>(end - start)
  if (<u32>(length - 1) > 15) return NaN
  const zero = i8x16.splat(48)
  const text = v128.load(end - 16)
  const valid = (0xffff << (16 - length)) & 0xffff
  const digits = i8x16.sub(text, zero)
  const strange = i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9))) & valid
  const points = i8x16.bitmask(i8x16.eq(text, i8x16.splat(46))) & valid
  if ((strange ^ points) | (points & (points - 1))) return NaN
  const point = ctz(points | 0x10000)
  const closed = v128.bitselect(
    digits,
    i8x16.sub(v128.load(end - 17), zero),
    v128.load(BEHIND + ((<usize>point) << 4)),
  )
  const count = length - <i32>(point < 16)
  const whole = min(point, 16) - (16 - length)
  if (<i32>(whole <= 0) | <i32>(count > 15) | (<i32>(whole > 1) & <i32>(load<u8>(start) == 48))) return NaN
  const clean = v128.and(closed, v128.load(LAST + ((<usize>count) << 4)))
  const pairs = i16x8.add(
    i16x8.mul(v128.and(clean, i16x8.splat(0xff)), i16x8.splat(10)),
    i16x8.shr_u(clean, 8),
  )
  const fours = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1))
  const narrow = i16x8.narrow_i32x4_s(fours, fours)
  const eights = i32x4.dot_i16x8_s(narrow, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1))
  const value = <f64>i32x4.extract_lane(eights, 0) * 1e8 + <f64>i32x4.extract_lane(eights, 1)
  return copysign(value / load<f64>(POWERS + ((<usize>point) << 3)), negative ? -1.0 : 1.0)
}

// Column `column` of `n` records as float64. Empty cells and, from the second time on, the words of `tokens` are NaN and counted:
// counts[0] empty ones, counts[1 + token] the others. Every other cell goes to `odd` as { row, start, end } with NaN in its place.
// Returns how many are odd. `trim`: bytes of a line end before its last one.
export function readNumbers(
  bytes: usize, ends: usize, starts: usize, firsts: usize, n: i32, column: i32, trim: i32,
  tokens: usize, counts: usize, odd: usize, out: usize,
): i32 {
  prepare()
  let strange: usize = odd
  for (let row: usize = 0; row < <usize>n; row++) {
    const end = ends + ((<usize>(load<u32>(firsts + (row << 2)) + <u32>column)) << 2)
    let from = bytes + (column == 0 ? load<u32>(starts + (row << 2)) : load<u32>(end - 4) + 1)
    let to = bytes + load<u32>(end) - <usize>trim
    const outerFrom = from
    const outerTo = to
    let value = numeral(from, to)
    if (value != value) {
      if (to > from && load<u8>(from) == 34) {
        from++
        to--
        value = numeral(from, to)
      }
      if (value != value) {
        let known = to == from ? 0 : NONE
        if (to - from <= 32 && to > from) {
          const token = find(tokens, from, <i32>(to - from))
          if (token != NONE) known = token + 1
        }
        const at = counts + ((<usize>known) << 2)
        if (known == 0 || (known != NONE && load<u32>(at) > 0)) store<u32>(at, load<u32>(at) + 1)
        else {
          if (known != NONE) store<u32>(at, 1)
          store<u32>(strange, <u32>row)
          store<u32>(strange, <u32>(outerFrom - bytes), 4)
          store<u32>(strange, <u32>(outerTo - bytes), 8)
          strange += 12
        }
      }
    }
    store<f64>(out + (row << 3), value)
  }
  return <i32>((strange - odd) / 12)
}

// float64 → float32; false when some value does not survive it. In place is allowed.
export function narrow(values: usize, n: i32, out: usize): i32 {
  let lost: i32 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const value = load<f64>(values + (i << 3))
    const short = <f32>value
    lost |= <i32>(<f64>short != value) & <i32>(value == value)
    store<f32>(out + (i << 2), short)
  }
  return <i32>(lost == 0)
}
