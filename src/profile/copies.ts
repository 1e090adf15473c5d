import type { Column, NumericColumn } from '../data/dataset.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { pearson } from './association.ts'

/** Straight-line copies of another column, beyond rounding. */
const COPY = 0.9999
const SAMPLE_ROWS = 5000
const PROJECTIONS = 4
/** Unit vectors whose product is COPY stand this near to each other on a random line, almost always. */
const NEAR = 0.08
const MAX_CHECKED = 2000

export interface LinearCopy {
  readonly first: string
  readonly second: string
  readonly correlation: number
}

/**
 * Numeric columns that are a · other + b. Columns are laid on a few random lines (of a sample of rows, scaled to length 1); only
 * those that lie side by side on all of them are compared row by row. Cost: O(rows · columns), not of pairs.
 */
export function findLinearCopies(columns: readonly Column[], seed: number): LinearCopy[] {
  const numeric = columns.filter(column => column.kind === 'numeric')
  if (numeric.length < 2) return []
  const places = project(numeric, seed)
  const order = Array.from(numeric.keys())
    .filter(j => places[j])
    .sort((a, b) => places[a]![0]! - places[b]![0]!)
  const found: LinearCopy[] = []
  const copies = new Set<number>()
  let checked = 0
  for (let i = 0; i < order.length; i++) {
    const a = order[i]!
    for (let j = i + 1; j < order.length && checked < MAX_CHECKED; j++) {
      const b = order[j]!
      if (places[b]![0]! - places[a]![0]! > NEAR) break
      if (copies.has(b) || !alike(places[a]!, places[b]!)) continue
      checked++
      const correlation = pearson(numeric[a]!.values, numeric[b]!.values)
      if (Math.abs(correlation) < COPY) continue
      const [first, second] = a < b ? [a, b] : [b, a]
      found.push({ first: numeric[first]!.name, second: numeric[second]!.name, correlation })
      copies.add(b)
    }
  }
  return found
}

function project(columns: readonly NumericColumn[], seed: number): (Float64Array | undefined)[] {
  const rows = columns[0]!.values.length
  const step = Math.max(1, rows / SAMPLE_ROWS)
  const sample = Int32Array.from({ length: Math.min(rows, SAMPLE_ROWS) }, (_, i) => Math.floor(i * step))
  const rng = createRng(hashSeed(seed, 'copies'))
  const lines = Array.from({ length: PROJECTIONS }, () => Float64Array.from(sample, () => rng.normal()))
  return columns.map(({ values }) => {
    let mean = 0
    let n = 0
    for (const row of sample) {
      const value = values[row]!
      if (value === value) mean += (value - mean) / ++n
    }
    const centred = Float64Array.from(sample, row => (values[row] === values[row] ? values[row]! - mean : 0))
    const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0))
    if (!(length > 0) || !Number.isFinite(length)) return undefined
    const place = Float64Array.from(
      lines,
      line => line.reduce((sum, weight, i) => sum + weight * centred[i]!, 0) / length,
    )
    // A copy may be turned over: the first line decides the sign.
    return place[0]! < 0 ? place.map(value => -value) : place
  })
}

function alike(a: Float64Array, b: Float64Array): boolean {
  for (let p = 1; p < a.length; p++) if (Math.abs(a[p]! - b[p]!) > NEAR) return false
  return true
}
