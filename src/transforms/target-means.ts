import { createRng, hashSeed } from '../util/rng.ts'
import type { TransformContext } from './transform.ts'

/** What a group of rows is replaced by: the chance of class 1, of each of more classes, or the mean value. */
export const targetWidth = ({ task, classes }: TransformContext): number =>
  task === 'multiclass' ? classes : 1

const goal = ({ task, target }: TransformContext, row: number, output: number) =>
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
      const value = goal(context, row, k)
      sums[places[row]! * width + k]! += value
      all[k]! += value
    }
  }
  return Float32Array.from(sums, (sum, i) => {
    const prior = total === 0 ? 0 : all[i % width]! / total
    return (sum + smoothing * prior) / (rows[Math.floor(i / width)]! + smoothing)
  })
}

/** Row-major rows × width: `smoothedMeans` of the other folds, so that a row's own target never enters its feature. */
export function outOfFoldMeans(
  places: Int32Array,
  count: number,
  { smoothing, folds, salt }: { smoothing: number; folds: number; salt: string },
  context: TransformContext,
): Float32Array {
  const width = targetWidth(context)
  const parts = Math.min(folds, Math.max(2, places.length))
  const fold = createRng(hashSeed(context.seed, salt)).shuffle(
    Int32Array.from(places, (_, row) => row % parts),
  )
  const encoded = new Float32Array(places.length * width)
  for (let held = 0; held < parts; held++) {
    const table = smoothedMeans(places, count, smoothing, context, row => fold[row] !== held)
    for (let row = 0; row < places.length; row++) {
      if (fold[row] !== held) continue
      for (let k = 0; k < width; k++) encoded[row * width + k] = table[places[row]! * width + k]!
    }
  }
  return encoded
}
