import { describe, expect, it } from 'vitest'
import { extraTrees } from '../../src/algorithms/extra-trees.ts'
import { randomForest } from '../../src/algorithms/random-forest.ts'
import type { ForestModel } from '../../src/models/forest.ts'
import { defaults, type Params } from '../../src/params/space.ts'
import { fitContext } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

const data = toy('regression', { rows: 300, features: 8 })

describe.each([randomForest, extraTrees])('the parameters of $name', forest => {
  const fit = async (changes: Params): Promise<ForestModel> =>
    (await forest.fit(
      data,
      { ...defaults(forest.space), num_trees: 32, ...changes },
      fitContext(),
    )) as ForestModel
  const nodes = async (changes: Params) => (await fit(changes)).feature.length

  it('grow as many trees as asked', async () => {
    expect((await fit({ num_trees: 40 })).roots).toHaveLength(40)
  })
  it('keep leaves large: of 300 rows in leaves of 60 at most five leaves a tree', async () => {
    expect(await nodes({ min_samples_leaf: 60 })).toBeLessThanOrEqual(32 * 9)
    expect(await nodes({ min_samples_leaf: 1 })).toBeGreaterThan(32 * 30)
  })
  it('end trees at their depth: at most 15 nodes a tree at depth three', async () => {
    expect(await nodes({ max_depth: 3 })).toBeLessThanOrEqual(32 * 15)
  })
  it('look at all features or at some', async () => {
    const [all, some] = await Promise.all([fit({ max_features: 'all' }), fit({ max_features: 'sqrt' })])
    const first = ({ feature, roots }: ForestModel) => new Set(Array.from(roots, root => feature[root]!)).size
    expect(first(some)).toBeGreaterThan(first(all))
  })
})
