// Histograms of gradients. See ../README.md for the pictures of every array named here.

const TILE: i32 = 2048 // rows whose gradients are expanded at once: 32 KB, stays in the first-level cache

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

// A unit is eight i32: block, count of features, then (byte in block, first entry) of up to three, or four first entries.
function blockFour(block: usize, unit: usize, rows: usize, first: i32, n: i32, pairs: usize, hist: usize): void {
  const h0 = hist + ((<usize>load<u32>(unit, 8)) << 4)
  const h1 = hist + ((<usize>load<u32>(unit, 12)) << 4)
  const h2 = hist + ((<usize>load<u32>(unit, 16)) << 4)
  const h3 = hist + ((<usize>load<u32>(unit, 20)) << 4)
  if (rows == 0) {
    const words = block + ((<usize>first) << 2)
    let i: i32 = 0
    for (; i + 1 < n; i += 2) {
      const word = load<u64>(words + ((<usize>i) << 2))
      addFour(<u32>word, v128.load(pairs + ((<usize>i) << 4)), h0, h1, h2, h3)
      addFour(<u32>(word >> 32), v128.load(pairs + ((<usize>i) << 4), 16), h0, h1, h2, h3)
    }
    if (i < n) addFour(load<u32>(words + ((<usize>i) << 2)), v128.load(pairs + ((<usize>i) << 4)), h0, h1, h2, h3)
    return
  }
  let i: i32 = 0
  for (; i + 1 < n; i += 2) {
    const at = rows + ((<usize>i) << 2)
    const a = load<u32>(block + ((<usize>load<i32>(at)) << 2))
    const b = load<u32>(block + ((<usize>load<i32>(at, 4)) << 2))
    addFour(a, v128.load(pairs + ((<usize>i) << 4)), h0, h1, h2, h3)
    addFour(b, v128.load(pairs + ((<usize>i) << 4), 16), h0, h1, h2, h3)
  }
  if (i < n) {
    const a = load<u32>(block + ((<usize>load<i32>(rows + ((<usize>i) << 2))) << 2))
    addFour(a, v128.load(pairs + ((<usize>i) << 4)), h0, h1, h2, h3)
  }
}

function blockTwo(block: usize, unit: usize, at: i32, rows: usize, first: i32, n: i32, pairs: usize, hist: usize): void {
  const base = unit + 8 + ((<usize>at) << 3)
  const c0 = block + <usize>load<i32>(base)
  const h0 = hist + ((<usize>load<u32>(base, 4)) << 4)
  const c1 = block + <usize>load<i32>(base, 8)
  const h1 = hist + ((<usize>load<u32>(base, 12)) << 4)
  for (let i: i32 = 0; i < n; i++) {
    const row = (<usize>(rows ? load<i32>(rows + ((<usize>i) << 2)) : first + i)) << 2
    const pair = v128.load(pairs + ((<usize>i) << 4))
    bump(h0 + ((<usize>load<u8>(c0 + row)) << 4), pair)
    bump(h1 + ((<usize>load<u8>(c1 + row)) << 4), pair)
  }
}

function blockOne(block: usize, unit: usize, at: i32, rows: usize, first: i32, n: i32, pairs: usize, hist: usize): void {
  const base = unit + 8 + ((<usize>at) << 3)
  const c0 = block + <usize>load<i32>(base)
  const h0 = hist + ((<usize>load<u32>(base, 4)) << 4)
  for (let i: i32 = 0; i < n; i++) {
    const row = (<usize>(rows ? load<i32>(rows + ((<usize>i) << 2)) : first + i)) << 2
    bump(h0 + ((<usize>load<u8>(c0 + row)) << 4), v128.load(pairs + ((<usize>i) << 4)))
  }
}

// Adds `n` rows (rows[0 … n), or 0 … n when rows is 0) of the dense blocks named by the units.
export function histogramDense(
  blocks: usize, rowCount: i32, units: usize, unitCount: i32,
  rows: usize, n: i32, gradients: usize, hist: usize, scratch: usize,
): void {
  for (let start: i32 = 0; start < n; start += TILE) {
    const m = min(TILE, n - start)
    const tile = rows ? rows + ((<usize>start) << 2) : 0
    for (let i: i32 = 0; i < m; i++) {
      const row = tile ? load<i32>(tile + ((<usize>i) << 2)) : start + i
      v128.store(scratch + ((<usize>i) << 4), expand(gradients, row))
    }
    for (let u: i32 = 0; u < unitCount; u++) {
      const unit = units + ((<usize>u) << 5)
      const block = blocks + (<usize>load<i32>(unit)) * (<usize>rowCount) * 4
      const count = load<i32>(unit, 4)
      if (count == 4) blockFour(block, unit, tile, start, m, scratch, hist)
      else {
        if (count >= 2) blockTwo(block, unit, 0, tile, start, m, scratch, hist)
        if (count != 2) blockOne(block, unit, count - 1, tile, start, m, scratch, hist)
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

// sibling = parent − child, written over the parent.
export function subtractHistogram(table: usize, list: usize, n: i32, parent: usize, child: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const feature = load<i32>(list + ((<usize>i) << 2))
    const first = firstOf(table, feature)
    const end = first + ((<usize>lengthOf(table, feature)) << 4)
    for (let at = first; at < end; at += 16) {
      v128.store(parent + at, i64x2.sub(v128.load(parent + at), v128.load(child + at)))
    }
  }
}

// Total of the rows of a node, for the root.
export function sumRows(rows: usize, n: i32, gradients: usize, node: usize): void {
  let total = i64x2.splat(0)
  for (let i: i32 = 0; i < n; i++) {
    total = i64x2.add(total, expand(gradients, rows ? load<i32>(rows + ((<usize>i) << 2)) : i))
  }
  v128.store(node, total)
}
