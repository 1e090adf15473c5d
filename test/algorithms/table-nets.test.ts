import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { realmlp } from '../../src/algorithms/realmlp.ts'
import { tabm } from '../../src/algorithms/tabm.ts'
import { sortColumns } from '../../src/algorithms/neural/columns.ts'
import type { DenseFeature, Features } from '../../src/data/features.ts'
import { binEdges, pieces } from '../../src/neural/build-numbers.ts'
import { betaShare } from '../../src/neural/batches.ts'
import { flatCosine } from '../../src/neural/schedule.ts'
import { predictModel } from '../../src/models/index.ts'
import { defaults } from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'
import { argMax, fitContext, runOnnx } from '../helpers/fit.ts'

/** Class = (two codes together) mod 3, the codes of so many categories each; a number that says nothing beside them. */
function codes(rows: number, sizes: readonly [number, number], seed: number): TrainingData {
  const rng = createRng(seed)
  const columns = sizes.map((categories, j): DenseFeature => ({
    kind: 'dense',
    name: `c${j}`,
    values: Float32Array.from({ length: rows }, () => rng.int(categories)),
    categories,
  }))
  const noise = {
    kind: 'dense',
    name: 'n',
    values: Float32Array.from({ length: rows }, () => rng.normal()),
  } as const
  const target = Float64Array.from(
    { length: rows },
    (_, row) => (columns[0]!.values[row]! + columns[1]!.values[row]!) % 3,
  )
  return { task: 'multiclass', classes: 3, features: { rows, columns: [noise, ...columns] }, target }
}

const EPOCHS = { tabm: 25, realmlp: 25 }

describe.each([tabm, realmlp])('$name', algorithm => {
  const params = { ...defaults(algorithm.space), epochs: EPOCHS[algorithm.name as keyof typeof EPOCHS] }

  it.each([
    ['one column per value', [4, 6]],
    ['learnt vectors', [18, 24]],
    ['both', [5, 24]],
  ] as const)('reads categories as %s, the same natively and in ONNX', async (_, sizes) => {
    const [train, test] = [codes(2000, sizes, 1), codes(300, sizes, 2)]
    const model = await algorithm.fit(train, params, fitContext())
    const outputs = await predictModel(model, test.features)
    const hits = test.target.filter((label, row) => argMax(outputs, row, 3) === label)
    expect(hits.length / 300).toBeGreaterThan(0.9)
    const onnx = await runOnnx(model, test.features)
    outputs.forEach((value, i) => expect(onnx[i]).toBeCloseTo(value, 6))
  })

  it('answers where a category was never seen or is missing', async () => {
    const model = await algorithm.fit(codes(300, [5, 24], 1), { ...params, epochs: 2 }, fitContext())
    const columns = [0, 99, -1].map((code, j): DenseFeature => ({
      kind: 'dense',
      name: `c${j}`,
      values: Float32Array.of(0, code, NaN),
      ...(j > 0 && { categories: [0, 5, 24][j]! }),
    }))
    columns[0] = { kind: 'dense', name: 'n', values: new Float32Array(3) }
    const outputs = await predictModel(model, { rows: 3, columns })
    expect(outputs.every(value => value >= 0 && value <= 1)).toBe(true)
  })
})

describe('columns of a net', () => {
  const values = (...given: number[]): DenseFeature => ({
    kind: 'dense',
    name: 'x',
    values: Float32Array.from(given),
  })

  it('are sorted: quantities first, then flags, few values as columns, many as vectors', () => {
    const features: Features = {
      rows: 4,
      columns: [
        values(0, 1, 0, 1),
        { ...values(0, 1, 2, 0), categories: 3 },
        values(1, 2, 3, 4),
        { ...values(0, 1, 2, 0), categories: 30 },
        { kind: 'sparse', name: 's', index: Int32Array.of(1), values: Float32Array.of(2) },
      ],
    }
    const sorted = sortColumns(features, { oneHotUpTo: 9, width: 8, rng: createRng(1) })
    expect([...sorted.numeric]).toEqual([2, 0, 4])
    expect(sorted.embedded).toBe(1)
    expect(sorted.oneHots).toEqual([{ feature: 1, categories: 3 }])
    expect(sorted.embeddings.map(({ feature, width }) => [feature, width])).toEqual([[3, 8]])
  })

  it('have bins of distinct edges, open at both ends', () => {
    expect(binEdges(Float32Array.of(5, 1, 1, 1, 1, 3), 4)).toEqual([1, 3, 5])
    const made = pieces([Float32Array.of(1, 3, 5)], { rest: 0, bins: 4, width: 2, rng: createRng(1) })
    expect([...made.slopes]).toEqual([0.5, 0.5, 0, 0])
    expect([...made.low]).toEqual([-Infinity, 0, 0, 0])
    expect([...made.high]).toEqual([1, Infinity, 0, 0])
  })
})

describe('what changes along a training', () => {
  it('is whole for half of it, then falls to 0', () => {
    expect([0, 0.3, 0.4999, 0.75, 1].map(flatCosine)).toEqual([
      1,
      1,
      1,
      expect.closeTo(0.5, 9),
      expect.closeTo(0, 9),
    ])
  })

  it('blends rows by shares from a half to 1 with the mean of the beta distribution', () => {
    const rng = createRng(3)
    const shares = Array.from({ length: 4000 }, () => betaShare(1, rng))
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5)
    expect(Math.max(...shares)).toBeLessThanOrEqual(1)
    expect(shares.reduce((sum, share) => sum + share, 0) / 4000).toBeCloseTo(0.75, 1) // Beta(1, 1): uniform
  })
})
