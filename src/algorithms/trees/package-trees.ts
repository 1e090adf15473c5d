import { toRowMajor } from '../../data/features.ts'
import type { ForestModel } from '../../models/forest.ts'
import { createRng, hashSeed } from '../../util/rng.ts'
import type { TrainingData } from '../algorithm.ts'

/** A tree as the packages ml-cart and ml-random-forest build it: a row goes left when its value is less than `splitValue`. */
export interface PackageNode {
  readonly left?: PackageNode | undefined
  readonly right?: PackageNode | undefined
  readonly splitColumn?: number
  readonly splitValue?: number
  readonly distribution?: unknown
}

export interface PackageTree {
  readonly root: PackageNode
  /** Column of the table behind each column the tree saw; all, in order, when left out. */
  readonly columns?: readonly number[]
}

/** Rows and targets as plain arrays. The packages know no weights: with weights, rows are drawn by them instead. */
export function plainTable(data: TrainingData, seed: number): { rows: number[][]; target: number[] } {
  const width = data.features.columns.length
  const matrix = toRowMajor(data.features)
  const picked = pickRows(data, seed)
  return {
    rows: picked.map(row => Array.from(matrix.subarray(row * width, (row + 1) * width))),
    target: picked.map(row => data.target[row]!),
  }
}

function pickRows({ features: { rows }, weights }: TrainingData, seed: number): number[] {
  const all = Array.from({ length: rows }, (_, row) => row)
  if (!weights) return all
  const rng = createRng(hashSeed(seed, 'rows'))
  const sums = new Float64Array(rows)
  let total = 0
  for (let row = 0; row < rows; row++) sums[row] = total += weights[row]!
  return all.map(() => {
    const draw = rng.next() * total
    let low = 0
    for (let high = rows - 1; low < high;) {
      const middle = (low + high) >> 1
      if (sums[middle]! > draw) high = middle
      else low = middle + 1
    }
    return low
  })
}

/** The largest float32 below `value`: for float32 x, x < value is the same as x ≤ this. */
export function justBelow(value: number): number {
  const nearest = Math.fround(value)
  if (nearest < value) return nearest
  const bits = new Int32Array(Float32Array.of(nearest).buffer)
  if (nearest === 0) return -1.401298464324817e-45
  bits[0]! += nearest > 0 ? -1 : 1
  return new Float32Array(bits.buffer)[0]!
}

/**
 * The packages' trees as one forest. For classes, the share of each in a leaf is counted anew from the training rows and drawn
 * towards its overall share by `smoothing` imagined rows: pure leaves of the packages would be certain of what they cannot know.
 */
export function packageForest(
  trees: readonly PackageTree[],
  data: TrainingData,
  smoothing: number,
): ForestModel {
  const classes = data.task === 'regression' ? 0 : data.classes
  const leafWidth = Math.max(1, classes)
  const roots: number[] = []
  const feature: number[] = []
  const threshold: number[] = []
  const left: number[] = []
  const means: number[] = []
  for (const { root, columns } of trees) {
    roots.push(feature.length)
    const queue = [root]
    let free = feature.length + 1
    for (const node of queue) {
      if (node.left && node.right) {
        feature.push(columns ? columns[node.splitColumn!]! : node.splitColumn!)
        threshold.push(justBelow(node.splitValue!))
        left.push(free)
        free += 2
        queue.push(node.left, node.right)
      } else {
        feature.push(-1)
        threshold.push(0)
        left.push(means.length)
        means.push(typeof node.distribution === 'number' ? node.distribution : 0)
      }
    }
  }
  const model = {
    kind: 'forest' as const,
    outputs: leafWidth,
    width: data.features.columns.length,
    link: 'mean' as const,
    base: new Float64Array(leafWidth),
    leafWidth,
    roots: Int32Array.from(roots),
    feature: Int32Array.from(feature),
    threshold: Float32Array.from(threshold),
    left: Int32Array.from(left),
    missingLeft: new Uint8Array(feature.length),
    values: Float32Array.from(means),
  }
  return classes === 0 ? model : { ...model, values: smoothedShares(model, data, smoothing) }
}

function smoothedShares(model: ForestModel, data: TrainingData, smoothing: number): Float32Array {
  const { roots, feature, threshold, left, leafWidth: classes } = model
  const { columns, rows } = data.features
  const matrix = toRowMajor(data.features)
  const leaves = feature.reduce((count, column) => count + (column < 0 ? 1 : 0), 0)
  const counts = new Float64Array(leaves * classes)
  const prior = new Float64Array(classes)
  let total = 0
  for (let row = 0; row < rows; row++) {
    const weight = data.weights ? data.weights[row]! : 1
    const label = data.target[row]!
    prior[label]! += weight
    total += weight
    for (const root of roots) {
      let node = root
      while (feature[node] !== -1) {
        const x = matrix[row * columns.length + feature[node]!]!
        node = left[node]! + (x <= threshold[node]! ? 0 : 1)
      }
      counts[left[node]! * classes + label]! += weight
    }
  }
  const shares = new Float32Array(leaves * classes)
  for (let leaf = 0; leaf < leaves; leaf++) {
    let size = 0
    for (let k = 0; k < classes; k++) size += counts[leaf * classes + k]!
    for (let k = 0; k < classes; k++) {
      const at = leaf * classes + k
      shares[at] = (counts[at]! + (smoothing * prior[k]!) / total) / (size + smoothing)
    }
  }
  return shares
}
