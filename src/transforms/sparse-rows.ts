import type { Features } from '../data/features.ts'
import { denseValues } from '../data/features.ts'

/** Reads rows of a block of features; `read` fills `index` and `values` and returns how many entries it found. */
export interface RowReader {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly index: Int32Array
  readonly values: Float64Array
  read(row: number): number
}

const BLOCK_ROWS = 512

/**
 * Walks features row by row, a block at a time: the non-zero entries of each row, ascending, or every entry when `all`. Missing
 * values read as the mean of their feature.
 */
export function* sparseRows(
  { rows, columns }: Features,
  mean: Float64Array,
  all = false,
): Generator<RowReader> {
  const width = columns.length
  const dense = columns.map(feature => denseValues(feature, rows))
  const block = new Float32Array(Math.min(BLOCK_ROWS, rows) * width)
  const index = new Int32Array(width)
  const values = new Float64Array(width)
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const to = Math.min(rows, from + BLOCK_ROWS)
    for (let j = 0; j < width; j++) {
      const column = dense[j]!
      for (let row = from; row < to; row++) block[(row - from) * width + j] = column[row]!
    }
    const read = (row: number) => {
      const start = (row - from) * width
      let count = 0
      for (let j = 0; j < width; j++) {
        const value = block[start + j]!
        if (value === 0 && !all) continue
        index[count] = j
        values[count++] = Number.isNaN(value) ? mean[j]! : value
      }
      return count
    }
    yield { from, to, index, values, read }
  }
}
