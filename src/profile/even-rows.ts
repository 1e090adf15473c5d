import { createRng } from '../util/rng.ts'

/** At most `limit` row numbers, ascending: one by chance from each of as many equal stretches of the table. */
export function evenRows(rows: number, limit: number, seed: number): Int32Array {
  if (rows <= limit) return Int32Array.from({ length: rows }, (_, row) => row)
  const rng = createRng(seed)
  const step = rows / limit
  return Int32Array.from({ length: limit }, (_, i) => Math.min(rows - 1, Math.floor((i + rng.next()) * step)))
}
