import { columnOf, strideOf } from './layout'

const LAID: i32 = 512 // rows

// bin = how many thresholds lie below the value; NaN gets the missing bin. Thresholds: 256 float32, ascending, padded with +Infinity.
export function binColumn(values: usize, n: i32, thresholds: usize, missingBin: i32, bins: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const x = load<f32>(values + ((<usize>i) << 2))
    let at: usize = 0
    at += select<usize>(512, 0, x > load<f32>(thresholds + at, 508))
    at += select<usize>(256, 0, x > load<f32>(thresholds + at, 252))
    at += select<usize>(128, 0, x > load<f32>(thresholds + at, 124))
    at += select<usize>(64, 0, x > load<f32>(thresholds + at, 60))
    at += select<usize>(32, 0, x > load<f32>(thresholds + at, 28))
    at += select<usize>(16, 0, x > load<f32>(thresholds + at, 12))
    at += select<usize>(8, 0, x > load<f32>(thresholds + at, 4))
    at += select<usize>(4, 0, x > load<f32>(thresholds + at))
    store<u8>(bins + <usize>i, <u8>select<i32>(missingBin, <i32>(at >> 2), x != x))
  }
}

// Copies columns of bins, one after the other, into lines of up to 64 bytes per row; tile by tile, so that a tile of lines stays
// in the cache while its columns pass.
export function layLines(columns: usize, n: i32, dense: i32, blocks: usize): void {
  for (let start: i32 = 0; start < n; start += LAID) {
    const end = min(start + LAID, n)
    for (let f: i32 = 0; f < dense; f++) {
      const stride = <usize>strideOf(dense, f)
      let to = blocks + columnOf(n, f) + <usize>start * stride
      const column = columns + <usize>f * <usize>n
      for (let i = start; i < end; i++) {
        store<u8>(to, load<u8>(column + <usize>i))
        to += stride
      }
    }
  }
}

// Rows whose bin is not the default one get an entry in a sparse group: first counted (counts[row]++) …
export function countEntries(bins: usize, n: i32, fallback: i32, counts: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const at = counts + ((<usize>i) << 2)
    store<u32>(at, load<u32>(at) + <u32>(<i32>load<u8>(bins + <usize>i) != fallback))
  }
}

// … then written where the row's cursor stands.
export function fillEntries(bins: usize, n: i32, fallback: i32, first: i32, cursors: usize, entries: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const bin = <i32>load<u8>(bins + <usize>i)
    if (bin == fallback) continue
    const at = cursors + ((<usize>i) << 2)
    const cursor = load<u32>(at)
    store<u16>(entries + ((<usize>cursor) << 1), <u16>(first + bin))
    store<u32>(at, cursor + 1)
  }
}
