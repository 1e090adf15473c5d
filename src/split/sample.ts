import type { Target } from '../data/dataset.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import type { Rng } from '../util/rng.ts'

/** Rows of a class below which none is left out, as long as there is room for all classes. */
const RARE_ROWS = 1000

/**
 * At most `limit` rows of a target, ascending: drawn evenly over the rows of regression; for classes in their shares, but
 * rare classes are kept whole and only the common ones thinned.
 */
export const sampleRows = (target: Target, limit: number, seed: number): Int32Array =>
  drawRows(target, seed, counts => quotas(counts, Math.min(limit, target.values.length)))

/** This share of the rows of a target, ascending, and of those of each class; at least one of each. */
export const shareOfRows = (target: Target, share: number, seed: number): Int32Array =>
  drawRows(target, seed, counts => counts.map(n => Math.ceil(share * n)))

function drawRows(
  { task, classes, values }: Target,
  seed: number,
  wanted: (counts: Float64Array) => Float64Array,
): Int32Array {
  const rows = values.length
  const rng = createRng(hashSeed(seed, 'sample'))
  const kinds = task === 'regression' ? 1 : classes.length
  const kindOf = (row: number) => (task === 'regression' ? 0 : values[row]!)
  const counts = new Float64Array(kinds)
  for (let row = 0; row < rows; row++) counts[kindOf(row)]!++
  const left = wanted(counts)
  const seen = Float64Array.from(counts)
  const kept = new Int32Array(left.reduce((sum, n) => sum + n, 0))
  let at = 0
  // Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S), each class on its own.
  for (let row = 0; row < rows; row++) {
    const kind = kindOf(row)
    if (take(rng, left[kind]!, seen[kind]!)) {
      kept[at++] = row
      left[kind]!--
    }
    seen[kind]!--
  }
  return kept
}

const take = (rng: Rng, wanted: number, remaining: number): boolean => rng.next() * remaining < wanted

/** Rows of each class: rare ones get the floor that all can have, the others their shares of what is left. */
function quotas(counts: Float64Array, limit: number): Float64Array {
  const rows = counts.reduce((sum, n) => sum + n, 0)
  const floor = Math.min(RARE_ROWS, Math.floor(limit / counts.length))
  const least = counts.map(n => Math.min(n, floor))
  const rare = counts.map((n, kind) => ((n / rows) * limit <= least[kind]! ? 1 : 0))
  const sumOf = (values: Float64Array, which: number) =>
    values.reduce((sum, n, kind) => (rare[kind] === which ? sum + n : sum), 0)
  const share = Math.min(1, (limit - sumOf(least, 1)) / sumOf(counts, 0))
  return counts.map((n, kind) => (rare[kind] ? least[kind]! : Math.floor(n * share)))
}
