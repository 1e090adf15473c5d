import { describe, expect, it } from 'vitest'
import type { FitContext, TrainingData } from '../../../src/algorithms/algorithm.ts'
import { extraTrees } from '../../../src/algorithms/extra-trees.ts'
import { gbtDepthwise } from '../../../src/algorithms/gbt-depthwise.ts'
import { gbtLeafwise } from '../../../src/algorithms/gbt-leafwise.ts'
import { randomForest } from '../../../src/algorithms/random-forest.ts'
import { findBins } from '../../../src/algorithms/trees/bins.ts'
import { Grower, type GrowthRules } from '../../../src/algorithms/trees/grower.ts'
import { scalesFor } from '../../../src/algorithms/trees/losses.ts'
import { type BinnedMatrix, binRows, planLayout } from '../../../src/algorithms/trees/matrix.ts'
import type { GrownTree } from '../../../src/algorithms/trees/tree.ts'
import type { DenseFeature, Features } from '../../../src/data/features.ts'
import { Arena } from '../../../src/kernels/kernels.ts'
import type { ForestModel } from '../../../src/models/forest.ts'
import { predictModel } from '../../../src/models/index.ts'
import { defaults } from '../../../src/params/space.ts'
import { pack } from '../../../src/util/pack.ts'
import { createRng } from '../../../src/util/rng.ts'
import { fitContext, meanLoss } from '../../helpers/fit.ts'
import { toy } from '../../helpers/toy.ts'

const RULES: GrowthRules = {
  order: 'best',
  maxLeaves: 31,
  maxDepth: Infinity,
  gamma: 0,
  lambda: 0,
  alpha: 0,
  minChildWeight: 0,
  minRows: 1,
  randomThresholds: false,
  nodeFeatures: 0,
}

/** One squared-error tree on a table. */
function growOne(
  features: Features,
  target: Float64Array,
  given: Partial<GrowthRules> = {},
  sparse = true,
  slots = 64,
) {
  const arena = new Arena()
  const matrix = binRows(arena, features, planLayout(findBins(features, 1), { sparse }))
  const gradients = arena.allocate(8 * features.rows)
  const scales = scalesFor(
    features.rows,
    target.reduce((top, y) => Math.max(top, Math.abs(y)), 0),
    1,
  )
  const pairs = arena.i32(gradients, 2 * features.rows)
  for (let row = 0; row < features.rows; row++) {
    pairs[2 * row] = Math.round(-target[row]! * scales.g)
    pairs[2 * row + 1] = scales.h
  }
  const grower = new Grower(arena, matrix, gradients, { slots })
  arena.i32(grower.rows, features.rows).set(Int32Array.from({ length: features.rows }, (_, row) => row))
  const every = Int32Array.from(matrix.layout.features.keys())
  const tree = grower.grow(features.rows, every, createRng(1), scales, { ...RULES, ...given })
  return { tree, matrix, rows: Array.from(arena.i32(grower.rows, features.rows)) }
}

const column = (name: string, values: Float32Array): DenseFeature => ({ kind: 'dense', name, values })

const grid = (rows: number, features: number, seed = 3): Features => {
  const rng = createRng(seed)
  return {
    rows,
    columns: Array.from({ length: features }, (_, j) =>
      column(
        `x${j}`,
        Float32Array.from({ length: rows }, () => rng.int(20)),
      ),
    ),
  }
}

/** Splits as plain text, so that trees can be compared whatever the order their nodes were made in. */
function shape(tree: GrownTree, { layout }: BinnedMatrix, node = tree.feature.length > 0 ? 0 : -1): string {
  if (node < 0) return tree.values[-1 - node]!.toFixed(6)
  const bins = layout.features[tree.feature[node]!]!
  const sides = [tree.left[node]!, tree.right[node]!].map(child =>
    shape(tree, { layout } as BinnedMatrix, child),
  )
  return `(x${bins.column} ≤ ${bins.thresholds[tree.bin[node]!]}: ${sides.join(', ')})`
}

describe('a grown tree', () => {
  it('recovers a known tree from data without noise', () => {
    const features = grid(2000, 4)
    const [a, b] = features.columns.map(feature => (feature as DenseFeature).values)
    const target = Float64Array.from(a!, (x, row) =>
      x <= 7 ? (b![row]! <= 3 ? 5 : -1) : b![row]! <= 15 ? 2 : 9,
    )
    const { tree, matrix } = growOne(features, target)
    expect(tree.counts).toHaveLength(4)
    const leafOf = shape(tree, matrix)
    for (const value of ['5.000000', '-1.000000', '2.000000', '9.000000']) expect(leafOf).toContain(value)
    expect(leafOf).toContain('x0 ≤ 7.5')
  })

  it('puts every row in exactly one leaf, the one its values lead to', () => {
    const features = grid(3000, 5, 8)
    const rng = createRng(5)
    const target = Float64Array.from({ length: 3000 }, () => rng.normal())
    const { tree, rows, matrix } = growOne(features, target)
    expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, row) => row))
    const leafOfRow = new Int32Array(3000).fill(-1)
    for (const [leaf, begin] of tree.begins.entries())
      for (let i = 0; i < tree.counts[leaf]!; i++) leafOfRow[rows[begin + i]!] = leaf
    for (let row = 0; row < 3000; row++) {
      let node = 0
      while (node >= 0) {
        const { column, thresholds } = matrix.layout.features[tree.feature[node]!]!
        const x = (features.columns[column] as DenseFeature).values[row]!
        node = x <= thresholds[tree.bin[node]!]! ? tree.left[node]! : tree.right[node]!
      }
      expect(leafOfRow[row]).toBe(-1 - node)
    }
  })

  it('gives each leaf the mean of its targets', () => {
    const features = grid(1500, 3, 9)
    const rng = createRng(6)
    const target = Float64Array.from({ length: 1500 }, () => rng.normal())
    const { tree, rows } = growOne(features, target)
    for (const [leaf, begin] of tree.begins.entries()) {
      const own = rows.slice(begin, begin + tree.counts[leaf]!)
      const mean = own.reduce((sum, row) => sum + target[row]!, 0) / own.length
      expect(tree.values[leaf]).toBeCloseTo(mean, 6)
    }
  })

  it('is the same with few histogram slots as with many, sparse or dense', () => {
    const rng = createRng(12)
    const columns = Array.from({ length: 20 }, (_, j) =>
      column(
        `x${j}`,
        Float32Array.from({ length: 4000 }, () => (rng.next() < 0.85 ? 0 : rng.int(9))),
      ),
    )
    const features = { rows: 4000, columns }
    const target = Float64Array.from({ length: 4000 }, (_, row) => columns[3]!.values[row]! - columns[5]!.values[row]! * columns[7]!.values[row]! + 0.1 * rng.normal()) // prettier-ignore
    const dense = growOne(features, target, {}, false)
    const texts = [dense, growOne(features, target), growOne(features, target, {}, true, 3), growOne(features, target, {}, false, 3)].map(({ tree, matrix }) => shape(tree, matrix)) // prettier-ignore
    expect(growOne(features, target).matrix.groups).toHaveLength(1)
    expect(dense.matrix.groups).toHaveLength(0)
    expect(dense.tree.counts).toHaveLength(31)
    expect(new Set(texts).size).toBe(1)
  })

  it('without a limit of leaves is the same in either order', () => {
    const features = grid(800, 4, 21)
    const rng = createRng(7)
    const target = Float64Array.from({ length: 800 }, () => rng.normal())
    const limits = { maxLeaves: Infinity, maxDepth: 6, minRows: 10 }
    const [best, depth] = (['best', 'depth'] as const).map(order =>
      growOne(features, target, { ...limits, order }),
    )
    expect(shape(depth!.tree, depth!.matrix)).toBe(shape(best!.tree, best!.matrix))
  })

  it('keeps to its limits of depth, leaves and rows per leaf', () => {
    const features = grid(1000, 4, 22)
    const rng = createRng(8)
    const target = Float64Array.from({ length: 1000 }, () => rng.normal())
    expect(growOne(features, target, { maxLeaves: 7 }).tree.counts).toHaveLength(7)
    expect(growOne(features, target, { maxDepth: 2 }).tree.counts).toHaveLength(4)
    expect(Math.min(...growOne(features, target, { minRows: 50 }).tree.counts)).toBeGreaterThanOrEqual(50)
    expect(growOne(features, target, { gamma: 1e9 }).tree.counts).toEqual([1000])
  })
})

const fitForest = (
  algorithm: typeof gbtDepthwise,
  data: TrainingData,
  params: object = {},
  context: Partial<FitContext> = {},
) =>
  algorithm.fit(
    data,
    { ...defaults(algorithm.space), ...params },
    fitContext(context),
  ) as Promise<ForestModel>

describe('boosting', () => {
  it('stops early and keeps the best round', async () => {
    const data = toy('binary', { rows: 600, noise: 3 })
    const losses: number[] = []
    const model = await fitForest(gbtLeafwise, data, { num_iterations: 1000, learning_rate: 0.2 }, { report: (_, loss) => losses.push(loss) }) // prettier-ignore
    const best = losses.indexOf(Math.min(...losses)) + 1
    expect(losses.length).toBeLessThan(1000)
    expect(model.roots).toHaveLength(best)
    const held = { task: data.task, target: data.validation!.target }
    expect(meanLoss(await predictModel(model, data.validation!.features), held)).toBeCloseTo(
      losses[best - 1]!,
      5,
    )
  })

  it.each(['binary', 'multiclass', 'regression'] as const)(
    'reports the loss its model has: %s',
    async task => {
      const data = toy(task, { rows: 500, missing: 0.1 })
      let last = NaN
      const model = await fitForest(gbtDepthwise, data, { num_round: 64, subsample: 0.7 }, { report: (step, loss) => step === 40 && (last = loss), deadline: Infinity }) // prettier-ignore
      const scores = model.base.length
      const rounds = 40 * scores
      const first = { ...model, roots: model.roots.slice(0, rounds) }
      const held = { task, target: data.validation!.target }
      const loss = meanLoss(await predictModel(first, data.validation!.features), held)
      const scale = task === 'regression' ? data.target.reduce((sum, y) => sum + y * y, 0) / 500 - (data.target.reduce((sum, y) => sum + y, 0) / 500) ** 2 : 1 // prettier-ignore
      if (model.roots.length >= rounds) expect(loss / scale).toBeCloseTo(last, 5)
      expect(last).toBeGreaterThan(0)
    },
  )

  it('without validation rows makes all its rounds', async () => {
    const { validation: _, ...data } = toy('regression')
    expect((await fitForest(gbtDepthwise, data, { num_round: 70 })).roots).toHaveLength(70)
  })

  it('does not care about the unit of a regression target', async () => {
    const data = toy('regression', { rows: 300 })
    const scaled = { ...data, target: data.target.map(y => 1e6 * y + 5e7), validation: { ...data.validation!, target: data.validation!.target.map(y => 1e6 * y + 5e7) } } // prettier-ignore
    const [a, b] = [await fitForest(gbtDepthwise, data), await fitForest(gbtDepthwise, scaled)]
    const [p, q] = [await predictModel(a, data.features), await predictModel(b, data.features)]
    for (let row = 0; row < 300; row++) expect((q[row]! - 5e7) / 1e6).toBeCloseTo(p[row]!, 2)
  })

  it('weights rows as if they stood there that many times', async () => {
    const data = toy('binary', { rows: 200 })
    const { validation: _, ...alone } = data
    const twice = Int32Array.from({ length: 300 }, (_, i) => (i < 200 ? i : i - 200)) // the first 100 rows again
    const columns = data.features.columns.map(feature => column(feature.name, Float32Array.from(twice, row => (feature as DenseFeature).values[row]!))) // prettier-ignore
    const repeated: TrainingData = { ...alone, features: { rows: 300, columns }, target: Float64Array.from(twice, row => data.target[row]!) } // prettier-ignore
    const weighted: TrainingData = { ...alone, weights: Float64Array.from({ length: 200 }, (_, row) => (row < 100 ? 2 : 1)) } // prettier-ignore
    const params = { num_round: 64, subsample: 1, colsample_bytree: 1 }
    const [a, b] = [
      await fitForest(gbtDepthwise, repeated, params),
      await fitForest(gbtDepthwise, weighted, params),
    ]
    const [p, q] = [await predictModel(a, data.features), await predictModel(b, data.features)]
    for (let i = 0; i < p.length; i++) expect(q[i]).toBeCloseTo(p[i]!, 1)
  })

  it('learns more than 255 distinct values, missing ones and sparse columns', async () => {
    const data = toy('regression', { rows: 3000, features: 4, missing: 0.3, noise: 0.1 })
    const rng = createRng(2)
    const sparse = Array.from({ length: 12 }, (_, j) => {
      const index = Int32Array.from({ length: 3000 }, (_, row) => row).filter(() => rng.next() < 0.05)
      return {
        kind: 'sparse' as const,
        name: `s${j}`,
        index,
        values: new Float32Array(index.length).fill(1 + j),
      }
    })
    const target = data.target.slice()
    for (const { index, values } of sparse) for (const [i, row] of index.entries()) target[row]! += values[i]!
    const table: TrainingData = { task: 'regression', classes: 0, features: { rows: 3000, columns: [...data.features.columns, ...sparse] }, target } // prettier-ignore
    const model = await fitForest(gbtLeafwise, table)
    const mean = target.reduce((sum, y) => sum + y, 0) / 3000
    const variance = target.reduce((sum, y) => sum + (y - mean) ** 2, 0) / 3000
    expect(meanLoss(await predictModel(model, table.features), table)).toBeLessThan(0.1 * variance)
  })

  it('tells the event loop that it is alive', async () => {
    const data = toy('binary', { rows: 20_000, features: 20 })
    let turns = 0
    const timer = setInterval(() => turns++, 20)
    await fitForest(gbtLeafwise, data, { num_iterations: 100 })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(1)
  })
})

describe('forests', () => {
  it.each([randomForest, extraTrees])(
    '$name holds shares of classes, and never thinks one impossible',
    async algorithm => {
      const data = toy('multiclass', { rows: 400 })
      const model = await fitForest(algorithm, data, { num_trees: 40 })
      const doubt = model.base.reduce((sum, share) => sum + share, 0)
      expect(doubt).toBeCloseTo(0.5 / 40.5, 9)
      expect(Math.min(...(await predictModel(model, data.features)))).toBeGreaterThan(0)
      for (let leaf = 0; leaf < model.values.length / 3; leaf++) {
        const [a, b, c] = model.values.subarray(3 * leaf, 3 * leaf + 3)
        expect(a! + b! + c! + doubt).toBeCloseTo(1, 6)
      }
    },
  )

  it('count two classes like any other number of classes: Gini by gradients is Gini by counting', async () => {
    const data = toy('binary', { rows: 500 })
    const counted: TrainingData = { ...data, task: 'multiclass', classes: 2 }
    const params = { num_trees: 32, max_features: 'all', min_samples_leaf: 5 }
    const [a, b] = [
      await fitForest(randomForest, data, params),
      await fitForest(randomForest, counted, params),
    ]
    const [p, q] = [await predictModel(a, data.features), await predictModel(b, data.features)]
    for (let i = 0; i < p.length; i++) expect(q[i]).toBeCloseTo(p[i]!, 5)
  })

  it('differ by seed', async () => {
    const data = toy('binary')
    const [a, b] = [await fitForest(extraTrees, data), await fitForest(extraTrees, data, {}, { seed: 2 })]
    expect(Buffer.compare(pack(a), pack(b))).not.toBe(0)
  })
})
