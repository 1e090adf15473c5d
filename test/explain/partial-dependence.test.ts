import { describe, expect, it } from 'vitest'
import type { CategoricalColumn, Dataset, NumericColumn } from '../../src/data/dataset.ts'
import { partialDependence } from '../../src/explain/partial-dependence.ts'
import type { HeldOutPart } from '../../src/explain/permutation.ts'
import { createRng } from '../../src/util/rng.ts'
import { hasPython, python } from '../notebook/python.ts'

const rng = createRng(9)
const table = (rows: number): Dataset => ({
  name: 'toy',
  rows,
  columns: [
    { kind: 'numeric', name: 'a', values: Float64Array.from({ length: rows }, () => rng.normal()) },
    { kind: 'numeric', name: 'b', values: Float64Array.from({ length: rows }, () => rng.int(4)) },
    { kind: 'categorical', name: 'c', categories: ['rare', 'often', 'never'], codes: Int32Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? 0 : 1)) }, // prettier-ignore
    { kind: 'text', name: 'd', bytes: new Uint8Array(0), offsets: new Float64Array(rows + 1), missing: new Uint8Array(rows) }, // prettier-ignore
  ],
})
const numbers = (dataset: Dataset, name: string) =>
  (dataset.columns.find(column => column.name === name) as NumericColumn).values
const codes = (dataset: Dataset) => (dataset.columns[2] as CategoricalColumn).codes

/** Interacts, so that single rows differ from their mean. */
const answer = (dataset: Dataset): Promise<Float64Array> =>
  Promise.resolve(
    Float64Array.from({ length: dataset.rows }, (_, row) => {
      const [a, b] = [numbers(dataset, 'a')[row]!, numbers(dataset, 'b')[row]!]
      return Math.sin(2 * a) * b + a * a + 10 * codes(dataset)[row]!
    }),
  )
const part = (rows: number): HeldOutPart => ({
  dataset: table(rows),
  target: new Float64Array(rows),
  predict: answer,
})
const options = { width: 1, points: 12 }

describe('partial dependence', () => {
  const parts = [part(60), part(43)]

  it('is the mean of its curves, and each curve what the model says of a changed row', async () => {
    const found = (await partialDependence(parts, 'a', options))!
    expect([found.rows, found.grid.length]).toEqual([103, 12])
    const rows = parts.flatMap(({ dataset }) =>
      Array.from(
        { length: dataset.rows },
        (_, row) => [numbers(dataset, 'b')[row]!, codes(dataset)[row]!] as const,
      ),
    )
    for (const [at, a] of found.grid.entries()) {
      const naive = rows.map(([b, code]) => Math.sin(2 * a) * b + a * a + 10 * code)
      for (const [row, value] of naive.entries()) expect(found.curves[row * 12 + at]).toBeCloseTo(value, 10)
      expect(found.mean[at]).toBeCloseTo(naive.reduce((sum, value) => sum + value, 0) / 103, 10)
    }
  })

  it('takes every value of a number that has few, and the categories that occur, most frequent first', async () => {
    expect((await partialDependence(parts, 'b', options))!.grid).toEqual([0, 1, 2, 3])
    const found = (await partialDependence(parts, 'c', options))!
    expect([found.kind, found.labels]).toEqual(['categorical', ['often', 'rare']])
    expect(found.mean[0]! - found.mean[1]!).toBeCloseTo(10, 10)
  })

  it('has nothing to say of texts and of constants', async () => {
    expect(await partialDependence(parts, 'd', options)).toBeUndefined()
    const flat = parts.map(one => ({ ...one, dataset: { ...one.dataset, columns: one.dataset.columns.map(column => column.name === 'b' ? { ...column, values: new Float64Array(one.dataset.rows) } as NumericColumn : column) } })) // prettier-ignore
    expect(await partialDependence(flat, 'b', options)).toBeUndefined()
  })

  it.skipIf(!hasPython('sklearn'))(
    'is what scikit-learn finds, grid and all (needs python3 or GLASSPILOT_PYTHON with scikit-learn)',
    async () => {
      const program = `
import json, sys
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence

class Answer(RegressorMixin, BaseEstimator):
    def fit(self, X, y): self.fitted_ = True; return self
    def predict(self, X): return np.sin(2 * X[:, 0]) * X[:, 1] + X[:, 0] ** 2 + 10 * X[:, 2]

X = np.array(json.load(sys.stdin), dtype=float)
found = partial_dependence(Answer().fit(X, X[:, 0]), X, [0], kind="both", method="brute", percentiles=(0.05, 0.95), grid_resolution=12)
print(json.dumps({"grid": found["grid_values"][0].tolist(), "mean": found["average"][0].tolist(), "curves": found["individual"][0].ravel().tolist()}))
`
      const rows = parts.flatMap(
        ({ dataset }) =>
        Array.from({ length: dataset.rows }, (_, row) => [numbers(dataset, 'a')[row]!, numbers(dataset, 'b')[row]!, codes(dataset)[row]!]), // prettier-ignore
      )
      const theirs = python(program, rows) as { grid: number[]; mean: number[]; curves: number[] }
      const ours = (await partialDependence(parts, 'a', options))!
      const far = (one: ArrayLike<number>, other: readonly number[]) =>
        Math.max(...other.map((value, i) => Math.abs(value - one[i]!)))
      expect(far(ours.grid, theirs.grid)).toBeLessThan(1e-9)
      expect(far(ours.mean, theirs.mean)).toBeLessThan(1e-9)
      expect(far(ours.curves, theirs.curves)).toBeLessThan(1e-9)
    },
    600_000,
  )
})
