import { describe, expect, it } from 'vitest'
import type { Dataset, NumericColumn } from '../../src/data/dataset.ts'
import { permutationImportance } from '../../src/explain/permutation.ts'
import { createRng } from '../../src/util/rng.ts'

const rng = createRng(3)
const ROWS = 1500
const column = (name: string, scale: number): NumericColumn => ({
  kind: 'numeric',
  name,
  values: Float64Array.from({ length: ROWS }, () => scale * rng.normal()),
})
const dataset: Dataset = {
  name: 'toy',
  rows: ROWS,
  columns: [column('strong', 2), column('weak', 1), column('idle', 1)],
}
const values = (table: Dataset, name: string) =>
  (table.columns.find(one => one.name === name) as NumericColumn).values
const answer = (table: Dataset): Promise<Float64Array> =>
  Promise.resolve(
    Float64Array.from(
      { length: table.rows },
      (_, row) => values(table, 'strong')[row]! + values(table, 'weak')[row]!,
    ),
  )
const options = {
  task: 'regression',
  width: 1,
  repeats: 5,
  seed: 1,
  columns: ['idle', 'weak', 'strong'],
} as const

describe('permutation importance', () => {
  it('of a sum is twice the variance of each part, in squared error', async () => {
    const target = await answer(dataset)
    const before = structuredClone(dataset)
    const found = await permutationImportance([{ dataset, target, predict: answer }], {
      ...options,
      metric: 'MSE',
    })
    expect(found.score).toBe(0)
    expect(found.columns.map(({ name }) => name)).toEqual(['strong', 'weak', 'idle'])
    const [strong, weak, idle] = found.columns
    expect(strong!.drop / (2 * 4)).toBeCloseTo(1, 0.8)
    expect(weak!.drop / 2).toBeCloseTo(1, 0.8)
    expect(idle!.drop).toBeCloseTo(0, 12)
    expect(strong!.std).toBeGreaterThan(0)
    expect(dataset).toEqual(before)
  })

  it('is the same for the same seed, and adds up over parts', async () => {
    const target = await answer(dataset)
    const half = (from: number, to: number) => {
      const part: Dataset = {
        name: 'half',
        rows: to - from,
        columns: dataset.columns.map(one => ({ ...one, values: (one as NumericColumn).values.slice(from, to) }) as NumericColumn), // prettier-ignore
      }
      return { dataset: part, target: target.slice(from, to), predict: answer }
    }
    const parts = [half(0, 700), half(700, ROWS)]
    const once = await permutationImportance(parts, { ...options, metric: 'R2' })
    const again = await permutationImportance(parts, { ...options, metric: 'R2' })
    expect(again).toEqual(once)
    expect(once.score).toBe(1)
    expect(once.columns[0]!.name).toBe('strong')
    expect(once.columns[0]!.drop).toBeGreaterThan(once.columns[1]!.drop)
  })
})
