import { createRng } from '../util/rng.ts'
import type { LookupTable } from './tables.ts'
import type { TransformContext } from './transform.ts'

/** What a group of rows is replaced by: the chance of class 1, of each of more classes, or the mean value. */
export const targetWidth = ({ task, classes }: TransformContext): number =>
  task === 'multiclass' ? classes : 1

/** What a row adds to a mean: 1 or 0 for a class, or its value. */
export const targetOf = ({ task, target }: TransformContext, row: number, output: number): number =>
  task === 'multiclass' ? Number(target[row] === output) : target[row]!

/**
 * Row-major places × width: the mean target of the rows at each place, drawn towards the overall mean by `smoothing` rows of
 * it, over the rows that `use`; empty places get the mean of all.
 */
export function smoothedMeans(
  places: Int32Array,
  count: number,
  smoothing: number,
  context: TransformContext,
  use: (row: number) => boolean = () => true,
): Float32Array {
  const width = targetWidth(context)
  const sums = new Float64Array(count * width)
  const rows = new Float64Array(count)
  const all = new Float64Array(width)
  let total = 0
  for (let row = 0; row < places.length; row++) {
    if (!use(row)) continue
    total++
    rows[places[row]!]!++
    for (let k = 0; k < width; k++) {
      const value = targetOf(context, row, k)
      sums[places[row]! * width + k]! += value
      all[k]! += value
    }
  }
  return Float32Array.from(sums, (sum, i) => {
    const prior = total === 0 ? 0 : all[i % width]! / total
    return (sum + smoothing * prior) / (rows[Math.floor(i / width)]! + smoothing)
  })
}

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
