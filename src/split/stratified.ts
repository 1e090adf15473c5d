import type { Target } from '../data/dataset.ts'
import type { Rng } from '../util/rng.ts'

/** How many rows of neighbouring target values are dealt to the parts together. */
const REGRESSION_STRATA_ROWS = 4

/**
 * Part of each row, 0 … parts − 1. Classes are dealt one after the other, each where the last one stopped, so that every part
 * gets its share of each class and the parts differ by at most one row. A class of one row gets −1: it is always trained on.
 * Regression: rows sorted by target, neighbours dealt to different parts.
 */
export function assignStratified(target: Target, parts: number, rng: Rng): Int32Array {
  const part = new Int32Array(target.values.length)
  let next = 0
  for (const rows of strata(target, parts, rng)) {
    if (target.task !== 'regression' && rows.length === 1) {
      part[rows[0]!] = -1
      continue
    }
    for (const row of rows) part[row] = next++ % parts
  }
  // Nothing but single rows: any row may be held out.
  if (part.every(value => value < 0)) part.forEach((_, row) => (part[row] = row % parts))
  return part
}

/** Rows that belong together, each group in random order. */
function strata({ task, classes, values }: Target, parts: number, rng: Rng): Int32Array[] {
  if (task !== 'regression') {
    const members: number[][] = classes.map(() => [])
    values.forEach((label, row) => members[label]!.push(row))
    return members.map(rows => rng.shuffle(Int32Array.from(rows)))
  }
  // Shuffled first, so that rows of equal value come in random order.
  const order = rng.shuffle(Int32Array.from(values.keys())).sort((a, b) => values[a]! - values[b]!)
  const size = parts * REGRESSION_STRATA_ROWS
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) =>
    rng.shuffle(order.slice(i * size, (i + 1) * size)),
  )
}
