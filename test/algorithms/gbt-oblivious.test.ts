import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { gbtOblivious } from '../../src/algorithms/gbt-oblivious.ts'
import { encodeCategories } from '../../src/algorithms/trees/target-statistics.ts'
import { denseValues, type DenseFeature } from '../../src/data/features.ts'
import type { ForestModel } from '../../src/models/forest.ts'
import { predictModel } from '../../src/models/index.ts'
import { defaults } from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext, runOnnx } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

const LEVELS = 60

/** Every level has its own odds of class 1; a number says a little more. Some codes are missing. */
function shops(rows: number, seed: number, task: TrainingData['task'] = 'binary'): TrainingData {
  const rng = createRng(seed)
  const truth = createRng(99)
  const odds = Array.from({ length: LEVELS }, () => truth.normal())
  const shop = Float32Array.from({ length: rows }, () => (rng.next() < 0.05 ? NaN : rng.int(LEVELS)))
  const month = Float32Array.from({ length: rows }, () => rng.int(12))
  const price = Float32Array.from({ length: rows }, () => rng.normal())
  const target = Float64Array.from({ length: rows }, (_, row) => {
    const signal = (odds[shop[row]!] ?? 0) + 0.5 * price[row]!
    if (task === 'regression') return signal + 0.1 * rng.normal()
    if (task === 'multiclass') return Math.min(2, Math.max(0, Math.round(signal + 1)))
    return rng.next() < 1 / (1 + Math.exp(-2 * signal)) ? 1 : 0
  })
  const columns: DenseFeature[] = [
    { kind: 'dense', name: 'shop', values: shop, categories: LEVELS },
    { kind: 'dense', name: 'price', values: price },
    { kind: 'dense', name: 'month', values: month, categories: 12 },
  ]
  return {
    task,
    classes: { regression: 0, binary: 2, multiclass: 3 }[task],
    features: { rows, columns },
    target,
  }
}

const fit = async (data: TrainingData, params = {}, seed = 1): Promise<ForestModel> =>
  (await gbtOblivious.fit(
    data,
    { ...defaults(gbtOblivious.space), iterations: 64, ...params },
    fitContext({ seed }),
  )) as ForestModel

describe('oblivious trees', () => {
  it('ask the same question everywhere on a level', async () => {
    const model = await fit(toy('regression', { rows: 300, seed: 3 }), { depth: 4 })
    for (const root of model.roots.slice(0, 10)) {
      let level = [root]
      while (level.some(node => model.feature[node] !== -1)) {
        const asked = new Set(
          level.map(node => [model.feature[node], model.threshold[node], model.missingLeft[node]].join(' ')),
        )
        expect(asked.size).toBe(1)
        level = level.flatMap(node => [model.left[node]!, model.left[node]! + 1])
      }
      expect(level.length).toBeLessThanOrEqual(16)
    }
  })

  it('recover an exclusive or, which no single question of a level betrays', async () => {
    const rng = createRng(4)
    const [a, b] = [0, 1].map(() => Float32Array.from({ length: 500 }, () => rng.normal())) as [Float32Array, Float32Array] // prettier-ignore
    const columns: DenseFeature[] = [{ kind: 'dense', name: 'a', values: a }, { kind: 'dense', name: 'b', values: b }] // prettier-ignore
    const target = Float64Array.from(a, (value, row) => Number(value > 0 !== b[row]! > 0))
    const data: TrainingData = { task: 'binary', classes: 2, features: { rows: 500, columns }, target }
    const outputs = await predictModel(
      await fit(data, { iterations: 200, learning_rate: 0.2 }),
      data.features,
    )
    const right = target.filter((y, row) => Math.round(outputs[2 * row + 1]!) === y).length
    expect(right / 500).toBeGreaterThan(0.97)
  })
})

describe('target statistics', () => {
  it.each(['folds', 'ordered'] as const)('never see the target of their own row: %s', kind => {
    const data = shops(400, 1)
    const encoded = (target: Float64Array) => encodeCategories({ ...data, target }, createRng(5), kind)!
    const { views, data: before } = encoded(data.target)
    const flipped = data.target.slice()
    flipped[7] = 1 - flipped[7]!
    const { data: after } = encoded(flipped)
    const prior = (target: Float64Array) => target.reduce((sum, y) => sum + y, 0) / target.length
    const shift = Math.abs(prior(flipped) - prior(data.target)) + 1e-6
    for (const column of views.flat()) {
      const [x, y] = [before, after].map(({ features }) => denseValues(features.columns[column]!, 400)[7]!)
      if (!Number.isNaN(x)) expect(Math.abs(x! - y!)).toBeLessThanOrEqual(shift)
    }
  })

  it('by folds are the mean of all rows of the other folds and one row of the overall mean', () => {
    // Ten rows of one category with targets 1, 2, 4 …: a sum tells which rows are in it.
    const target = Float64Array.from({ length: 10 }, (_, row) => 2 ** row)
    const columns: DenseFeature[] = [{ kind: 'dense', name: 'only', values: new Float32Array(10), categories: 3 }] // prettier-ignore
    const data: TrainingData = { task: 'regression', classes: 0, features: { rows: 10, columns }, target }
    const { views, data: encoded } = encodeCategories(data, createRng(5))!
    const left = views.map(([statistic]) =>
      Array.from(denseValues(encoded.features.columns[statistic!]!, 10), (value, row) => {
        const out = 1023 - Math.round(9 * value - 102.3)
        expect(out & (1 << row)).toBeGreaterThan(0)
        return out
      }),
    )
    for (const sums of left) {
      // Five folds of two rows each, which leave out the same two rows: their own.
      expect(new Set(sums).size).toBe(5)
      expect([...new Set(sums)].reduce((all, sum) => all + sum, 0)).toBe(1023)
    }
  })

  it('combine columns three by three on large tables, and the model keeps those its trees ask about', async () => {
    const data = shops(12_000, 1)
    const [first] = data.features.columns as [DenseFeature]
    const scrambled = (name: string, factor: number): DenseFeature => ({ ...first, name, values: first.values.map(code => (code * factor) % LEVELS) }) // prettier-ignore
    const wide = { ...data, features: { ...data.features, columns: [...data.features.columns, scrambled('b', 7), scrambled('c', 11)] } } // prettier-ignore
    const encoded = encodeCategories(wide, createRng(5))!
    expect(encoded.encoders.some(({ columns }) => columns.length === 3)).toBe(true)
    const model = (await fit(wide, { iterations: 3, depth: 2 })) as ForestModel
    const asked = new Set(model.feature.filter(column => column >= wide.features.columns.length))
    expect(model.encoders).toHaveLength(asked.size)
  })

  it('come in versions that differ only in the order of the rows', () => {
    const { views } = encodeCategories(shops(100, 1), createRng(5))!
    expect(views).toHaveLength(4)
    expect(new Set(views.map(view => view.length)).size).toBe(1)
    expect(new Set(views.map(view => view.join())).size).toBe(4)
  })

  it('are left out when there are no categories', () => {
    expect(encodeCategories(toy('binary', { rows: 50, seed: 1 }), createRng(1))).toBeUndefined()
  })

  it('make a category of sixty levels better than its codes as numbers', async () => {
    const [train, test] = [shops(1500, 1), shops(1500, 2)]
    const plain = (data: TrainingData): TrainingData => ({
      ...data,
      features: { ...data.features, columns: data.features.columns.map(column => ({ kind: 'dense', name: column.name, values: denseValues(column, 1500) })) }, // prettier-ignore
    })
    const loss = async (a: TrainingData, b: TrainingData): Promise<number> => {
      const outputs = await predictModel(await fit(a, { iterations: 150 }), b.features)
      return b.target.reduce((sum, y, row) => sum - Math.log(outputs[2 * row + y]!), 0) / 1500
    }
    expect(await loss(train, test)).toBeLessThan((await loss(plain(train), plain(test))) - 0.01)
  })

  it.each(['binary', 'multiclass', 'regression'] as const)(
    'predict the same in ONNX, with unseen, missing and strange codes: %s',
    async task => {
      const model = await fit(shops(600, 1, task))
      const { features } = shops(200, 2, task)
      const strange = [LEVELS, LEVELS + 5, -1, 1e6, NaN, 0.5]
      const columns = features.columns.map(column => {
        const values = denseValues(column, 200).slice()
        if ((column as DenseFeature).categories) values.set(strange)
        return { kind: 'dense' as const, name: column.name, values }
      })
      const rows = { rows: 200, columns }
      const [native, onnx] = [await predictModel(model, rows), await runOnnx(model, rows)]
      for (let i = 0; i < native.length; i++) expect(onnx[i]).toBeCloseTo(native[i]!, 5)
    },
  )
})
