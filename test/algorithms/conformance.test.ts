import { describe, expect, it } from 'vitest'
import type { Algorithm, TrainingData } from '../../src/algorithms/algorithm.ts'
import { algorithms } from '../../src/algorithms/index.ts'
import type { Task } from '../../src/data/dataset.ts'
import type { DenseFeature, Features } from '../../src/data/features.ts'
import type { ForestModel } from '../../src/models/forest.ts'
import { predictModel } from '../../src/models/index.ts'
import type { ModelData } from '../../src/models/model.ts'
import { defaults, type Params } from '../../src/params/space.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { argMax, fitContext, meanLoss, runOnnx } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

const ROWS = 200
const baseline = algorithms.find(algorithm => algorithm.name === 'baseline')!

/** Default parameters with every count of rounds, epochs or trees made small, so that the suite stays quick. */
function quickParams({ space, settings = {} }: Algorithm): Params {
  const params: Record<string, Params[string]> = { ...defaults(space) }
  for (const [name, distribution] of Object.entries({ ...space, ...settings })) {
    if (distribution.type !== 'int' || (distribution.when && !(name in params))) continue
    if (/num_round|num_iterations|num_trees|epochs/.test(name))
      params[name] = Math.max(distribution.low, Math.min(16, distribution.high))
  }
  return params
}

/** Quick parameters, but the last choice of every list and the lowest of every small range: other shapes inside the model. */
function otherParams(algorithm: Algorithm): Params {
  const params: Record<string, Params[string]> = { ...quickParams(algorithm) }
  for (const [name, distribution] of Object.entries(algorithm.space)) {
    if (!(name in params) || 'when' in distribution) continue
    if (distribution.type === 'choice') params[name] = distribution.choices.at(-1)!
    else if (distribution.type === 'int' && distribution.high < 200) params[name] = distribution.low
  }
  return params
}

/** What the requirements of an algorithm ask of its features. */
function tableFor(algorithm: Algorithm, task: Task, seed = 7): TrainingData {
  const missing = algorithm.requires.includes('no-missing') ? 0 : 0.1
  return toy(task, { rows: ROWS, seed, missing })
}

const withColumns = (
  data: TrainingData,
  change: (columns: DenseFeature[], rows: number) => DenseFeature[],
): TrainingData => {
  const on = ({ rows, columns }: Features): Features => ({
    rows,
    columns: change(columns as DenseFeature[], rows),
  })
  return {
    ...data,
    features: on(data.features),
    validation: { ...data.validation!, features: on(data.validation!.features) },
  }
}

const fit = (algorithm: Algorithm, data: TrainingData, seed = 1): Promise<ModelData> =>
  algorithm.fit(data, quickParams(algorithm), fitContext({ seed }))

function expectSound(outputs: Float64Array, rows: number, task: Task): void {
  const width = outputs.length / rows
  expect(outputs.every(Number.isFinite)).toBe(true)
  if (task === 'regression') return expect(width).toBe(1)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let k = 0; k < width; k++) {
      expect(outputs[row * width + k]).toBeGreaterThanOrEqual(0)
      sum += outputs[row * width + k]!
    }
    expect(sum).toBeCloseTo(1, 9)
  }
}

// Learners that have to be told more about a table than its shape (image nets) say so, and are tested on their own pages.
const shape = { task: 'binary', rows: ROWS, features: 5, classes: 2 } as const
for (const algorithm of algorithms.filter(algorithm => algorithm.unfit?.(shape) === undefined)) {
  describe.each(algorithm.tasks)(`${algorithm.name} on %s`, task => {
    const data = tableFor(algorithm, task)
    const rows = data.validation!.features
    const model = fit(algorithm, data)

    it('gives the same bytes for the same seed', async () => {
      expect(Buffer.compare(pack(await fit(algorithm, data)), pack(await model))).toBe(0)
    })

    it('predicts the same after a round trip through bytes', async () => {
      const restored = unpack(pack(await model)) as ModelData
      expect(await predictModel(restored, rows)).toEqual(await predictModel(await model, rows))
    })

    it('does not touch its input', async () => {
      const before = pack(data)
      await fit(algorithm, data, 2)
      expect(Buffer.compare(pack(data), before)).toBe(0)
    })

    it('gives probabilities that sum to 1, or finite values', async () => {
      expectSound(await predictModel(await model, rows), rows.rows, task)
    })

    it('predicts each row for itself', async () => {
      const all = await predictModel(await model, rows)
      const width = all.length / rows.rows
      const last = (values: Float32Array) => values.slice(rows.rows - 1)
      const columns = rows.columns.map(column => ({
        ...(column as DenseFeature),
        values: last((column as DenseFeature).values),
      }))
      const one = await predictModel(await model, { rows: 1, columns })
      for (let k = 0; k < width; k++) expect(one[k]).toBeCloseTo(all[all.length - width + k]!, 12)
    })

    it('says the same natively and in ONNX', async () => {
      const native = await predictModel(await model, rows)
      const onnx = await runOnnx(await model, rows)
      const width = native.length / rows.rows
      for (let i = 0; i < native.length; i++) {
        const bound = task === 'regression' ? 1e-5 * Math.max(1, Math.abs(native[i]!)) : 1e-6
        expect(Math.abs(onnx[i]! - native[i]!)).toBeLessThanOrEqual(bound)
      }
      const labelled = task === 'regression' ? 0 : rows.rows
      for (let row = 0; row < labelled; row++)
        expect(argMax(onnx, row, width)).toBe(argMax(native, row, width))
    })

    it('ends after a share of its steps where it takes any, and is whole where not', async () => {
      const { validation: _, ...unwatched } = data
      const fitted = (stepShare: number) =>
        algorithm.fit(unwatched, quickParams(algorithm), fitContext({ stepShare }))
      const [whole, part] = await Promise.all([fitted(1), fitted(1 / 4)])
      expect(Buffer.compare(pack(whole), pack(part)) !== 0).toBe(algorithm.takesSteps === true)
      const trees = (one: ModelData) => (one as Partial<ForestModel>).roots?.length
      if (algorithm.takesSteps && trees(whole) !== undefined) expect(trees(part)).toBe(trees(whole)! / 4)
    })

    it('says the same where other models of its kind stand in the same graph', async () => {
      const seeds = [2, 3]
      const others = await Promise.all(seeds.map(seed => fit(algorithm, data, seed)))
      const wider = await algorithm.fit(data, otherParams(algorithm), fitContext({ seed: 4 }))
      const native = await predictModel(await model, rows)
      const onnx = await runOnnx(await model, rows, [...others, wider])
      for (let i = 0; i < native.length; i++) {
        const bound = task === 'regression' ? 1e-5 * Math.max(1, Math.abs(native[i]!)) : 1e-6
        expect(Math.abs(onnx[i]! - native[i]!)).toBeLessThanOrEqual(bound)
      }
    })

    it('stops when aborted', async () => {
      const signal = AbortSignal.abort(new Error('stop it'))
      await expect(algorithm.fit(data, quickParams(algorithm), fitContext({ signal }))).rejects.toThrow(
        'stop it',
      )
    })

    it('gives a sound model when the deadline has passed already', async () => {
      const late = await algorithm.fit(data, quickParams(algorithm), fitContext({ deadline: 0 }))
      expectSound(await predictModel(late, rows), rows.rows, task)
    })

    it('bears a constant feature, a single feature, and no feature that says anything', async () => {
      const constant = (column: DenseFeature) => ({
        ...column,
        values: new Float32Array(column.values.length).fill(3),
      })
      const first = withColumns(data, columns => [constant(columns[0]!), ...columns.slice(1)])
      const single = withColumns(data, columns => columns.slice(0, 1))
      const silent = withColumns(data, columns => columns.map(constant))
      for (const table of [first, single, silent]) {
        const outputs = await predictModel(await fit(algorithm, table), table.features)
        expectSound(outputs, ROWS, task)
      }
    })

    it('learns without validation rows', async () => {
      const { validation: _, ...alone } = data
      expectSound(await predictModel(await fit(algorithm, alone), rows), rows.rows, task)
    })

    it('takes weights: a row of weight 3 counts as three rows, roughly', async () => {
      const weights = Float64Array.from(data.target, value => (value > 0.5 ? 3 : 1))
      const weighted = await predictModel(await fit(algorithm, { ...data, weights }), data.features)
      expectSound(weighted, ROWS, task)
      const plain = await predictModel(await model, data.features)
      const share = (outputs: Float64Array) => {
        const width = outputs.length / ROWS
        let sum = 0
        for (let row = 0; row < ROWS; row++) sum += width === 1 ? outputs[row]! : 1 - outputs[row * width]!
        return sum / ROWS
      }
      expect(share(weighted)).toBeGreaterThan(share(plain) - 0.02)
    })

    const settings = Object.entries(algorithm.settings ?? {})
    const choices = settings.flatMap(([name, setting]) =>
      setting.type === 'choice' ? setting.choices.slice(1).map(choice => [name, choice] as const) : [],
    )
    if (choices.length > 0) {
      it.each(choices)('is sound, and the same in ONNX, with %s = %s', async (name, choice) => {
        // Some losses are for values above 0 only.
        const positive = (target: Float64Array) =>
          task === 'regression' ? target.map(value => Math.exp(value / 3)) : target
        const validation = { ...data.validation!, target: positive(data.validation!.target) }
        const table = { ...data, target: positive(data.target), validation }
        const told = await algorithm.fit(table, { ...quickParams(algorithm), [name]: choice }, fitContext())
        const native = await predictModel(told, rows)
        const onnx = await runOnnx(told, rows)
        expectSound(native, rows.rows, task)
        native.forEach((value, i) => expect(onnx[i]).toBeCloseTo(value, 5))
      })
    }

    if (algorithm !== baseline) {
      it('beats the baseline where there is signal', async () => {
        const other = await fit(baseline, data)
        const target = { task, target: data.validation!.target }
        const mine = meanLoss(await predictModel(await model, rows), target)
        expect(mine).toBeLessThan(0.9 * meanLoss(await predictModel(other, rows), target))
      })
    }

    it('expects a finite, growing number of seconds', () => {
      const shape = { task, classes: data.classes, features: 20 }
      const params = defaults(algorithm.space)
      const seconds = [1e3, 1e4, 1e5].map(rows => algorithm.expectedSeconds({ ...shape, rows }, params))
      expect(seconds.every(Number.isFinite)).toBe(true)
      expect(seconds.toSorted((a, b) => a - b)).toEqual(seconds)
    })
  })
}
