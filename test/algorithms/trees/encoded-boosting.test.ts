import { describe, expect, it } from 'vitest'
import type { Algorithm, TrainingData } from '../../../src/algorithms/algorithm.ts'
import { gbtDepthwise } from '../../../src/algorithms/gbt-depthwise.ts'
import { gbtLeafwise } from '../../../src/algorithms/gbt-leafwise.ts'
import type { DenseFeature } from '../../../src/data/features.ts'
import type { ForestModel } from '../../../src/models/forest.ts'
import { predictModel } from '../../../src/models/index.ts'
import { defaults } from '../../../src/params/space.ts'
import { createRng } from '../../../src/util/rng.ts'
import { fitContext, meanLoss, runOnnx } from '../../helpers/fit.ts'

const LEVELS = 200

/** Two columns of two hundred codes each, whose order says nothing about their effects. */
function codes(rows: number, seed: number): TrainingData {
  const rng = createRng(seed)
  const truth = createRng(7)
  const effects = Array.from({ length: 2 * LEVELS }, () => truth.normal())
  const columns = [0, 1].map((_, f): DenseFeature => ({
    kind: 'dense',
    name: `code${f}`,
    values: Float32Array.from({ length: rows }, () => (rng.next() < 0.03 ? NaN : rng.int(LEVELS))),
    categories: LEVELS,
  }))
  const target = Float64Array.from({ length: rows }, (_, row) => {
    const odds = columns.reduce((sum, { values }, f) => sum + (effects[f * LEVELS + values[row]!] ?? 0), 0)
    return Number(rng.next() < 1 / (1 + Math.exp(-1.5 * odds)))
  })
  return { task: 'binary', classes: 2, features: { rows, columns }, target }
}

const fit = (algorithm: Algorithm, data: TrainingData, statistics: string) => {
  const rounds = Object.keys(algorithm.space).find(name => /num_round|iterations/.test(name))!
  return algorithm.fit(
    data,
    { ...defaults(algorithm.space), [rounds]: 100, target_statistics: statistics },
    fitContext(),
  ) as Promise<ForestModel>
}

describe.each([gbtDepthwise, gbtLeafwise])('categories in $name', algorithm => {
  it.each(['folds', 'ordered'])('as target statistics tell more than their codes: %s', async statistics => {
    const [train, test] = [codes(4000, 1), codes(2000, 2)]
    const loss = async (kind: string) =>
      meanLoss(await predictModel(await fit(algorithm, train, kind), test.features), test)
    expect(await loss(statistics)).toBeLessThan((await loss('none')) - 0.02)
  })

  it('answer the same in ONNX', async () => {
    const model = await fit(algorithm, codes(1500, 1), 'folds')
    const { features } = codes(300, 3)
    const [own, graph] = [await predictModel(model, features), await runOnnx(model, features)]
    for (const [i, value] of own.entries()) expect(Math.abs(value - graph[i]!)).toBeLessThan(1e-6)
  })
})
