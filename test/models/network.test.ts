import { describe, expect, it } from 'vitest'
import { toRowMajor, type Features } from '../../src/data/features.ts'
import { emitModel, predictModel } from '../../src/models/index.ts'
import type { NetworkModel } from '../../src/models/network.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'

/** |x| by two relus, then · 10 + 1. */
const absolute: NetworkModel = {
  kind: 'network',
  outputs: 1,
  features: 1,
  link: 'identity',
  outputScale: 10,
  outputShift: 1,
  net: {
    numeric: Int32Array.of(0),
    scale: Float32Array.of(1),
    shift: Float32Array.of(0),
    squash: 0,
    embeddings: [],
    layers: [
      { kind: 'dense', inputs: 1, outputs: 2, weights: Float32Array.of(1, -1), biases: new Float32Array(2) },
      { kind: 'activation', name: 'relu' },
      { kind: 'dense', inputs: 2, outputs: 1, weights: Float32Array.of(1, 1), biases: new Float32Array(1) },
    ],
  },
}

function random(seed: number): NetworkModel {
  const rng = createRng(seed)
  const draw = (count: number) => Float32Array.from({ length: count }, () => rng.normal() / 2)
  return {
    kind: 'network',
    outputs: 3,
    features: 4,
    link: 'softmax',
    outputScale: 0.8,
    outputShift: 0,
    net: {
      numeric: Int32Array.of(0, 2),
      scale: Float32Array.of(1, 0.1),
      shift: Float32Array.of(0, -1),
      squash: 3,
      embeddings: [
        { feature: 1, categories: 3, width: 2, table: draw(8) },
        { feature: 3, categories: 2, width: 1, table: draw(3) },
      ],
      layers: [
        {
          kind: 'sum',
          branches: [
            [
              { kind: 'dense', inputs: 5, outputs: 6, weights: draw(30), biases: draw(6) },
              { kind: 'activation', name: 'silu' },
              { kind: 'dropout', rate: 0.5 },
              { kind: 'dense', inputs: 6, outputs: 3, weights: draw(18), biases: draw(3) },
            ],
            [{ kind: 'dense', inputs: 5, outputs: 3, weights: draw(15), biases: draw(3) }],
          ],
        },
      ],
    },
  }
}

const column = (name: string, values: number[]) => ({
  kind: 'dense' as const,
  name,
  values: Float32Array.from(values),
})
const table: Features = {
  rows: 6,
  columns: [
    column('a', [0, 1, -2, 3, 50, 1]),
    column('code', [0, 1, 2, NaN, 3, -1]),
    { kind: 'sparse', name: 'b', index: Int32Array.of(1, 4), values: Float32Array.of(20, -5) },
    column('other', [0, 1, 1, 0, NaN, 7]),
  ],
}

async function throughOnnx(model: NetworkModel, features: Features): Promise<number[]> {
  const graph = new Graph('test')
  const result = emitModel(model, graph, graph.input('x', 'float', ['N', model.features]))
  graph.output('y', result, ['N', model.outputs])
  const session = await openSession(graph.encode())
  const { y } = await session.run({ x: await feed(toRowMajor(features), [features.rows, model.features]) })
  await session.release()
  return [...(y!.data as Float64Array)]
}

describe('the network model', () => {
  it('computes what its layers say', async () => {
    const x = { rows: 4, columns: [column('x', [-3, 0, 0.5, 2])] }
    expect([...(await predictModel(absolute, x))]).toEqual([31, 1, 6, 21])
  })

  it('gives every category its own vector, and the last one to missing and unknown codes', async () => {
    const p = await predictModel(random(1), table)
    const row = (i: number) => p.slice(3 * i, 3 * i + 3)
    const known = {
      ...table,
      columns: table.columns.map((c, j) => (j === 1 ? column('code', [0, 1, 2, 3, NaN, 99]) : c)),
    }
    const q = await predictModel(random(1), known)
    expect([...q]).toEqual([...p]) // 3, NaN and 99 all mean unknown for three categories
    expect(row(3)).not.toEqual(row(2))
  })

  it('predicts natively what its graph predicts, as probabilities', async () => {
    const model = random(2)
    const native = await predictModel(model, table)
    const graph = await throughOnnx(model, table)
    for (const [i, value] of native.entries()) expect(graph[i]).toBeCloseTo(value, 7)
    for (let i = 0; i < native.length; i += 3) {
      expect(native[i]! + native[i + 1]! + native[i + 2]!).toBeCloseTo(1, 12)
    }
  })

  it('predicts the same after a round trip through bytes', async () => {
    const model = random(3)
    const copy = unpack(pack(model)) as NetworkModel
    expect(await predictModel(copy, table)).toEqual(await predictModel(model, table))
  })

  it('serves many models at once and again after their sessions were let go', async () => {
    const models = Array.from({ length: 12 }, (_, i) => random(10 + i))
    const first = await Promise.all(models.map(model => predictModel(model, table)))
    for (const [i, model] of models.entries()) expect(await predictModel(model, table)).toEqual(first[i])
  })

  it('predicts no rows as no rows', async () => {
    expect(await predictModel(absolute, { rows: 0, columns: [column('x', [])] })).toHaveLength(0)
  })
})
