import { expect } from 'vitest'

/** Equal as float32 numbers. */
export const expectEqual = (found: number[][], wanted: number[][]): void => expectNear(found, wanted, 0)

/** Equal within one part in ten million, where a graph sums in another order. */
export const expectSame = (found: number[][], wanted: number[][]): void => expectNear(found, wanted, 1e-7)

export function expectNear(found: number[][], wanted: number[][], tolerance: number): void {
  expect(found.length).toBe(wanted.length)
  for (const [row, values] of wanted.entries()) {
    expect(found[row]!.length).toBe(values.length)
    for (const [j, value] of values.entries()) {
      const other = found[row]![j]!
      if (Object.is(value, other) || value === other) continue
      if (!(Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(value)))) {
        expect.fail(`row ${row}, feature ${j}: ${other} instead of ${value}`)
      }
    }
  }
}

/** Pearson's. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / n
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb)
    aa += (a[i]! - ma) ** 2
    bb += (b[i]! - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb || 1)
}

/** The same bytes; `toEqual` walks them one by one. */
export const expectBytes = (found: Uint8Array, wanted: Uint8Array): void =>
  expect(Buffer.from(found).equals(wanted)).toBe(true)
