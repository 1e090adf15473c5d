import { describe, expect, it } from 'vitest'
import type { Features } from '../../src/data/features.ts'
import { robustPca } from '../../src/transforms/robust-pca.ts'
import { createRng } from '../../src/util/rng.ts'

/** Rows that lie near a plane in a space of many dimensions. */
function near(rows: number, width: number, seed: number): Features {
  const rng = createRng(seed)
  const hidden = Array.from({ length: rows }, () => [3 * rng.normal(), 1.5 * rng.normal()])
  return {
    rows,
    columns: Array.from({ length: width }, (_, j) => {
      const [a, b] = [rng.normal(), rng.normal()]
      const values = Float32Array.from(hidden, ([x, y]) => 5 + a * x! + b * y! + 0.01 * rng.normal())
      return { kind: 'dense', name: `x${j}`, values } as const
    }),
  }
}
const fit = (features: Features, components: number) =>
  robustPca.fit(features, { n_components: components }, { seed: 1, task: 'regression', classes: 0, target: new Float64Array(features.rows) }) // prettier-ignore

describe('principal components of fewer rows than features', () => {
  const wide = near(40, 60, 3)
  it('are those of the covariance, whichever way they are found', () => {
    const square = near(60, 60, 3)
    const repeated: Features = {
      rows: 120,
      columns: square.columns.map(column => ({
        ...column,
        values: Float32Array.of(...column.values, ...column.values),
      })),
    } as Features
    // 59 rows and every row twice (118) have the same covariance but for its scale.
    const few = {
      rows: 59,
      columns: square.columns.map(c => ({ ...c, values: c.values.slice(0, 59) })),
    } as Features
    const twice = { rows: 118, columns: repeated.columns.map((c, j) => ({ ...c, values: Float32Array.of(...few.columns[j]!.values, ...few.columns[j]!.values) })) } as Features // prettier-ignore
    const [byRows, byFeatures] = [fit(few, 2), fit(twice, 2)]
    const [mine, theirs] = [byRows, byFeatures].map(state => robustPca.apply(few, state).columns)
    for (const k of [0, 1]) mine![k]!.values.forEach((value, i) => expect(value).toBeCloseTo(theirs![k]!.values[i]!, 2)) // prettier-ignore
  })
  it('keep nearly all of the spread of rows near a plane in two of them', () => {
    const columns = robustPca.apply(wide, fit(wide, 5)).columns
    const spread = columns.map(({ values }) => values.reduce((sum, value) => sum + value * value, 0))
    expect(spread[1]! / spread[0]!).toBeGreaterThan(0.02)
    expect(spread[2]! / spread[0]!).toBeLessThan(1e-3)
  })
  it('are at most one fewer than the rows', () => {
    expect(robustPca.apply(wide, fit(wide, 50)).columns).toHaveLength(39)
  })
  it('are found for tens of thousands of features in a moment', () => {
    const started = performance.now()
    fit(near(50, 20_000, 5), 40)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
