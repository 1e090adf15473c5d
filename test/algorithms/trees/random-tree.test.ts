import { describe, expect, it } from 'vitest'
import { findBins } from '../../../src/algorithms/trees/bins.ts'
import { ClassCounts } from '../../../src/algorithms/trees/class-counts.ts'
import type { GrowthRules } from '../../../src/algorithms/trees/grower.ts'
import { binOf, binRows, planLayout } from '../../../src/algorithms/trees/matrix.ts'
import { RandomTrees } from '../../../src/algorithms/trees/random-tree.ts'
import type { DenseFeature } from '../../../src/data/features.ts'
import { withArena } from '../../../src/kernels/kernels.ts'
import { createRng } from '../../../src/util/rng.ts'

const ROWS = 600
const FEATURES = 6
const SCALES = { g: 2 ** 16, h: 2 ** 14 }
const RULES: GrowthRules = { order: 'depth', maxLeaves: Infinity, maxDepth: 30, gamma: 0, lambda: 0, alpha: 0, minChildWeight: 0, minRows: 3, randomThresholds: true, nodeFeatures: 2 } // prettier-ignore

const rng = createRng(3)
const columns = Array.from({ length: FEATURES }, (_, f): DenseFeature => ({
  kind: 'dense',
  name: `x${f}`,
  values: Float32Array.from({ length: ROWS }, () => (f < 2 && rng.next() < 0.2 ? NaN : rng.normal())),
}))
const value = Array.from({ length: ROWS }, (_, row) =>
  [2, 3].reduce((sum, f) => sum + columns[f]!.values[row]!, 0.1 * rng.normal()),
)
const labels = value.map(v => (v < -1 ? 0 : v < 1 ? 1 : 2))

/** A tree, and what a plain walk of it says of every row. */
async function grow(kind: 'values' | 'classes', rules: GrowthRules, seed = 1) {
  return withArena(arena => {
    const features = { rows: ROWS, columns }
    const matrix = binRows(arena, features, planLayout(findBins(features, 1), { sparse: false }))
    const gradients = arena.put(
      Int32Array.from({ length: 2 * ROWS }, (_, i) =>
        i % 2 ? SCALES.h : Math.round(-value[i >> 1]! * SCALES.g),
      ),
    )
    const classes =
      kind === 'classes'
        ? new ClassCounts(arena, matrix, { features, target: Float64Array.from(labels) }, 3)
        : undefined
    classes?.draw(new Uint8Array(ROWS).fill(1))
    const rows = arena.put(Int32Array.from({ length: ROWS }, (_, row) => row))
    const trees = new RandomTrees(arena, matrix, gradients, { classes, rules })
    const everyFeature = Int32Array.from({ length: FEATURES }, (_, f) => f)
    const spare = arena.allocate(4 * ROWS)
    const tree = trees.grow(rows, spare, ROWS, { features: everyFeature, rng: createRng(seed), scales: SCALES, rules }) // prettier-ignore
    const walk = (row: number): number[] => {
      const path: number[] = []
      for (let node = tree.feature.length > 0 ? 0 : -1; ;) {
        path.push(node)
        if (node < 0) return path
        const { column, thresholds } = matrix.layout.features[tree.feature[node]!]!
        const cell = columns[column]!.values[row]!
        const left = Number.isNaN(cell) ? tree.missingLeft[node] === 1 : binOf(cell, thresholds) <= tree.bin[node]! // prettier-ignore
        node = left ? tree.left[node]! : tree.right[node]!
      }
    }
    const paths = Array.from({ length: ROWS }, (_, row) => walk(row))
    return { tree, paths, order: arena.i32(rows, ROWS).slice() }
  })
}

const rowsAt = (paths: readonly number[][], node: number): number[] =>
  paths.flatMap((path, row) => (path.includes(node) ? [row] : []))
const mean = (rows: readonly number[]) => rows.reduce((sum, row) => sum + value[row]!, 0) / rows.length
const purity = (rows: readonly number[]) =>
  [0, 1, 2].reduce((sum, k) => sum + rows.filter(row => labels[row] === k).length ** 2, 0) / rows.length

describe.each(['values', 'classes'] as const)('a tree of random thresholds over %s', kind => {
  it('puts every row into the leaf a walk comes to', async () => {
    const { tree, paths, order } = await grow(kind, RULES)
    expect(tree.counts.length).toBe(tree.feature.length + 1)
    expect(tree.counts.length).toBeGreaterThan(20)
    for (const [leaf, begin] of tree.begins.entries()) {
      const rows = [...order.subarray(begin, begin + tree.counts[leaf]!)].sort((a, b) => a - b)
      expect(rows).toEqual(rowsAt(paths, -1 - leaf))
    }
    for (const [node, left] of tree.left.entries())
      for (const child of [left, tree.right[node]!]) if (child >= 0) expect(child).toBeGreaterThan(node)
  })

  it('answers with the mean of a leaf, and tells what a split gained', async () => {
    const { tree, paths } = await grow(kind, RULES)
    for (let leaf = 0; leaf < tree.counts.length; leaf++) {
      const rows = rowsAt(paths, -1 - leaf)
      if (kind === 'values') expect(tree.values[leaf]).toBeCloseTo(mean(rows), 3)
      else
        for (let k = 0; k < 3; k++)
          expect(tree.values[3 * leaf + k]).toBeCloseTo(
            rows.filter(row => labels[row] === k).length / rows.length,
            12,
          )
    }
    for (const [node, gain] of tree.gain.entries()) {
      const [left, right] = [rowsAt(paths, tree.left[node]!), rowsAt(paths, tree.right[node]!)]
      const all = [...left, ...right]
      const score = (rows: readonly number[]) => (kind === 'values' ? rows.length * mean(rows) ** 2 : purity(rows)) // prettier-ignore
      expect(gain).toBeGreaterThan(0)
      expect(Math.abs(gain - (score(left) + score(right) - score(all)))).toBeLessThan(
        0.01 * all.length ** 0.5,
      )
    }
  })

  it('keeps to the least rows of a leaf and to the depth', async () => {
    const { tree } = await grow(kind, { ...RULES, minRows: 25 })
    expect(Math.min(...tree.counts)).toBeGreaterThanOrEqual(25)
    const { tree: flat, paths } = await grow(kind, { ...RULES, maxDepth: 3 })
    expect(Math.max(...paths.map(path => path.length - 1))).toBe(3)
    expect(flat.counts.length).toBeLessThanOrEqual(8)
    expect((await grow(kind, { ...RULES, minRows: ROWS })).tree.counts).toEqual([ROWS])
  })

  it('asks about the best of the features drawn: with few, all take part; with all, those that tell most', async () => {
    const asked = async (nodeFeatures: number) => {
      const roots = new Float64Array(FEATURES)
      for (let seed = 0; seed < 60; seed++)
        roots[(await grow(kind, { ...RULES, maxDepth: 1, nodeFeatures }, seed)).tree.feature[0]!]!++
      return roots
    }
    const one = await asked(1)
    // One feature drawn is the one asked about: each of six about ten times of 60.
    for (const times of one) expect(Math.abs(times - 10)).toBeLessThan(10)
    const all = await asked(FEATURES)
    expect(all[2]! + all[3]!).toBeGreaterThan(45)
  })

  it('is another tree for another seed, and the same for the same', async () => {
    const [a, b, c] = [await grow(kind, RULES, 1), await grow(kind, RULES, 1), await grow(kind, RULES, 2)]
    expect(a.tree).toEqual(b.tree)
    expect(a.tree).not.toEqual(c.tree)
  })
})
