import { describe, expect, it } from 'vitest'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { factorizationMachine } from '../../src/algorithms/factorization-machine.ts'
import { linearLearner } from '../../src/algorithms/linear-learner.ts'
import type { DenseFeature } from '../../src/data/features.ts'
import { predictModel } from '../../src/models/index.ts'
import type { NetworkModel } from '../../src/models/network.ts'
import { emitFactors, factorWidth, type Factors } from '../../src/onnx/factor-layer.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { defaults } from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext, meanLoss, runOnnx } from '../helpers/fit.ts'

const rng = createRng(3)
const draw = (count: number) => Float32Array.from({ length: count }, () => rng.normal())

/** The definition: every pair by itself. A category is a value 1 with weights of its own. */
function naive(layer: Factors, row: Float32Array): number[] {
  const { inputs, categories, factors, outputs, weights, biases } = layer
  const width = factorWidth(layer)
  const terms = [
    ...Array.from({ length: inputs }, (_, i) => ({ x: row[i]!, own: weights.subarray(i * width) })),
    ...Array.from({ length: categories }, (_, c) => ({ x: 1, own: row.subarray(inputs + c * width) })),
  ]
  return Array.from({ length: outputs }, (_, k) => {
    const start = k * (factors + 1)
    let sum = biases[k]!
    for (const [i, { x, own }] of terms.entries()) {
      sum += x * own[start + factors]!
      for (const other of terms.slice(i + 1))
        for (let f = 0; f < factors; f++) sum += own[start + f]! * other.own[start + f]! * x * other.x
    }
    return sum
  })
}

/** Ratings: how well the tastes of a person and the kinds of a thing fit, both two hidden numbers, and a little of each alone. */
function ratings(rows: number, seed: number): TrainingData {
  const [people, things] = [40, 30]
  const hidden = createRng(1)
  const vectors = Array.from({ length: people + things }, () => [0, 0, 0].map(() => hidden.normal()))
  const rng = createRng(seed)
  const column = (name: string, categories: number): DenseFeature => ({
    kind: 'dense',
    name,
    categories,
    values: Float32Array.from({ length: rows }, () => rng.int(categories)),
  })
  const columns = [column('person', people), column('thing', things)]
  const target = Float64Array.from({ length: rows }, (_, row) => {
    const [p, t] = [vectors[columns[0]!.values[row]!]!, vectors[people + columns[1]!.values[row]!]!]
    return p[0]! * t[0]! + p[1]! * t[1]! + 0.3 * (p[2]! + t[2]!) + 0.1 * rng.normal()
  })
  return { task: 'regression', classes: 0, features: { rows, columns }, target }
}

/** The same table with a column of 0 and 1 for every value. */
const oneHot = (data: TrainingData): TrainingData => ({
  ...data,
  features: {
    rows: data.features.rows,
    columns: (data.features.columns as DenseFeature[]).flatMap(({ name, values, categories = 0 }) =>
      Array.from({ length: categories }, (_, code) => ({
        kind: 'dense' as const,
        name: `${name}=${code}`,
        values: values.map(value => Number(value === code)),
      })),
    ),
  },
})

describe('a factorization machine', () => {
  it.each([
    [4, 0],
    [0, 3],
    [3, 2],
  ])('with %i numbers and %i categories is the sum over all pairs', async (inputs, categories) => {
    const shape = { factors: 3, outputs: 2 }
    const width = factorWidth(shape)
    const layer: Factors = { kind: 'factors', inputs, categories, ...shape, weights: draw(inputs * width), biases: draw(2) } // prettier-ignore
    const [rows, columns] = [5, inputs + categories * width]
    const values = draw(rows * columns)
    const graph = new Graph('factors')
    const x = graph.input('x', 'float', [rows, columns])
    const parameters = [graph.constant(layer.weights, [inputs, width]), graph.constant(layer.biases, [2])]
    graph.output('y', emitFactors(graph, layer, x, inputs > 0 ? parameters : parameters.slice(1)), [rows, 2])
    const session = await openSession(graph.encode())
    const { y } = await session.run({ x: await feed(values, [rows, columns]) })
    await session.release()
    const expected = Array.from({ length: rows }, (_, row) =>
      naive(layer, values.subarray(row * columns, (row + 1) * columns)),
    ).flat()
    expected.forEach((value, i) => expect(Number(y!.data[i])).toBeCloseTo(value, 4))
  })

  it('recovers tastes from ratings, and rates pairs it never saw, where a linear model cannot', async () => {
    const [train, test] = [ratings(900, 5), ratings(400, 6)]
    const pair = ({ features: { columns } }: TrainingData, row: number) =>
      `${columns[0]!.values[row]} ${columns[1]!.values[row]}`
    const seen = new Set(Array.from(train.target, (_, row) => pair(train, row)))
    const fresh = [...test.target.keys()].filter(row => !seen.has(pair(test, row)))
    expect(fresh.length).toBeGreaterThan(100)
    const params = { ...defaults(factorizationMachine.space), num_factors: 2 }
    const model = await factorizationMachine.fit(train, params, fitContext())
    const linear = await linearLearner.fit(oneHot(train), defaults(linearLearner.space), fitContext())
    const lossOf = async (model: Parameters<typeof predictModel>[0], { features }: TrainingData) => {
      const outputs = await predictModel(model, features)
      const target = Float64Array.from(fresh, row => test.target[row]!)
      return meanLoss(Float64Array.from(fresh, row => outputs[row]!), { task: 'regression', target }) // prettier-ignore
    }
    const [ours, theirs] = [await lossOf(model, test), await lossOf(linear, oneHot(test))]
    expect(ours).toBeLessThan(0.35 * theirs)
  })

  it('answers the same natively and in ONNX, also for a category never seen', async () => {
    const model = await factorizationMachine.fit(ratings(300, 7), { ...defaults(factorizationMachine.space), epochs: 3 }, fitContext()) // prettier-ignore
    const columns = [0, 99].map((code, j): DenseFeature => ({
      kind: 'dense',
      name: `c${j}`,
      values: Float32Array.of(1, code, NaN),
    }))
    const native = await predictModel(model, { rows: 3, columns })
    const onnx = await runOnnx(model, { rows: 3, columns })
    expect(native.every(Number.isFinite)).toBe(true)
    native.forEach((value, i) => expect(onnx[i]).toBeCloseTo(value, 5))
    expect((model as NetworkModel).net.layers[0]!.kind).toBe('factors')
  })
})
