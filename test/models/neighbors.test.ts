import { describe, expect, it } from 'vitest'
import { knn } from '../../src/algorithms/knn.ts'
import { predictModel } from '../../src/models/index.ts'
import { defaults } from '../../src/params/space.ts'
import { fitContext } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

/** The same votes in plain loops. */
function naive(train: ReturnType<typeof toy>, row: readonly number[], count: number, strength: number) {
  const { features, target, classes } = train
  const distances = Array.from({ length: features.rows }, (_, i) => ({
    i,
    d: features.columns.reduce((sum, { values }, j) => sum + (values[i]! - row[j]!) ** 2, 0),
  }))
  const near = distances.toSorted((a, b) => a.d - b.d).slice(0, count)
  const usual = Array.from(
    { length: classes },
    (_, k) => target.filter(label => label === k).length / features.rows,
  )
  const votes = usual.map((share, k) => strength * share + near.filter(({ i }) => target[i] === k).length)
  return votes.map(vote => vote / (count + strength))
}

describe('neighbours', () => {
  it('vote as plain loops say', async () => {
    const train = toy('multiclass', { rows: 300, seed: 4 })
    const params = { ...defaults(knn.space), weights: 'uniform', n_neighbors: 7, prior_strength: 0.5 }
    const model = await knn.fit(train, params, fitContext())
    const { features } = train.validation!
    const outputs = await predictModel(model, features)
    for (let row = 0; row < features.rows; row++) {
      const own = features.columns.map(({ values }) => values[row]!)
      const expected = naive(train, own, 7, 0.5)
      expected.forEach((value, k) => expect(outputs[3 * row + k]).toBeCloseTo(value, 6))
    }
  })

  it('weigh a row of weight 2 as two rows', async () => {
    const train = toy('binary', { rows: 100, seed: 5 })
    const all = { ...defaults(knn.space), weights: 'uniform', n_neighbors: 100, prior_strength: 0.01 }
    const weights = train.target.map(label => 1 + label)
    const model = await knn.fit({ ...train, weights }, all, fitContext())
    const [zeros] = await predictModel(model, train.features)
    const ones = train.target.reduce((sum, label) => sum + label, 0)
    expect(zeros).toBeCloseTo((100 - ones) / (100 + ones), 6)
  })

  it('are refused where a model would have to hold too much', () => {
    const shape = { task: 'binary', classes: 2, features: 10 } as const
    expect(knn.unfit!({ ...shape, rows: 30_000 })).toMatch(/more than the 20000/)
    expect(knn.unfit!({ ...shape, rows: 1000 })).toBeUndefined()
  })
})
