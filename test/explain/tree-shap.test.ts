import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gbtDepthwise } from '../../src/algorithms/gbt-depthwise.ts'
import { gbtOblivious } from '../../src/algorithms/gbt-oblivious.ts'
import { randomForest } from '../../src/algorithms/random-forest.ts'
import type { Features } from '../../src/data/features.ts'
import { denseValues, takeFeatures } from '../../src/data/features.ts'
import { forestImportance } from '../../src/explain/forest-importance.ts'
import { treeShap } from '../../src/explain/tree-shap.ts'
import type { ForestModel } from '../../src/models/forest.ts'
import { predictModel } from '../../src/models/index.ts'
import { defaults } from '../../src/params/space.ts'
import { fitContext } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

interface Golden {
  readonly feature: number[]
  readonly threshold: number[]
  readonly left: number[]
  readonly cover: number[]
  readonly values: number[]
  readonly roots: number[]
  readonly shap: number[]
  readonly base: number[]
}

// Made by test/fixtures/tree-shap.py, which names the versions.
const golden = JSON.parse(readFileSync(new URL('../fixtures/tree-shap.json', import.meta.url), 'utf8')) as {
  readonly rows: number[][]
  readonly regression: Golden
  readonly multiclass: Golden
}

const table = (rows: readonly number[][]): Features => ({
  rows: rows.length,
  columns: rows[0]!.map((_, j) => ({
    kind: 'dense',
    name: `x${j}`,
    values: Float32Array.from(rows, row => row[j]!),
  })),
})

const forestOf = (given: Golden, outputs: number): ForestModel => ({
  kind: 'forest',
  outputs,
  width: 5,
  link: 'mean',
  base: new Float64Array(outputs),
  leafWidth: outputs,
  roots: Int32Array.from(given.roots),
  feature: Int32Array.from(given.feature),
  threshold: Float32Array.from(given.threshold),
  left: Int32Array.from(given.left),
  missingLeft: new Uint8Array(given.feature.length),
  values: Float32Array.from(given.values),
  cover: Float32Array.from(given.cover),
})

describe('SHAP values of a forest', () => {
  it.each([
    ['regression', 1],
    ['multiclass', 3],
  ] as const)('are those of the package shap: %s', (name, outputs) => {
    const given = golden[name]
    const found = treeShap(forestOf(given, outputs), table(golden.rows))
    found.base.forEach((value, k) => expect(value).toBeCloseTo(given.base[k]!, 6))
    expect(found.values.length).toBe(given.shap.length)
    found.values.forEach((value, i) => expect(Math.abs(value - given.shap[i]!)).toBeLessThan(1e-6))
  })

  it.each([gbtDepthwise, gbtOblivious, randomForest])(
    'are what trying every subset of features gives, missing values too: $name',
    async algorithm => {
      const data = toy('regression', { rows: 150, features: 4, missing: 0.15 })
      const small = { num_round: 64, iterations: 64, max_depth: 3, depth: 3, num_trees: 32 }
      const params = Object.fromEntries(
        Object.entries(small).filter(([key]) => Object.hasOwn(algorithm.space, key)),
      )
      const model = (await algorithm.fit(
        data,
        { ...defaults(algorithm.space), ...params },
        fitContext(),
      )) as ForestModel
      const probe = takeFeatures(data.features, Int32Array.of(0, 1, 2, 3))
      const found = treeShap(model, probe)
      const naive = everySubset(model, probe)
      found.values.forEach((value, i) => expect(value).toBeCloseTo(naive[i]!, 8))
    },
  )

  it.each(['binary', 'multiclass', 'regression'] as const)('add up to the score: %s', async task => {
    const data = toy(task, { rows: 300 })
    const model = (await gbtDepthwise.fit(data, defaults(gbtDepthwise.space), fitContext())) as ForestModel
    const { base, values, rows, features, scores } = treeShap(model, data.validation!.features)
    const outputs = await predictModel(model, data.validation!.features)
    const width = outputs.length / rows
    for (let row = 0; row < rows; row++) {
      const sums = Array.from({ length: scores }, (_, k) => {
        let sum = base[k]!
        for (let f = 0; f < features; f++) sum += values[(row * features + f) * scores + k]!
        return sum
      })
      const expected =
        task === 'regression'
          ? sums[0]!
          : task === 'binary'
            ? 1 / (1 + Math.exp(-sums[0]!))
            : Math.exp(sums[0]!) / sums.reduce((total, sum) => total + Math.exp(sum), 0)
      expect(outputs[row * width + (task === 'binary' ? 1 : 0)]).toBeCloseTo(expected, 5)
    }
  })

  it('need the rows by every node', () => {
    const { cover: _, ...old } = forestOf(golden.regression, 1)
    expect(() => treeShap(old, table(golden.rows))).toThrow(/does not say how many training rows/)
  })
})

describe('the importance of features in a forest', () => {
  it('is greatest where the signal is, and sums to 1', async () => {
    const data = toy('regression', { rows: 600, features: 8 })
    const model = (await gbtDepthwise.fit(data, defaults(gbtDepthwise.space), fitContext())) as ForestModel
    const { gain, split } = forestImportance(model)
    for (const shares of [gain, split])
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
    const byGain = Array.from(gain.keys()).toSorted((a, b) => gain[b]! - gain[a]!)
    expect(new Set(byGain.slice(0, 3))).toEqual(new Set([0, 1, 2]))
  })
})

/** Shapley values by their definition: expectations of each tree with a set of features known, over all sets. */
function everySubset(model: ForestModel, { rows, columns }: Features): Float64Array {
  const { width, roots, feature, left, threshold, missingLeft, values, cover } = model
  const cells = columns.map(column => denseValues(column, rows))
  const share = model.link === 'mean' ? 1 / roots.length : 1
  const expectation = (node: number, row: number, known: number): number => {
    if (feature[node] === -1) return values[left[node]!]!
    const [a, b] = [left[node]!, left[node]! + 1]
    if (known & (1 << feature[node]!)) {
      const value = cells[feature[node]!]![row]!
      const toLeft = value <= threshold[node]! || (Number.isNaN(value) && missingLeft[node] === 1)
      return expectation(toLeft ? a : b, row, known)
    }
    if (cover![node] === 0) return (expectation(a, row, known) + expectation(b, row, known)) / 2
    return (cover![a]! * expectation(a, row, known) + cover![b]! * expectation(b, row, known)) / cover![node]!
  }
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const result = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++)
    for (let f = 0; f < width; f++)
      for (let set = 0; set < 1 << width; set++) {
        if (set & (1 << f)) continue
        const size = set.toString(2).replaceAll('0', '').length
        const weight = (factorial(size) * factorial(width - size - 1)) / factorial(width)
        for (const root of roots)
          result[row * width + f]! +=
            share * weight * (expectation(root, row, set | (1 << f)) - expectation(root, row, set))
      }
  return result
}
