import { hashSeed } from '../util/rng.ts'
import type { Column } from './dataset.ts'

/** Two hashes of every row, to which one column after the other is added. */
export interface RowHashes {
  readonly high: Int32Array
  readonly low: Int32Array
}

export const rowHashes = (rows: number): RowHashes => ({
  high: new Int32Array(rows).fill(0x2545f491),
  low: new Int32Array(rows).fill(0x4f6cdd1d),
})

/** One number per row, equal where the rows are equal in all columns. */
export function rowKeys(columns: readonly Column[], rows: number): Float64Array {
  const hashes = rowHashes(rows)
  for (const column of columns) mixColumn(column, hashes)
  return keysOf(hashes)
}

/** Adds the rows of a column from `from` on, as many as there are hashes; equal cells change equal hashes in the same way. */
export function mixColumn(column: Column, { high, low }: RowHashes, from = 0): void {
  const rows = high.length
  const a = new Int32Array(rows)
  const b = new Int32Array(rows)
  switch (column.kind) {
    case 'numeric':
    case 'datetime': {
      const float = new Float64Array(1)
      const bits = new Int32Array(float.buffer)
      for (let i = 0; i < rows; i++) {
        // Zero has two signs and NaN many bits; one of each here.
        const value = column.values[from + i]!
        float[0] = value === value ? value + 0 : NaN
        a[i] = bits[0]!
        b[i] = bits[1]!
      }
      break
    }
    case 'categorical': {
      const hashes = Int32Array.from(column.categories, category => hashSeed(category))
      for (let i = 0; i < rows; i++) {
        const code = column.codes[from + i]!
        a[i] = code < 0 ? -1 : (hashes[code] ?? code)
        b[i] = code ^ 0x51ed270b
      }
      break
    }
    case 'text': {
      const { bytes, offsets, missing } = column
      for (let i = 0; i < rows; i++) {
        let first = missing[from + i] ? 1 : 0x811c9dc5
        let second = offsets[from + i + 1]! - offsets[from + i]!
        for (let at = offsets[from + i]!; at < offsets[from + i + 1]!; at++) {
          first = Math.imul(first ^ bytes[at]!, 0x01000193)
          second = Math.imul(second ^ bytes[at]!, 0x5bd1e995)
          second ^= second >>> 15
        }
        a[i] = first
        b[i] = second
      }
    }
  }
  for (let i = 0; i < rows; i++) {
    let h = Math.imul(high[i]! ^ a[i]!, 0xcc9e2d51)
    h ^= h >>> 15
    high[i] = Math.imul(h ^ b[i]!, 0x1b873593)
    let l = Math.imul(low[i]! ^ b[i]!, 0x85ebca6b)
    l ^= l >>> 13
    low[i] = Math.imul(l ^ a[i]!, 0xc2b2ae35)
  }
}

/** 53 bits of the two hashes, as one number that a Map or a sort takes. */
export function keysOf({ high, low }: RowHashes): Float64Array {
  const result = new Float64Array(high.length)
  for (let row = 0; row < high.length; row++)
    result[row] = (high[row]! >>> 0) * 0x200000 + (low[row]! & 0x1fffff)
  return result
}
