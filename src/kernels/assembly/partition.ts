// Stable partition of a node's rows, and walks through one tree over binned rows.

import { columnOf, strideOf } from './layout'

// Bin of a sparse feature in a row: its entries lie in [low, high) of the group's numbering.
@inline
function sparseBin(starts: usize, entries: usize, row: i32, low: i32, high: i32, fallback: i32): i32 {
  const at = starts + ((<usize>row) << 2)
  let entry = entries + ((<usize>load<u32>(at)) << 1)
  const end = entries + ((<usize>load<u32>(at, 4)) << 1)
  for (; entry < end; entry += 2) {
    const value = <i32>load<u16>(entry)
    if (value >= low) return value < high ? value - low : fallback
  }
  return fallback
}

// Moves the rows that go left (sides[bin] = 1) to the front, in order; returns how many. The column is one byte per row.
export function partitionDense(column: usize, sides: usize, rows: usize, n: i32, spare: usize): i32 {
  let left: i32 = 0
  for (let i: i32 = 0; i < n; i++) {
    const row = load<i32>(rows + ((<usize>i) << 2))
    const side = <i32>load<u8>(sides + <usize>load<u8>(column + <usize>row))
    store<i32>(rows + ((<usize>left) << 2), row)
    store<i32>(spare + ((<usize>(i - left)) << 2), row)
    left += side
  }
  memory.copy(rows + ((<usize>left) << 2), spare, (<usize>(n - left)) << 2)
  return left
}

export function partitionSparse(
  starts: usize, entries: usize, low: i32, high: i32, fallback: i32, sides: usize, rows: usize, n: i32, spare: usize,
): i32 {
  let left: i32 = 0
  for (let i: i32 = 0; i < n; i++) {
    const row = load<i32>(rows + ((<usize>i) << 2))
    const side = <i32>load<u8>(sides + <usize>sparseBin(starts, entries, row, low, high, fallback))
    store<i32>(rows + ((<usize>left) << 2), row)
    store<i32>(spare + ((<usize>(i - left)) << 2), row)
    left += side
  }
  memory.copy(rows + ((<usize>left) << 2), spare, (<usize>(n - left)) << 2)
  return left
}

// Rows that were partitioned in parts become one: `parts` holds, for each, i32 first, count, how many go left; their right rows stand
// in the spare array once more. Returns how many go left of all.
export function joinParts(rows: usize, spare: usize, parts: usize, n: i32): i32 {
  let at = rows
  for (let i: i32 = 0; i < n; i++) {
    const part = parts + <usize>i * 12
    const bytes = (<usize>load<i32>(part, 8)) << 2
    memory.copy(at, rows + ((<usize>load<i32>(part)) << 2), bytes)
    at += bytes
  }
  const left = <i32>((at - rows) >> 2)
  for (let i: i32 = 0; i < n; i++) {
    const part = parts + <usize>i * 12
    const bytes = (<usize>(load<i32>(part, 4) - load<i32>(part, 8))) << 2
    memory.copy(at, spare + ((<usize>load<i32>(part)) << 2), bytes)
    at += bytes
  }
  return left
}

// scores[row] += value for the rows of one leaf.
export function addToRows(rows: usize, n: i32, value: f32, scores: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const at = scores + ((<usize>load<i32>(rows + ((<usize>i) << 2))) << 2)
    store<f32>(at, load<f32>(at) + value)
  }
}

// Walks binned rows down one tree and adds the value of the leaf reached. A tree node is eight i32:
// column (dense feature, or −1 − group), bin, missing bin when it goes left (else 256), left, right, low, high, fallback.
// A child below 0 is leaf −1 − child. rows 0: rows 0 … n.
export function walkBins(
  tree: usize, blocks: usize, rowCount: i32, dense: i32, groups: usize, rows: usize, n: i32, values: usize, scores: usize,
): void {
  for (let i: i32 = 0; i < n; i++) {
    const row = rows ? load<i32>(rows + ((<usize>i) << 2)) : i
    let child: i32 = 0
    while (child >= 0) {
      const node = tree + ((<usize>child) << 5)
      const column = load<i32>(node)
      let bin: i32
      if (column >= 0) {
        bin = <i32>load<u8>(blocks + columnOf(rowCount, column) + <usize>row * <usize>strideOf(dense, column))
      } else {
        const group = groups + ((<usize>(-1 - column)) << 3)
        bin = sparseBin(load<u32>(group), load<u32>(group, 4), row, load<i32>(node, 20), load<i32>(node, 24), load<i32>(node, 28))
      }
      const left = bin <= load<i32>(node, 4) || bin == load<i32>(node, 8)
      child = left ? load<i32>(node, 12) : load<i32>(node, 16)
    }
    const at = scores + ((<usize>row) << 2)
    store<f32>(at, load<f32>(at) + load<f32>(values + ((<usize>(-1 - child)) << 2)))
  }
}
