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

/** Adds a column; equal cells change equal hashes in the same way. */
export function mixColumn(column: Column, { high, low }: RowHashes): void {
  const mix = (row: number, a: number, b: number) => {
    let h = Math.imul(high[row]! ^ a, 0xcc9e2d51)
    h ^= h >>> 15
    high[row] = Math.imul(h ^ b, 0x1b873593)
    let l = Math.imul(low[row]! ^ b, 0x85ebca6b)
    l ^= l >>> 13
    low[row] = Math.imul(l ^ a, 0xc2b2ae35)
  }
  switch (column.kind) {
    case 'numeric':
    case 'datetime': {
      const float = new Float64Array(1)
      const bits = new Int32Array(float.buffer)
      for (let row = 0; row < column.values.length; row++) {
        // Zero has two signs and NaN many bits; one of each here.
        const value = column.values[row]!
        float[0] = value === value ? value + 0 : NaN
        mix(row, bits[0]!, bits[1]!)
      }
      return
    }
    case 'categorical': {
      const hashes = Int32Array.from(column.categories, category => hashSeed(category))
      for (let row = 0; row < column.codes.length; row++) {
        const code = column.codes[row]!
        mix(row, code < 0 ? -1 : (hashes[code] ?? code), 0x51ed270b)
      }
      return
    }
    case 'text':
      for (let row = 0; row < column.missing.length; row++) {
        let hash = column.missing[row] ? 1 : 0x811c9dc5
        for (let i = column.offsets[row]!; i < column.offsets[row + 1]!; i++)
          hash = Math.imul(hash ^ column.bytes[i]!, 0x01000193)
        mix(row, hash, hash ^ 0x5bd1e995)
      }
  }
}

/** 53 bits of the two hashes, as one number that a Map or a sort takes. */
export function keysOf({ high, low }: RowHashes): Float64Array {
  const result = new Float64Array(high.length)
  for (let row = 0; row < high.length; row++)
    result[row] = (high[row]! >>> 0) * 0x200000 + (low[row]! & 0x1fffff)
  return result
}
