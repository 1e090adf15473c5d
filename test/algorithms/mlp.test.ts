import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { mlp } from '../../src/algorithms/mlp.ts'
import type { DenseFeature, Features } from '../../src/data/features.ts'
import { predictModel } from '../../src/models/index.ts'
import type { NetworkModel } from '../../src/models/network.ts'
import { defaults } from '../../src/params/space.ts'
import { pack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext, runOnnx } from '../helpers/fit.ts'

const fit = (data: TrainingData, params: Record<string, string | number> = {}, extra = {}) =>
  mlp.fit(
    data,
    { ...defaults(mlp.space), ...params },
    { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1, ...extra },
  ) as Promise<NetworkModel>

const column = (name: string, values: ArrayLike<number>, categories = 0): DenseFeature => ({
  kind: 'dense',
  name,
  values: Float32Array.from(values),
  ...(categories > 0 && { categories }),
})

function wave(rows: number, seed: number): TrainingData {
  const rng = createRng(seed)
  const x = Float64Array.from({ length: rows }, () => 6 * rng.next() - 3)
  const z = Float64Array.from({ length: rows }, () => rng.normal())
  const target = x.map((value, i) => 1000 + 50 * Math.sin(value) * (z[i]! > 0 ? 1 : -1))
  return {
    features: { rows, columns: [column('x', x), column('z', z)] },
    target,
    task: 'regression',
    classes: 0,
  }
}

/** Class = (code + other) mod 3: only a joint reading of two categories tells. */
function codes(rows: number, seed: number): TrainingData {
  const rng = createRng(seed)
  const draw = () => Float64Array.from({ length: rows }, () => rng.int(6))
  const [p, q] = [draw(), draw()]
  const target = p.map((code, i) => (code + q[i]!) % 3)
  return {
    features: { rows, columns: [column('p', p, 6), column('q', q, 6)] },
    target,
    task: 'multiclass',
    classes: 3,
  }
}

const accuracy = (p: Float64Array, target: Float64Array, classes: number) =>
  target.reduce((hits, label, row) => {
    const own = p.slice(row * classes, (row + 1) * classes)
    return hits + (own.indexOf(Math.max(...own)) === label ? 1 : 0)
  }, 0) / target.length

describe('mlp', () => {
  it('fits a wave whose sign another column decides', async () => {
    const test = wave(500, 2)
    const p = await predictModel(await fit(wave(2000, 1)), test.features)
    const error = test.target.reduce((sum, value, i) => sum + (value - p[i]!) ** 2, 0)
    const spread = test.target.reduce((sum, value) => sum + (value - 1000) ** 2, 0)
    expect(error / spread).toBeLessThan(0.15)
  })

  it.each(['feedforward', 'widedeep'])('learns from categories alone as a %s net', async network_type => {
    const test = codes(300, 4)
    const model = await fit(codes(1500, 3), { network_type })
    expect(model.net.numeric).toHaveLength(0)
    expect(accuracy(await predictModel(model, test.features), test.target, 3)).toBeGreaterThan(0.97)
  })

  it('mixes numbers, categories and weights', async () => {
    const { features, target } = codes(1000, 5)
    const numbers = column(
      'n',
      target.map((value, i) => value + (i % 7)),
    )
    const all: Features = { rows: 1000, columns: [numbers, ...features.columns] }
    const weights = target.map(label => (label === 0 ? 1 : 0))
    const model = await fit({ features: all, target, weights, task: 'multiclass', classes: 3 })
    const p = await predictModel(model, all)
    for (let row = 0; row < 1000; row += 50) expect(p[3 * row]).toBeGreaterThan(0.9) // only class 0 counted
  })

  it('works on a handful of rows and on constant columns', async () => {
    for (const rows of [2, 10, 45]) {
      const x = Array.from({ length: rows }, (_, i) => i)
      const features = {
        rows,
        columns: [
          column('x', x),
          column(
            'c',
            x.map(() => 5),
          ),
        ],
      }
      const target = Float64Array.from(x, i => (i >= rows / 2 ? 1 : 0))
      const p = await predictModel(await fit({ features, target, task: 'binary', classes: 2 }), features)
      expect(accuracy(p, target, 2)).toBeGreaterThanOrEqual(0.8)
    }
  })

  it('gives the same bytes for the same seed and leaves its input alone', async () => {
    const data = codes(400, 6)
    const before = structuredClone(data)
    expect(pack(await fit(data))).toEqual(pack(await fit(data)))
    expect(pack(await fit(data, {}, { seed: 2 }))).not.toEqual(pack(await fit(data)))
    expect(data).toEqual(before)
  })

  it('stops on the validation rows it is given', async () => {
    const [train, held] = [wave(300, 7), wave(100, 8)]
    const looks: number[] = []
    await fit({ ...train, validation: held }, {}, { report: (step: number) => looks.push(step) })
    expect(looks.length).toBeGreaterThan(5)
  })

  it('says it is unfit where there are no features', () => {
    expect(mlp.unfit!({ task: 'binary', rows: 10, features: 0, classes: 2 })).toMatch(/no features/)
    expect(mlp.unfit!({ task: 'binary', rows: 10, features: 1, classes: 2 })).toBeUndefined()
  })

  const folder = process.env['GLASSPILOT_DATASETS']
  const file = folder && join(folder, 'mnist_train.csv.gz')
  it.skipIf(!file || !existsSync(file))(
    'reads 92 % of handwritten digits after 4000 of them (needs GLASSPILOT_DATASETS)',
    async () => {
      const lines = gunzipSync(readFileSync(file!))
        .subarray(0, 12e6)
        .toString('latin1')
        .split('\n')
        .slice(1, 5001)
      const cells = lines.map(line => line.split(',').map(Number))
      const part = (from: number, to: number) => ({
        features: {
          rows: to - from,
          columns: Array.from({ length: 784 }, (_, j) =>
            column(
              `p${j}`,
              cells.slice(from, to).map(row => row[j + 1]!),
            ),
          ),
        },
        target: Float64Array.from(cells.slice(from, to), row => row[0]!),
      })
      const test = part(4000, 5000)
      const model = await fit({ ...part(0, 4000), task: 'multiclass', classes: 10 })
      expect(accuracy(await predictModel(model, test.features), test.target, 10)).toBeGreaterThan(0.92)
    },
  )

  it('reads pictures on one scale when told of them, and bends them while it learns', async () => {
    const rng = createRng(8)
    const rows = 150
    const columns = Array.from({ length: 64 }, (_, j) => ({
      kind: 'dense' as const,
      name: `p${j}`,
      values: Float32Array.from({ length: rows }, () => 50 + rng.int(j + 2)),
    }))
    const target = Float64Array.from({ length: rows }, (_, row) => Number(columns[30]!.values[row]! > 65))
    const data = { features: { rows, columns }, target, task: 'binary', classes: 2 } as const
    const fit = async (params: Record<string, number>) =>
      (await mlp.fit(
        data,
        { ...defaults(mlp.space), ...params },
        fitContext({ deadline: 0 }),
      )) as NetworkModel
    const told = await fit({ height: 8, width: 8, channels: 1 })
    expect(new Set(told.net.scale).size).toBe(1)
    expect(told.net.squash).toBe(0)
    expect((await fit({})).net.squash).toBeGreaterThan(0)
    // Features that are no such picture are read as any others.
    expect((await fit({ height: 8, width: 9, channels: 1 })).net.squash).toBeGreaterThan(0)
    expect(told.net.layers).not.toEqual((await fit({ height: 8, width: 8, bend: 0, shift: 1 })).net.layers)
    const native = await predictModel(told, data.features)
    const onnx = await runOnnx(told, data.features)
    native.forEach((value, i) => expect(onnx[i]).toBeCloseTo(value, 6))
  })
})
