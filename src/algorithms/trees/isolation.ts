import type { Features } from '../../data/features.ts'
import { denseValues } from '../../data/features.ts'
import { createRng, type Rng } from '../../util/rng.ts'

/** The defaults of the paper. */
const TREES = 100
const SAMPLE = 256
const EULER = 0.5772156649015329

/**
 * Trees of random cuts as flat arrays, every one padded to a whole binary tree of `depth` levels: the children of node i are
 * 2i + 1 and 2i + 2. Leaves send rows to themselves by a feature of −1 and hold their path length.
 */
export interface IsolationForest {
  readonly trees: number
  readonly depth: number
  readonly sample: number
  readonly feature: Int32Array
  readonly threshold: Float32Array
  readonly path: Float64Array
}

/** Mean path length of an unsuccessful search among n points: c(n) of the paper, §2. */
export const meanPath = (n: number): number =>
  n <= 1 ? 0 : n === 2 ? 1 : 2 * (Math.log(n - 1) + EULER) - (2 * (n - 1)) / n

/**
 * Isolation forest (Liu, Ting & Zhou 2008): cuts at random values of random features set apart rare rows after few cuts.
 * Missing values must be filled. Cost: O(trees · sample · log sample), whatever the number of rows.
 */
export function growIsolationForest(features: Features, seed: number, trees = TREES): IsolationForest {
  const rng = createRng(seed)
  const sample = Math.min(SAMPLE, features.rows)
  const depth = Math.max(1, Math.ceil(Math.log2(Math.max(2, sample))))
  const nodes = 2 ** (depth + 1) - 1
  const forest: IsolationForest = {
    trees,
    depth,
    sample,
    feature: new Int32Array(trees * nodes).fill(-1),
    threshold: new Float32Array(trees * nodes),
    path: new Float64Array(trees * nodes),
  }
  const columns = features.columns.map(column => denseValues(column, features.rows))
  for (let tree = 0; tree < trees; tree++) {
    const rows = drawRows(features.rows, sample, rng)
    grow(forest, columns, rows, { tree, node: 0, level: 0 }, rng)
  }
  return forest
}

/** Without replacement (Floyd's algorithm). */
function drawRows(rows: number, sample: number, rng: Rng): Int32Array {
  const drawn = new Set<number>()
  for (let i = rows - sample; i < rows; i++) {
    const row = rng.int(i + 1)
    drawn.add(drawn.has(row) ? i : row)
  }
  return Int32Array.from(drawn)
}

function grow(
  forest: IsolationForest,
  columns: readonly Float32Array[],
  rows: Int32Array,
  { tree, node, level }: { tree: number; node: number; level: number },
  rng: Rng,
): void {
  const at = tree * (2 ** (forest.depth + 1) - 1) + node
  const cut = rows.length > 1 && level < forest.depth ? drawCut(columns, rows, rng) : undefined
  if (!cut) {
    forest.path[at] = level + meanPath(rows.length)
    return
  }
  forest.feature[at] = cut.feature
  forest.threshold[at] = cut.threshold
  const values = columns[cut.feature]!
  const left = rows.filter(row => values[row]! <= cut.threshold)
  const right = rows.filter(row => values[row]! > cut.threshold)
  grow(forest, columns, left, { tree, node: 2 * node + 1, level: level + 1 }, rng)
  grow(forest, columns, right, { tree, node: 2 * node + 2, level: level + 1 }, rng)
}

/** A random value between the smallest and the largest of a random feature that varies among the rows. */
function drawCut(columns: readonly Float32Array[], rows: Int32Array, rng: Rng) {
  const order = Int32Array.from(columns.keys())
  for (let tried = 0; tried < order.length; tried++) {
    // One step of a shuffle: features are looked at only until one varies.
    const at = tried + rng.int(order.length - tried)
    const feature = order[at]!
    order[at] = order[tried]!
    const values = columns[feature]!
    let low = Infinity
    let high = -Infinity
    for (const row of rows) {
      const value = values[row]!
      if (value < low) low = value
      if (value > high) high = value
    }
    if (!(low < high)) continue
    const threshold = Math.fround(low + rng.next() * (high - low))
    // Both sides get a row: the largest value is above the threshold.
    return { feature, threshold: threshold < high ? threshold : low }
  }
  return undefined
}

/** The score of the paper: 2^(−E h(x) / c(ψ)), near 1 for anomalies, below 0.5 for ordinary rows. */
export function isolationScores(forest: IsolationForest, features: Features): Float64Array {
  const { trees, depth, feature, threshold, path } = forest
  const nodes = 2 ** (depth + 1) - 1
  const columns = features.columns.map(column => denseValues(column, features.rows))
  const scores = new Float64Array(features.rows)
  for (let tree = 0; tree < trees; tree++) {
    const base = tree * nodes
    for (let row = 0; row < features.rows; row++) {
      let node = 0
      while (feature[base + node]! >= 0)
        node = 2 * node + (columns[feature[base + node]!]![row]! <= threshold[base + node]! ? 1 : 2)
      scores[row]! += path[base + node]!
    }
  }
  const scale = trees * Math.max(1e-12, meanPath(forest.sample))
  return scores.map(sum => 2 ** (-sum / scale))
}
