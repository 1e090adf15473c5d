import { describe, expect, it } from 'vitest'
import type { Target } from '../../src/data/dataset.ts'
import { sampleRows, shareOfRows } from '../../src/split/index.ts'

const classes = (counts: readonly number[]): Target => ({
  name: 'y',
  task: 'multiclass',
  classes: counts.map((_, i) => `c${i}`),
  values: Float64Array.from(counts.flatMap((n, i) => Array.from({ length: n }, () => i))),
})
const tally = ({ values }: Target, rows: Int32Array, kinds: number) => {
  const counts = Array.from({ length: kinds }, () => 0)
  for (const row of rows) counts[values[row]!]!++
  return counts
}

describe('a sample of rows', () => {
  it('keeps rare classes whole and thins the common ones in their shares', () => {
    const target = classes([80_000, 40_000, 300, 7])
    const rows = sampleRows(target, 20_000, 1)
    const [a, b, c, d] = tally(target, rows, 4)
    expect([c, d]).toEqual([300, 7])
    expect(a! + b!).toBeGreaterThan(19_680)
    expect(rows.length).toBeLessThanOrEqual(20_000)
    expect(a! / b!).toBeCloseTo(2, 1)
    expect(rows.every((row, i) => i === 0 || row > rows[i - 1]!)).toBe(true)
  })

  it('stays within a limit that has no room for every rare row', () => {
    const target = classes(Array.from({ length: 50 }, () => 100))
    const rows = sampleRows(target, 1000, 1)
    expect(rows.length).toBe(1000)
    expect(tally(target, rows, 50).every(n => n === 20)).toBe(true)
  })

  it('is the same for the same seed, another for another, and all rows when they are few', () => {
    const target: Target = {
      name: 'y',
      task: 'regression',
      classes: [],
      values: new Float64Array(5000).map((_, i) => i),
    }
    expect(sampleRows(target, 500, 3)).toEqual(sampleRows(target, 500, 3))
    expect(sampleRows(target, 500, 3)).not.toEqual(sampleRows(target, 500, 4))
    expect(sampleRows(target, 500, 3)).toHaveLength(500)
    const mean = sampleRows(target, 500, 3).reduce((sum, row) => sum + row, 0) / 500
    expect(Math.abs(mean - 2499.5)).toBeLessThan(4 * (5000 / Math.sqrt(12 * 500)))
    expect(sampleRows(target, 9000, 3)).toHaveLength(5000)
  })
})

describe('a share of rows', () => {
  it('is that share of every class, and leaves none out', () => {
    const target = classes([8000, 400, 3])
    const rows = shareOfRows(target, 1 / 16, 1)
    expect(tally(target, rows, 3)).toEqual([500, 25, 1])
    expect(rows.every((row, i) => i === 0 || row > rows[i - 1]!)).toBe(true)
    expect(shareOfRows(target, 1 / 16, 1)).toEqual(rows)
    expect(shareOfRows(target, 1 / 16, 2)).not.toEqual(rows)
  })
})
