// Histograms of gradients. See ../README.md for the pictures of every array named here.

import { columnOf, strideOf } from './layout'

const TILE: i32 = 1024 // rows whose gradients are widened and whose bins are turned at once: 16 KB each, close to the first-level cache

// (Σh << 24) | count: one 64-bit lane counts rows and sums hessians.
@inline
export function expand(gradients: usize, row: i32): v128 {
  const pair = gradients + ((<usize>row) << 3)
  const g = <i64>load<i32>(pair)
  const h = <i64>load<i32>(pair, 4)
  return i64x2.replace_lane(i64x2.splat(g), 1, (h << 24) | 1)
}

@inline
function bump(entry: usize, pair: v128): void {
  v128.store(entry, i64x2.add(v128.load(entry), pair))
}

@inline
function addFour(word: u32, pair: v128, h0: usize, h1: usize, h2: usize, h3: usize): void {
  bump(h0 + <usize>((word & 255) << 4), pair)
  bump(h1 + <usize>((word >> 4) & 0xff0), pair)
  bump(h2 + <usize>((word >> 12) & 0xff0), pair)
  bump(h3 + <usize>((word >> 24) << 4), pair)
}

@inline
function turn(a: v128, b: v128, c: v128, d: v128, at: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(at, v128.shuffle<i64>(ab, cd, 0, 2))
  v128.store(at, v128.shuffle<i64>(ab, cd, 1, 3), TILE * 4)
  v128.store(at, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), TILE * 8)
  v128.store(at, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), TILE * 12)
}

// Sixteen bytes of every row of a tile, four rows at a time, turned so that every block's words lie side by side:
// words[block · TILE + i]. Writes up to three rows more than asked.
function gather(quad: usize, stride: usize, rows: usize, first: i32, n: i32, words: usize): void {
  let i: i32 = 0
  if (rows) {
    for (; i + 3 < n; i += 4) {
      const at = rows + ((<usize>i) << 2)
      const a = v128.load(quad + <usize>load<i32>(at) * stride)
      const b = v128.load(quad + <usize>load<i32>(at, 4) * stride)
      const c = v128.load(quad + <usize>load<i32>(at, 8) * stride)
      const d = v128.load(quad + <usize>load<i32>(at, 12) * stride)
      turn(a, b, c, d, words + ((<usize>i) << 2))
    }
  } else {
    let at = quad + <usize>first * stride
    for (; i + 3 < n; i += 4) {
      turn(v128.load(at), v128.load(at + stride), v128.load(at + 2 * stride), v128.load(at + 3 * stride), words + ((<usize>i) << 2))
      at += 4 * stride
    }
  }
  if (i == n) return
  const last = n - 1
  const a = v128.load(quad + rowAt(rows, first, i) * stride)
  const b = v128.load(quad + rowAt(rows, first, min(i + 1, last)) * stride)
  const c = v128.load(quad + rowAt(rows, first, min(i + 2, last)) * stride)
  turn(a, b, c, v128.load(quad + rowAt(rows, first, last) * stride), words + ((<usize>i) << 2))
}

@inline
function rowAt(rows: usize, first: i32, i: i32): usize {
  return <usize>(rows ? load<i32>(rows + ((<usize>i) << 2)) : first + i)
}

// A unit is eight i32: first byte of the line, count of features | byte of the block in its line << 8 | stride << 16, then
// (byte in block, first entry) of up to three features, or four first entries.
function blockFour(words: usize, unit: usize, n: i32, pairs: usize, hist: usize): void {
  const h0 = hist + ((<usize>load<u32>(unit, 8)) << 4)
  const h1 = hist + ((<usize>load<u32>(unit, 12)) << 4)
  const h2 = hist + ((<usize>load<u32>(unit, 16)) << 4)
  const h3 = hist + ((<usize>load<u32>(unit, 20)) << 4)
  let i: i32 = 0
  for (; i + 1 < n; i += 2) {
    const word = load<u64>(words + ((<usize>i) << 2))
    addFour(<u32>word, v128.load(pairs + ((<usize>i) << 4)), h0, h1, h2, h3)
    addFour(<u32>(word >> 32), v128.load(pairs + ((<usize>i) << 4), 16), h0, h1, h2, h3)
  }
  if (i < n) addFour(load<u32>(words + ((<usize>i) << 2)), v128.load(pairs + ((<usize>i) << 4)), h0, h1, h2, h3)
}

function blockTwo(words: usize, unit: usize, at: i32, n: i32, pairs: usize, hist: usize): void {
  const base = unit + 8 + ((<usize>at) << 3)
  const c0 = words + <usize>load<i32>(base)
  const h0 = hist + ((<usize>load<u32>(base, 4)) << 4)
  const c1 = words + <usize>load<i32>(base, 8)
  const h1 = hist + ((<usize>load<u32>(base, 12)) << 4)
  for (let i: i32 = 0; i < n; i++) {
    const pair = v128.load(pairs + ((<usize>i) << 4))
    bump(h0 + ((<usize>load<u8>(c0 + ((<usize>i) << 2))) << 4), pair)
    bump(h1 + ((<usize>load<u8>(c1 + ((<usize>i) << 2))) << 4), pair)
  }
}

function blockOne(words: usize, unit: usize, at: i32, n: i32, pairs: usize, hist: usize): void {
  const base = unit + 8 + ((<usize>at) << 3)
  const c0 = words + <usize>load<i32>(base)
  const h0 = hist + ((<usize>load<u32>(base, 4)) << 4)
  for (let i: i32 = 0; i < n; i++) {
    bump(h0 + ((<usize>load<u8>(c0 + ((<usize>i) << 2))) << 4), v128.load(pairs + ((<usize>i) << 4)))
  }
}

// Adds `n` rows (rows[0 … n), or `from` … `from` + n when rows is 0) of the dense blocks named by the units, which ascend.
// scratch: 32 bytes for every row of a tile.
export function histogramDense(
  blocks: usize, units: usize, unitCount: i32, rows: usize, from: i32, n: i32, gradients: usize, hist: usize, scratch: usize,
): void {
  const words = scratch + TILE * 16
  for (let start: i32 = 0; start < n; start += TILE) {
    const m = min(TILE, n - start)
    const tile = rows ? rows + ((<usize>start) << 2) : 0
    for (let i: i32 = 0; i < m; i++) {
      v128.store(scratch + ((<usize>i) << 4), expand(gradients, <i32>rowAt(tile, from + start, i)))
    }
    let here: usize = ~0
    for (let u: i32 = 0; u < unitCount; u++) {
      const unit = units + ((<usize>u) << 5)
      const word = load<u32>(unit, 4)
      const quad = <usize>load<u32>(unit) + <usize>((word >> 8) & 0x30)
      if (quad != here) gather(blocks + quad, <usize>(word >> 16), tile, from + start, m, words)
      here = quad
      const own = words + <usize>((word >> 10) & 3) * (TILE * 4)
      const count = <i32>(word & 255)
      if (count == 4) blockFour(own, unit, m, scratch, hist)
      else {
        if (count >= 2) blockTwo(own, unit, 0, m, scratch, hist)
        if (count != 2) blockOne(own, unit, count - 1, m, scratch, hist)
      }
    }
  }
}

// Adds `n` rows of one sparse group: entries are bins counted from the group's first entry `firstEntry`.
export function histogramSparse(
  starts: usize, entries: usize, firstEntry: i32, rows: usize, n: i32, gradients: usize, hist: usize,
): void {
  const base = hist + ((<usize>firstEntry) << 4)
  for (let i: i32 = 0; i < n; i++) {
    const row = rows ? load<i32>(rows + ((<usize>i) << 2)) : i
    const at = starts + ((<usize>row) << 2)
    let entry = entries + ((<usize>load<u32>(at)) << 1)
    const end = entries + ((<usize>load<u32>(at, 4)) << 1)
    if (entry == end) continue
    const pair = expand(gradients, row)
    for (; entry + 2 < end; entry += 4) {
      bump(base + ((<usize>load<u16>(entry)) << 4), pair)
      bump(base + ((<usize>load<u16>(entry, 2)) << 4), pair)
    }
    if (entry < end) bump(base + ((<usize>load<u16>(entry)) << 4), pair)
  }
}

@inline
function firstOf(table: usize, feature: i32): usize {
  return (<usize>load<i32>(table + ((<usize>feature) << 4))) << 4
}

@inline
function lengthOf(table: usize, feature: i32): i32 {
  return load<i32>(table + ((<usize>feature) << 4), 4) + load<i32>(table + ((<usize>feature) << 4), 8)
}

// The default bin of a sparse feature holds what its other bins leave of the node's total.
export function fillDefaults(table: usize, list: usize, n: i32, node: usize, hist: usize): void {
  const total = v128.load(node)
  for (let i: i32 = 0; i < n; i++) {
    const feature = load<i32>(list + ((<usize>i) << 2))
    const fallback = load<i32>(table + ((<usize>feature) << 4), 12)
    if (fallback < 0) continue
    const first = hist + firstOf(table, feature)
    const length = lengthOf(table, feature)
    let rest = total
    for (let bin: i32 = 0; bin < length; bin++) {
      if (bin != fallback) rest = i64x2.sub(rest, v128.load(first + ((<usize>bin) << 4)))
    }
    v128.store(first + ((<usize>fallback) << 4), rest)
  }
}

export function clearHistogram(table: usize, list: usize, n: i32, hist: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const feature = load<i32>(list + ((<usize>i) << 2))
    memory.fill(hist + firstOf(table, feature), 0, (<usize>lengthOf(table, feature)) << 4)
  }
}

// Adds the listed features of another histogram.
export function addHistogram(table: usize, list: usize, n: i32, hist: usize, other: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const feature = load<i32>(list + ((<usize>i) << 2))
    const first = firstOf(table, feature)
    const end = first + ((<usize>lengthOf(table, feature)) << 4)
    for (let at = first; at < end; at += 16) bump(hist + at, v128.load(other + at))
  }
}

// Groups the dense features (below `dense`) of an ascending list into units; returns how many.
export function writeUnits(table: usize, list: usize, n: i32, rowCount: i32, dense: i32, units: usize): i32 {
  let count: i32 = 0
  let i: i32 = 0
  while (i < n) {
    const block = load<i32>(list + ((<usize>i) << 2)) >> 2
    let end = i
    while (end < n && load<i32>(list + ((<usize>end) << 2)) >> 2 == block && load<i32>(list + ((<usize>end) << 2)) < dense) end++
    if (end == i) return count
    const unit = units + ((<usize>count) << 5)
    store<u32>(unit, columnOf(rowCount, (block << 2) & ~63))
    store<i32>(unit, (end - i) | (((block << 2) & 63) << 8) | (strideOf(dense, block << 2) << 16), 4)
    const whole = end - i == 4
    for (let j: i32 = 0; i < end; i++, j++) {
      const feature = load<i32>(list + ((<usize>i) << 2))
      const at = unit + 8 + ((<usize>j) << (whole ? 2 : 3))
      const entry = load<i32>(table + ((<usize>feature) << 4))
      if (!whole) store<i32>(at, feature & 3)
      store<i32>(whole ? at : at + 4, entry)
    }
    count++
  }
  return count
}

// Total of the rows of a node, for the root.
export function sumRows(rows: usize, n: i32, gradients: usize, node: usize): void {
  let total = i64x2.splat(0)
  for (let i: i32 = 0; i < n; i++) {
    total = i64x2.add(total, expand(gradients, rows ? load<i32>(rows + ((<usize>i) << 2)) : i))
  }
  v128.store(node, total)
}

// Totals of parts of the rows, side by side, become one.
export function addTotals(parts: usize, n: i32, node: usize): void {
  let total = i64x2.splat(0)
  for (let i: i32 = 0; i < n; i++) total = i64x2.add(total, v128.load(parts + ((<usize>i) << 4)))
  v128.store(node, total)
}
