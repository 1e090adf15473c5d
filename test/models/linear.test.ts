import { describe, expect, it } from 'vitest'
import type { Features } from '../../src/data/features.ts'
import { emitModel, predictModel } from '../../src/models/index.ts'
import type { LinearModel } from '../../src/models/linear.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { toRowMajor } from '../../src/data/features.ts'
import { feed, openSession } from '../../src/onnx/session.ts'
import { pack, unpack } from '../../src/util/pack.ts'
import { createRng } from '../../src/util/rng.ts'

const rng = createRng(1)
const features: Features = {
  rows: 50,
  columns: Array.from({ length: 5 }, (_, j) => ({
    kind: 'dense' as const,
    name: `x${j}`,
    values: Float32Array.from({ length: 50 }, () => 100 * rng.normal()),
  })),
}
const model = (link: LinearModel['link'], outputs: number): LinearModel => {
  const scores = link === 'softmax' ? outputs : 1
  return {
    kind: 'linear',
    link,
    outputs,
    features: 5,
    weights: Float64Array.from({ length: scores * 5 }, () => rng.normal() / 20),
    biases: Float64Array.from({ length: scores }, () => rng.normal()),
  }
}

async function throughOnnx(data: LinearModel): Promise<Float64Array> {
  const graph = new Graph('test')
  const result = emitModel(data, graph, graph.input('x', 'float', ['N', 5]))
  graph.output('y', result, ['N', data.outputs])
  const session = await openSession(graph.encode())
  const { y } = await session.run({ x: await feed(toRowMajor(features), [50, 5]) })
  await session.release()
  return Float64Array.from(y!.data as Float64Array)
}

describe('the linear model', () => {
  it.each([
    ['identity', 1],
    ['logistic', 2],
    ['softmax', 4],
  ] as const)('with link %s predicts natively what its graph predicts', async (link, outputs) => {
    const data = model(link, outputs)
    const native = await predictModel(data, features)
    const graph = await throughOnnx(data)
    expect(native).toHaveLength(50 * outputs)
    for (const [i, value] of native.entries()) expect(graph[i]).toBeCloseTo(value, 9)
    expect(await predictModel(unpack(pack(data)) as LinearModel, features)).toEqual(native)
  })

  it('gives probabilities that sum to 1, also for extreme scores', async () => {
    const data = { ...model('logistic', 2), weights: new Float64Array(5).fill(1e6) }
    const p = await predictModel(data, features)
    for (let row = 0; row < 50; row++) expect(p[2 * row]! + p[2 * row + 1]!).toBe(1)
  })

  it('scores by the written formula', async () => {
    const data = model('identity', 1)
    const p = await predictModel(data, features)
    let expected = data.biases[0]!
    for (let j = 0; j < 5; j++) expected += data.weights[j]! * features.columns[j]!.values[7]!
    expect(p[7]).toBeCloseTo(expected, 12)
  })
})
