import { createRng } from '../util/rng.ts'
import type { LookupTable } from './tables.ts'

/** The fold of every row, drawn by a seed: as many folds as asked for, fewer when there are fewer rows. */
export function drawFolds(rows: number, folds: number, seed: number): { folds: number; fold: Int32Array } {
  const count = Math.min(folds, Math.max(2, rows))
  const fold = createRng(seed).shuffle(Int32Array.from({ length: rows }, (_, row) => row % count))
  return { folds: count, fold }
}

/**
 * Encodes the rows fitted on so that no row sees its own target: the rows of each fold are looked up in a table made from the
 * rows of all others. `table(use)` is row-major places × width over the rows that `use`; `place` says which row of it each row
 * looks up.
 */
export function encodeOutOfFold(
  place: Int32Array,
  width: number,
  { folds, fold }: { readonly folds: number; readonly fold: Int32Array },
  table: (use: (row: number) => boolean) => Float32Array,
): LookupTable {
  const encoded = new Float32Array(place.length * width)
  for (let held = 0; held < folds; held++) {
    const others = table(row => fold[row] !== held)
    for (let row = 0; row < place.length; row++) {
      if (fold[row] !== held) continue
      for (let k = 0; k < width; k++) encoded[row * width + k] = others[place[row]! * width + k]!
    }
  }
  return { width, table: encoded }
}
