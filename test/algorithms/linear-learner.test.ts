import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { linearLearner } from '../../src/algorithms/linear-learner.ts'
import { blockObjective } from '../../src/algorithms/linear/by-block.ts'
import { columnObjective } from '../../src/algorithms/linear/by-column.ts'
import { minimize } from '../../src/algorithms/linear/lbfgs.ts'
import { momentsOf } from '../../src/algorithms/linear/moments.ts'
import type { LinearProblem } from '../../src/algorithms/linear/problem.ts'
import type { Features } from '../../src/data/features.ts'
import type { LinearModel } from '../../src/models/linear.ts'
import { predictModel } from '../../src/models/index.ts'
import { defaults } from '../../src/params/space.ts'
import { pack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'

const context = { seed: 1, signal: new AbortController().signal, deadline: Infinity, threads: 1 }
const fit = (data: TrainingData, params: Record<string, string | number> = {}, extra = {}) =>
  linearLearner.fit(
    data,
    { ...defaults(linearLearner.space), ...params },
    { ...context, ...extra },
  ) as Promise<LinearModel>

function normals(rows: number, width: number, seed: number): Features {
  const rng = createRng(seed)
  const columns = Array.from({ length: width }, (_, j) => ({
    kind: 'dense' as const,
    name: `x${j}`,
    values: Float32Array.from({ length: rows }, () => (j + 1) * rng.normal() + 10 * j),
  }))
  return { rows, columns }
}

/** Labels drawn from a softmax of known weights. */
function classified(rows: number, width: number, classes: number, seed: number): TrainingData {
  const features = normals(rows, width, seed)
  const rng = createRng(seed + 1)
  const weights = Array.from({ length: classes }, () => Array.from({ length: width }, () => rng.normal()))
  const target = Float64Array.from({ length: rows }, (_, row) => {
    const scores = weights.map(w =>
      w.reduce((sum, value, j) => sum + (value * (features.columns[j]!.values[row]! - 10 * j)) / (j + 1), 0),
    )
    const exps = scores.map(Math.exp)
    let draw = rng.next() * exps.reduce((a, b) => a + b, 0)
    return Math.max(
      0,
      exps.findIndex(value => (draw -= value) < 0),
    )
  })
  return { features, target, task: classes === 2 ? 'binary' : 'multiclass', classes }
}

function problemOf(data: TrainingData, wd = 0.01): LinearProblem {
  const weights = new Float64Array(data.features.rows).fill(1 / data.features.rows)
  const link = data.task === 'binary' ? 'logistic' : data.task === 'regression' ? 'identity' : 'softmax'
  return {
    features: data.features,
    target: data.target,
    weights,
    link,
    scores: data.task === 'multiclass' ? data.classes : 1,
    wd,
    moments: momentsOf(data.features, weights),
  }
}

function regression(rows: number, seed: number): TrainingData {
  const features = normals(rows, 4, seed)
  const rng = createRng(seed + 1)
  const [a, b, c] = features.columns.map(column => column.values)
  const target = Float64Array.from(
    { length: rows },
    (_, i) => 5 + 2 * a![i]! - 3 * b![i]! + c![i]! + 0.1 * rng.normal(),
  )
  return { features, target, task: 'regression', classes: 0 }
}

describe('linear regression', () => {
  it('matches the closed form for one feature: slope = cov / (var · (1 + wd))', async () => {
    const x = Float32Array.of(1, 2, 4, 7, 11)
    const target = Float64Array.of(2, 3, 9, 10, 30)
    const features: Features = { rows: 5, columns: [{ kind: 'dense', name: 'x', values: x }] }
    const { weights, biases } = await fit({ features, target, task: 'regression', classes: 0 }, { wd: 0.25 })
    const covariance = x.reduce((sum, value, i) => sum + (value - 5) * (target[i]! - 10.8), 0)
    const variance = x.reduce((sum, value) => sum + (value - 5) ** 2, 0)
    expect(weights[0]).toBeCloseTo(covariance / (variance * 1.25), 10)
    expect(biases[0]).toBeCloseTo(10.8 - 5 * weights[0]!, 10)
  })

  it('recovers the weights that made the target', async () => {
    const { weights, biases } = await fit(regression(4000, 3), { wd: 1e-7 })
    expect([...weights].map(weight => (Math.round(weight * 100) || 0) / 100)).toEqual([2, -3, 1, 0])
    expect(biases[0]).toBeCloseTo(5, 0)
  })

  it('sets weights of useless features to exactly 0 under an L1 penalty, and all beyond the largest correlation', async () => {
    const data = regression(2000, 5)
    const some = await fit(data, { wd: 1e-7, penalty: 'elastic-net', l1: 0.05 })
    expect([...some.weights].map(weight => weight !== 0)).toEqual([true, true, true, false])
    const none = await fit(data, { wd: 1e-7, penalty: 'elastic-net', l1: 1 })
    expect([...none.weights]).toEqual([0, 0, 0, 0])
  })

  it('counts a row of weight 2 as that row twice', async () => {
    const { features, target } = regression(200, 7)
    const twice = {
      rows: 201,
      columns: features.columns.map(column => ({
        ...column,
        values: Float32Array.of(...column.values, column.values[0]!),
      })),
    } as Features
    const weights = new Float64Array(200).fill(1)
    weights[0] = 2
    const weighted = await fit({ features, target, weights, task: 'regression', classes: 0 })
    const repeated = await fit({
      features: twice,
      target: Float64Array.of(...target, target[0]!),
      task: 'regression',
      classes: 0,
    })
    for (const [j, weight] of weighted.weights.entries()) expect(weight).toBeCloseTo(repeated.weights[j]!, 9)
  })

  it('gives a column that repeats another no trouble', async () => {
    const { features, target } = regression(300, 9)
    const doubled = { rows: 300, columns: [...features.columns, features.columns[0]!] }
    const model = await fit({ features: doubled, target, task: 'regression', classes: 0 }, { wd: 1e-7 })
    expect(model.weights[0]! + model.weights[4]!).toBeCloseTo(2, 1)
  })
})

describe('logistic and softmax regression', () => {
  it.each([2, 3])('has a vanishing gradient at its solution for %i classes', async classes => {
    const data = classified(600, 4, classes, 11)
    const problem = problemOf(data)
    const objective = columnObjective(problem)
    const size = problem.scores * 5
    const point = await minimize(objective, new Float64Array(size), {
      maxIterations: 500,
      tolerance: 1e-8,
      relativeDecrease: 0,
      proceed: () => true,
    })
    const { gradient } = await objective(point)
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-6)
  })

  it('has the gradient that central differences of its loss give', async () => {
    for (const data of [classified(80, 3, 2, 1), classified(80, 3, 4, 2), regression(80, 3)]) {
      const problem = problemOf(data, 0.3)
      const objective = columnObjective(problem)
      const rng = createRng(5)
      const point = Float64Array.from(
        { length: problem.scores * (problem.features.columns.length + 1) },
        () => rng.normal(),
      )
      const gradient = (await objective(point)).gradient.slice()
      for (let i = 0; i < point.length; i++) {
        const at = async (step: number) =>
          (await objective(point.map((value, j) => (i === j ? value + step : value)))).loss
        expect(((await at(1e-5)) - (await at(-1e-5))) / 2e-5).toBeCloseTo(gradient[i]!, 6)
      }
    }
  })

  it.each([2, 5])('computes the same by row blocks as by columns for %i classes', async classes => {
    const data = classified(500, 6, classes, 21)
    const problem = problemOf(data)
    const blocks = await blockObjective(problem, 1)
    const rng = createRng(3)
    const point = Float64Array.from({ length: problem.scores * 7 }, () => rng.normal())
    const naive = await columnObjective(problem)(point)
    const fast = await blocks.objective(point)
    expect(fast.loss).toBeCloseTo(naive.loss, 10)
    for (const [i, value] of naive.gradient.entries()) expect(fast.gradient[i]).toBeCloseTo(value, 10)
    await blocks.release()
  })

  it('keeps byte tables as bytes and computes the same', async () => {
    const rng = createRng(8)
    const columns = Array.from({ length: 20 }, (_, j) => ({
      kind: 'dense' as const,
      name: `p${j}`,
      values: Float32Array.from({ length: 300 }, () => rng.int(256)),
    }))
    const target = Float64Array.from({ length: 300 }, () => rng.int(3))
    const problem = problemOf({ features: { rows: 300, columns }, target, task: 'multiclass', classes: 3 })
    const blocks = await blockObjective(problem, 1)
    expect(blocks.exact).toBe(false)
    const point = Float64Array.from({ length: 63 }, () => rng.normal() / 5)
    const naive = await columnObjective(problem)(point)
    const fast = await blocks.objective(point)
    expect(fast.loss).toBeCloseTo(naive.loss, 5)
    for (const [i, value] of naive.gradient.entries()) expect(fast.gradient[i]).toBeCloseTo(value, 5)
    await blocks.release()
  })

  it('treats a sparse column as the dense column it stands for', async () => {
    const rng = createRng(4)
    const values = Float32Array.from({ length: 400 }, () => (rng.next() < 0.1 ? 1 + rng.next() : 0))
    const index = Int32Array.from([...values.keys()].filter(row => values[row] !== 0))
    const target = values.map(value => (value > 0 === rng.next() < 0.8 ? 1 : 0))
    const dense: Features = { rows: 400, columns: [{ kind: 'dense', name: 'x', values }] }
    const sparse: Features = {
      rows: 400,
      columns: [{ kind: 'sparse', name: 'x', index, values: Float32Array.from(index, row => values[row]!) }],
    }
    const [a, b] = await Promise.all(
      [dense, sparse].map(features =>
        fit({ features, target: Float64Array.from(target), task: 'binary', classes: 2 }),
      ),
    )
    expect(a!.weights[0]).toBeCloseTo(b!.weights[0]!, 8)
    const [p, q] = await Promise.all([predictModel(a!, sparse), predictModel(a!, dense)])
    expect(p).toEqual(q)
  })

  it('selects features with an L1 penalty: the conditions of the minimum hold at every weight', async () => {
    const data = classified(500, 8, 2, 31)
    const problem = problemOf(data, 1e-7)
    const l1 = new Float64Array(9).fill(0.08, 0, 8)
    const objective = columnObjective(problem)
    const point = await minimize(objective, new Float64Array(9), {
      l1,
      maxIterations: 500,
      tolerance: 1e-9,
      relativeDecrease: 0,
      proceed: () => true,
    })
    const { gradient } = await objective(point)
    for (let i = 0; i < 8; i++) {
      if (point[i] === 0) expect(Math.abs(gradient[i]!)).toBeLessThanOrEqual(0.08 + 1e-6)
      else expect(gradient[i]).toBeCloseTo(-0.08 * Math.sign(point[i]!), 5)
    }
    expect(point.slice(0, 8).some(weight => weight === 0)).toBe(true)
  })

  it('predicts the rare class more often when classes are balanced', async () => {
    const data = classified(2000, 2, 2, 41)
    const rare = data.target.map((label, row) => (label === 1 && row % 5 ? 0 : label))
    const positives = async (class_weight: string) => {
      const p = await predictModel(await fit({ ...data, target: rare }, { class_weight }), data.features)
      return p.filter((value, i) => i % 2 === 1 && value > 0.5).length
    }
    expect(await positives('balanced')).toBeGreaterThan(2 * (await positives('none')))
  })

  it('survives perfectly separable classes, constant columns and no columns at all', async () => {
    const x = Float32Array.of(-2, -1, 1, 2)
    const constant = Float32Array.of(3, 3, 3, 3)
    const target = Float64Array.of(0, 0, 1, 1)
    const columns = [
      { kind: 'dense' as const, name: 'x', values: x },
      { kind: 'dense' as const, name: 'c', values: constant },
    ]
    const model = await fit({ features: { rows: 4, columns }, target, task: 'binary', classes: 2 })
    expect(model.weights[1]).toBe(0)
    const p = await predictModel(model, { rows: 4, columns })
    expect(p.every(Number.isFinite)).toBe(true)
    expect(p[1]).toBeLessThan(0.1)
    const empty = await fit({ features: { rows: 4, columns: [] }, target, task: 'binary', classes: 2 })
    expect((await predictModel(empty, { rows: 1, columns: [] }))[1]).toBeCloseTo(0.5, 5)
  })

  it('gives the same bytes twice and leaves its input alone', async () => {
    const data = classified(3000, 15, 3, 51)
    const before = structuredClone(data)
    expect(pack(await fit(data))).toEqual(pack(await fit(data)))
    expect(data).toEqual(before)
  })

  it('stops when aborted, and early but usable at its deadline', async () => {
    const data = classified(3000, 15, 3, 61)
    const controller = new AbortController()
    controller.abort(new Error('stopped'))
    await expect(fit(data, {}, { signal: controller.signal })).rejects.toThrow('stopped')
    const p = await predictModel(await fit(data, {}, { deadline: 0 }), data.features)
    expect(p.every(value => value > 0 && value < 1)).toBe(true)
  })
})
