import { describe, expect, it } from 'vitest'
import type { Algorithm, TrainingData } from '../../../src/algorithms/algorithm.ts'
import { gbtDepthwise } from '../../../src/algorithms/gbt-depthwise.ts'
import { gbtLeafwise } from '../../../src/algorithms/gbt-leafwise.ts'
import { gbtOblivious } from '../../../src/algorithms/gbt-oblivious.ts'
import { randomForest } from '../../../src/algorithms/random-forest.ts'
import { balancedWeights } from '../../../src/algorithms/trees/class-weights.ts'
import { refitLeaves } from '../../../src/algorithms/trees/refit.ts'
import type { DenseFeature } from '../../../src/data/features.ts'
import type { ForestModel } from '../../../src/models/forest.ts'
import { predictModel } from '../../../src/models/index.ts'
import { defaults, type Params } from '../../../src/params/space.ts'
import { pack } from '../../../src/util/pack.ts'
import { createRng } from '../../../src/util/rng.ts'
import { fitContext, meanLoss, runOnnx } from '../../helpers/fit.ts'
import { toy } from '../../helpers/toy.ts'

const BOOSTERS = [gbtDepthwise, gbtLeafwise, gbtOblivious]
const roundsOf = ({ space }: Algorithm) => Object.keys(space).find(name => /num_round|iterations/.test(name))!
const fit = (algorithm: Algorithm, data: TrainingData, params: Params = {}) =>
  algorithm.fit(
    data,
    { ...defaults(algorithm.space), [roundsOf(algorithm)]: 60, ...params },
    fitContext(),
  ) as Promise<ForestModel>

describe.each(BOOSTERS)('$name under monotone constraints', algorithm => {
  const rng = createRng(8)
  const rows = 1500
  const columns = ['up', 'down', 'free'].map((name): DenseFeature => ({
    kind: 'dense',
    name,
    values: Float32Array.from({ length: rows }, () => rng.normal()),
  }))
  const [up, down, free] = columns.map(({ values }) => values) as [Float32Array, Float32Array, Float32Array]
  // Rising on the whole, with waves and noise that a free learner follows.
  const signal = Float64Array.from(
    { length: rows },
    (_, r) => up[r]! - down[r]! + 1.5 * Math.sin(4 * up[r]!) + Math.abs(free[r]!) + 0.7 * rng.normal(),
  )
  const constraints = { monotone_constraints: '{"up": 1, "down": -1}' }

  /** Largest step against the direction when one feature walks up and the others stay. */
  const worst = async (model: ForestModel, name: string): Promise<number> => {
    const steps = 60
    const lines = 25
    const walked = columns.map((column): DenseFeature => {
      const values = new Float32Array(steps * lines)
      for (let line = 0; line < lines; line++)
        for (let step = 0; step < steps; step++)
          values[line * steps + step] =
            column.name === name ? -3 + (6 * step) / (steps - 1) : column.values[line]!
      return { ...column, values }
    })
    const outputs = await predictModel(model, { rows: steps * lines, columns: walked })
    const width = outputs.length / (steps * lines)
    const sign = name === 'up' ? 1 : -1
    let against = 0
    for (let line = 0; line < lines; line++)
      for (let step = 1; step < steps; step++) {
        const at = (line * steps + step) * width + width - 1
        against = Math.max(against, -sign * (outputs[at]! - outputs[at - width]!))
      }
    return against
  }

  it.each(['regression', 'binary'] as const)('never runs against them: %s', async task => {
    const target = task === 'binary' ? signal.map(value => Number(value > 0)) : signal
    const data: TrainingData = {
      task,
      classes: task === 'binary' ? 2 : 0,
      features: { rows, columns },
      target,
    }
    const told = await fit(algorithm, data, constraints)
    const plain = await fit(algorithm, data)
    for (const name of ['up', 'down']) expect(await worst(told, name)).toBeLessThan(1e-7)
    expect(await worst(plain, 'up')).toBeGreaterThan(0.01)
    const loss = meanLoss(await predictModel(told, data.features), data)
    const flat = task === 'binary' ? Math.LN2 : signal.reduce((sum, y) => sum + y * y, 0) / rows
    expect(loss).toBeLessThan(0.8 * flat)
  })

  it('says what is wrong with them', async () => {
    const data: TrainingData = { task: 'regression', classes: 0, features: { rows, columns }, target: signal }
    const told = (text: string, more: Params = {}) =>
      fit(algorithm, data, { monotone_constraints: text, ...more })
    await expect(told('{"upp": 1}')).rejects.toThrow(
      /names "upp", which is no feature \(did you mean "up"\?\)/,
    )
    await expect(told('{"up": 2}')).rejects.toThrow(/direction 2/)
    await expect(told('up')).rejects.toThrow(/is no JSON/)
    await expect(told('{"up": 1}', { loss: 'absolute' })).rejects.toThrow(/leaves are quantiles/)
  })
})

describe('class_weight balanced', () => {
  it('makes all classes weigh the same together', () => {
    const data: TrainingData = { ...toy('multiclass', { rows: 90 }) }
    const { weights } = balancedWeights(data)
    const sums = [0, 0, 0]
    data.target.forEach((label, row) => (sums[label]! += weights![row]!))
    for (const sum of sums) expect(sum).toBeCloseTo(30, 9)
  })

  it.each([...BOOSTERS, randomForest])('is what those weights do in $name', async algorithm => {
    const data = toy('binary', { rows: 300 })
    const asked = await fit(algorithm, data, { class_weight: 'balanced' })
    const given = await fit(algorithm, balancedWeights(data))
    expect(Buffer.compare(pack(asked), pack(given))).toBe(0)
    expect(Buffer.compare(pack(asked), pack(await fit(algorithm, data)))).not.toBe(0)
  })
})

describe('node_feature_fraction', () => {
  it.each([gbtDepthwise, gbtLeafwise])(
    'lets $name look at other features in other nodes',
    async algorithm => {
      const data = toy('regression', { rows: 400, features: 8 })
      const some = await fit(algorithm, data, { node_feature_fraction: 0.3, max_depth: 2 } as Params)
      const all = await fit(algorithm, data, { node_feature_fraction: 1, max_depth: 2 } as Params)
      const roots = ({ feature, roots: first }: ForestModel) =>
        new Set(Array.from(first.slice(0, 20), r => feature[r])).size
      expect(roots(some)).toBeGreaterThan(roots(all))
      expect(meanLoss(await predictModel(some, data.features), data)).toBeLessThan(0.5)
    },
  )
})

describe('goss_top_rate', () => {
  it.each(BOOSTERS)(
    'teaches $name from three rows in ten no less than all teach on fresh rows',
    async algorithm => {
      for (const task of ['binary', 'multiclass', 'regression'] as const) {
        const [data, fresh] = [toy(task, { rows: 2000 }), toy(task, { rows: 2000, seed: 5 })]
        const lossOf = async (params: Params) => {
          const model = await fit(algorithm, data, params)
          return { model, loss: meanLoss(await predictModel(model, fresh.features), fresh) }
        }
        const [all, some] = [await lossOf({}), await lossOf({ goss_top_rate: 0.2, goss_other_rate: 0.1 })]
        expect(pack(some.model)).not.toEqual(pack(all.model))
        expect(some.loss).toBeLessThan(1.08 * all.loss)
      }
    },
  )
})

describe('cover and gain', () => {
  it.each([...BOOSTERS, randomForest])('count the rows by every node of $name', async algorithm => {
    const { validation: _, ...data } = toy('regression', { rows: 256 })
    const { feature, left, cover, gain, roots } = await fit(algorithm, data, {
      subsample: 1,
      bagging_fraction: 1,
    } as Params)
    for (const root of algorithm === randomForest ? [] : roots) expect(cover![root]).toBeGreaterThan(0)
    for (let node = 0; node < feature.length; node++) {
      if (feature[node] === -1) {
        expect(gain![node]).toBe(0)
        continue
      }
      expect(cover![node]).toBe(cover![left[node]!]! + cover![left[node]! + 1]!)
      expect(gain![node]).toBeGreaterThan(0)
    }
  })
})

describe('going on from a model', () => {
  const data = toy('multiclass', { rows: 500 })
  const { validation: _, ...alone } = data

  it.each(BOOSTERS)('of $name adds rounds and lowers the training loss', async algorithm => {
    const first = await fit(algorithm, alone, { [roundsOf(algorithm)]: 64 })
    const both = await fit(algorithm, { ...alone, continueFrom: first }, { [roundsOf(algorithm)]: 64 })
    expect(both.roots.length).toBe(2 * first.roots.length)
    const loss = async (model: ForestModel) => meanLoss(await predictModel(model, data.features), data)
    expect(await loss(both)).toBeLessThan(0.9 * (await loss(first)))
    const native = await predictModel(both, data.features)
    const onnx = await runOnnx(both, data.features)
    native.forEach((value, i) => expect(onnx[i]).toBeCloseTo(value, 6))
  })

  it.each(['squared', 'poisson', 'huber'])('keeps the unit of the target: %s', async loss => {
    const table = toy('regression', { rows: 500, noise: 0.1 })
    const raised = { ...table, target: table.target.map(value => Math.exp(value / 2) * 1000) }
    const { validation: __, ...train } = raised
    const first = await fit(gbtDepthwise, train, { num_round: 64, loss })
    const both = await fit(gbtDepthwise, { ...train, continueFrom: first }, { num_round: 64, loss })
    const error = async (model: ForestModel) => meanLoss(await predictModel(model, train.features), train)
    expect(await error(both)).toBeLessThan(await error(first))
  })

  it('refuses a model of other features', async () => {
    const first = await fit(gbtDepthwise, toy('multiclass', { features: 4 }))
    await expect(fit(gbtDepthwise, { ...data, continueFrom: first })).rejects.toThrow(
      /4 features instead of 5/,
    )
  })
})

describe('one tree for all classes', () => {
  const data = toy('multiclass', { rows: 1500 })

  it.each(BOOSTERS)(
    'is the default of $name for enough rows, and learns with far fewer trees',
    async algorithm => {
      const rounds = { [roundsOf(algorithm)]: 64 }
      const auto = await fit(algorithm, data, rounds)
      const single = await fit(algorithm, data, { ...rounds, multi_strategy: 'one-per-class' })
      expect(auto.leafWidth).toBe(3)
      expect(auto.roots.length).toBeLessThanOrEqual(64)
      expect(single.leafWidth).toBe(1)
      expect(single.roots.length % 3).toBe(0)
      const loss = async (model: ForestModel) =>
      meanLoss(await predictModel(model, data.validation!.features), { task: 'multiclass', target: data.validation!.target }) // prettier-ignore
      expect(await loss(auto)).toBeLessThan(1.5 * (await loss(single)))
      expect(await loss(auto)).toBeLessThan(0.6)
    },
  )

  it('gives way to a tree per class on few rows', async () => {
    expect((await fit(gbtDepthwise, toy('multiclass', { rows: 300 }))).leafWidth).toBe(1)
  })

  it('goes on from a model and refits as others do', async () => {
    const { validation: _, ...alone } = data
    const params = { num_round: 64, eta: 0.1, lambda: 1, subsample: 1 }
    const first = await fit(gbtDepthwise, alone, params)
    const both = await fit(gbtDepthwise, { ...alone, continueFrom: first }, params)
    expect(both.roots.length).toBe(128)
    const loss = async (model: ForestModel) => meanLoss(await predictModel(model, data.features), data)
    expect(await loss(both)).toBeLessThan(await loss(first))
    const again = await refitLeaves(first, data, { learningRate: 0.1, lambda: 1, keep: 0 })
    again.values.forEach((value, i) => expect(value).toBeCloseTo(first.values[i]!, 4))
  })
})

describe('leaves refitted without growing', () => {
  it.each(['binary', 'multiclass', 'regression'] as const)(
    'come out the same on the same rows: %s',
    async task => {
      const { validation: _, ...data } = toy(task, { rows: 400 })
      const params = { subsample: 1, lambda: 1, min_child_weight: 1e-3, eta: 0.1 }
      const model = await fit(gbtDepthwise, data, params)
      const again = await refitLeaves(model, data, { learningRate: 0.1, lambda: 1, keep: 0 })
      again.values.forEach((value, leaf) => expect(value).toBeCloseTo(model.values[leaf]!, 4))
    },
  )

  it('learn from rows the trees never saw', async () => {
    const small = toy('regression', { rows: 200, seed: 1 })
    const large = toy('regression', { rows: 3000, seed: 2 })
    const { validation: _, ...train } = small
    const model = await fit(gbtDepthwise, train, { max_depth: 4 })
    const refitted = await refitLeaves(model, large, { learningRate: 0.08, lambda: 1, keep: 0 })
    const loss = async (forest: ForestModel) => meanLoss(await predictModel(forest, large.validation!.features), { task: 'regression', target: large.validation!.target }) // prettier-ignore
    expect(await loss(refitted)).toBeLessThan(await loss(model))
    expect(refitted.threshold).toEqual(model.threshold)
  })
})

describe('out-of-bag scores', () => {
  it.each(['binary', 'multiclass', 'regression'] as const)(
    'are near the score on fresh rows: %s',
    async task => {
      const data = toy(task, { rows: 1200, noise: 0.5 })
      const model = await fit(randomForest, data, { num_trees: 80, oob_score: true })
      const { features, target } = toy(task, { rows: 4000, noise: 0.5, seed: 2 })
      const outputs = await predictModel(model, features)
      expect(model.outOfBag!.rows).toBe(1200)
      if (task === 'regression') {
        const fresh = Math.sqrt(meanLoss(outputs, { task, target }))
        expect(model.outOfBag!.RMSE! / fresh).toBeGreaterThan(0.85)
        expect(model.outOfBag!.RMSE! / fresh).toBeLessThan(1.15)
        return
      }
      const width = outputs.length / target.length
      const hits = target.filter((label, row) => {
        const shares = outputs.subarray(row * width, (row + 1) * width)
        return shares.indexOf(Math.max(...shares)) === label
      }).length
      expect(Math.abs(model.outOfBag!.Accuracy! - hits / target.length)).toBeLessThan(0.05)
    },
  )
})
