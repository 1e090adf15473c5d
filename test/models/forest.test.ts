import { describe, expect, it } from 'vitest'
import type { Features } from '../../src/data/features.ts'
import { forest, type ForestModel } from '../../src/models/forest.ts'
import { createRng } from '../../src/util/rng.ts'
import { runOnnx } from '../helpers/fit.ts'

/** One tree: x0 ≤ 1 (missing left) → leaf 0; else x1 ≤ −2 (missing right) → leaf 1, leaf 2. */
const small = (given: Partial<ForestModel> = {}): ForestModel => ({
  kind: 'forest',
  outputs: 1,
  width: 2,
  link: 'identity',
  base: Float64Array.of(10),
  leafWidth: 1,
  roots: Int32Array.of(0),
  feature: Int32Array.of(0, -1, 1, -1, -1),
  threshold: Float32Array.of(1, 0, -2, 0, 0),
  left: Int32Array.of(1, 0, 3, 1, 2),
  missingLeft: Uint8Array.of(1, 0, 0, 0, 0),
  values: Float32Array.of(1, 2, 4),
  ...given,
})

const table = (rows: readonly (readonly number[])[]): Features => ({
  rows: rows.length,
  columns: rows[0]!.map((_, j) => ({
    kind: 'dense',
    name: `x${j}`,
    values: Float32Array.from(rows, row => row[j]!),
  })),
})

const above = (value: number) => {
  const bits = new Int32Array(Float32Array.of(value).buffer)
  bits[0]! += 1
  return new Float32Array(bits.buffer)[0]!
}

const ROWS = [
  [0, 0],
  [1, 0],
  [above(1), 0],
  [2, -2],
  [2, -3],
  [NaN, 5],
  [5, NaN],
  [Infinity, -Infinity],
  [-Infinity, Infinity],
] as const
const LEAVES = [1, 1, 4, 2, 2, 1, 4, 2, 1]

/** Random complete trees of one depth over `width` features. */
function randomForest(seed: number, trees: number, depth: number, given: Partial<ForestModel>): ForestModel {
  const rng = createRng(seed)
  const { base = Float64Array.of(0), leafWidth = 1, width = 6 } = given
  const perTree = 2 ** (depth + 1) - 1
  const inner = 2 ** depth - 1
  const nodes = trees * perTree
  const at = (node: number) => node % perTree
  const leaves = 2 ** depth
  return small({
    base,
    leafWidth,
    width,
    roots: Int32Array.from({ length: trees }, (_, tree) => tree * perTree),
    feature: Int32Array.from({ length: nodes }, (_, node) => (at(node) < inner ? rng.int(width) : -1)),
    threshold: Float32Array.from({ length: nodes }, () => rng.normal()),
    left: Int32Array.from({ length: nodes }, (_, node) => {
      const tree = Math.floor(node / perTree)
      return at(node) < inner ? tree * perTree + 2 * at(node) + 1 : tree * leaves + at(node) - inner
    }),
    missingLeft: Uint8Array.from({ length: nodes }, () => rng.int(2)),
    values: Float32Array.from({ length: trees * leaves * leafWidth }, () => 0.1 * rng.normal()),
    ...given,
  })
}

/** The definition, row by row. */
function naive(model: ForestModel, features: Features): Float64Array {
  const scores = model.base.length
  const sums = new Float64Array(features.rows * scores)
  for (let row = 0; row < features.rows; row++) {
    for (const [tree, root] of model.roots.entries()) {
      let node = root
      while (model.feature[node] !== -1) {
        const column = features.columns[model.feature[node]!]!
        const x =
          column.kind === 'dense' ? column.values[row]! : (column.values[column.index.indexOf(row)] ?? 0)
        const left = Number.isNaN(x) ? model.missingLeft[node] === 1 : x <= model.threshold[node]!
        node = model.left[node]! + (left ? 0 : 1)
      }
      for (let k = 0; k < model.leafWidth; k++) {
        const score = model.leafWidth === 1 ? tree % scores : k
        sums[row * scores + score]! += model.values[model.left[node]! * model.leafWidth + k]!
      }
    }
    for (let k = 0; k < scores; k++) sums[row * scores + k]! += model.base[k]!
  }
  return sums
}

const randomRows = (seed: number, rows: number, width = 6): Features => {
  const rng = createRng(seed)
  return table(Array.from({ length: rows }, () => Array.from({ length: width }, () => (rng.next() < 0.1 ? NaN : rng.normal())))) // prettier-ignore
}

describe('a forest', () => {
  it('sends values up to the threshold left, and missing where the node says', async () => {
    expect(Array.from(await forest.predict(small(), table(ROWS)))).toEqual(LEAVES.map(leaf => 10 + leaf))
  })

  it('does so in ONNX too, infinities and missing included', async () => {
    expect(Array.from(await runOnnx(small(), table(ROWS)))).toEqual(LEAVES.map(leaf => 10 + leaf))
  })

  it('predicts what its definition says, for any number of rows', async () => {
    const model = randomForest(1, 30, 5, { base: Float64Array.of(0.5) })
    for (const rows of [1, 2, 3, 4, 5, 63, 3000]) {
      const features = randomRows(rows, rows)
      const expected = naive(model, features)
      const found = await forest.predict(model, features)
      for (let i = 0; i < expected.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 12)
    }
  })

  it('reads sparse columns as zeros where no row is listed', async () => {
    const model = randomForest(2, 10, 4, { width: 3 })
    const dense = randomRows(4, 50, 2)
    const sparse = {
      kind: 'sparse' as const,
      name: 's',
      index: Int32Array.of(3, 8, 40),
      values: Float32Array.of(1, -2, NaN),
    }
    const features = { rows: 50, columns: [...dense.columns, sparse] }
    expect(await forest.predict(model, features)).toEqual(naive(model, features))
  })

  it.each([
    ['logistic', 2, 1, 1, 400],
    ['softmax', 4, 4, 1, 400],
    ['identity', 1, 1, 1, 400],
  ] as const)('of 400 trees agrees with onnxruntime: %s', async (link, outputs, scores, leafWidth, trees) => {
    const model = randomForest(3, trees, 5, {
      link,
      outputs,
      base: new Float64Array(scores).fill(-0.3),
      leafWidth,
    })
    const features = randomRows(5, 500)
    const [native, onnx] = [await forest.predict(model, features), await runOnnx(model, features)]
    let worst = 0
    for (let i = 0; i < native.length; i++) worst = Math.max(worst, Math.abs(native[i]! - onnx[i]!))
    expect(worst).toBeLessThan(link === 'identity' ? 1e-5 : 1e-6)
  })

  it('averages shares of classes, natively and in ONNX', async () => {
    const rng = createRng(8)
    const shape = randomForest(4, 60, 5, { width: 6, leafWidth: 3, base: new Float64Array(3) })
    const values = new Float32Array(shape.values.length)
    for (let leaf = 0; leaf < values.length / 3; leaf++) {
      const k = rng.int(3)
      values.set(rng.next() < 0.5 ? [0, 0, 0].map((_, j) => Number(j === k)) : [0.2, 0.5, 0.3], 3 * leaf)
    }
    const model: ForestModel = { ...shape, values, link: 'mean', outputs: 3 }
    const features = randomRows(6, 200)
    const [native, onnx] = [await forest.predict(model, features), await runOnnx(model, features)]
    const expected = naive(model, features)
    for (let i = 0; i < native.length; i++) {
      expect(native[i]).toBeCloseTo(expected[i]! / 60, 6)
      expect(Math.abs(native[i]! - onnx[i]!)).toBeLessThan(1e-6)
    }
  })

  it('without trees gives its base for every row, natively and in ONNX', async () => {
    const none = { roots: new Int32Array(0), feature: new Int32Array(0), threshold: new Float32Array(0), left: new Int32Array(0), missingLeft: new Uint8Array(0), values: new Float32Array(0) } // prettier-ignore
    const model = small({ ...none, base: Float64Array.of(0), link: 'logistic', outputs: 2 })
    expect(Array.from(await forest.predict(model, table(ROWS)))).toEqual(ROWS.flatMap(() => [0.5, 0.5]))
    expect(Array.from(await runOnnx(model, table(ROWS)))).toEqual(ROWS.flatMap(() => [0.5, 0.5]))
  })

  it('refuses rows of another width, and says both', async () => {
    await expect(forest.predict(small(), randomRows(1, 3, 5))).rejects.toThrow(
      /given 5 features: expected the 2/,
    )
  })
})
