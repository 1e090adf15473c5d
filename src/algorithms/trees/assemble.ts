import type { Task } from '../../data/dataset.ts'
import { type ForestModel, type Link } from '../../models/forest.ts'
import type { Layout } from './matrix.ts'
import type { GrownTree } from './tree.ts'

export interface Assembly {
  readonly task: Task
  readonly classes: number
  /** Columns the learner was given. */
  readonly width: number
  readonly base: Float64Array
  /** Regression: value, or its logarithm for link `exp`, = mean + scale · score. */
  readonly scale: { readonly mean: number; readonly scale: number }
  /** Of every leaf value. */
  readonly factor: number
  readonly link?: Link
  /** Numbers per leaf; 1 unless a leaf holds all classes. */
  readonly leafWidth?: number
}

/** Trees over bins as one model over float32 values, nodes of each tree breadth first, siblings side by side. */
export function assembleForest(grown: readonly GrownTree[], layout: Layout, assembly: Assembly): ForestModel {
  const { task, classes, width, base, scale, factor, leafWidth = 1 } = assembly
  const nodes = grown.reduce((sum, tree) => sum + 2 * tree.feature.length + 1, 0)
  const leaves = grown.reduce((sum, tree) => sum + tree.counts.length, 0)
  const feature = new Int32Array(nodes)
  const threshold = new Float32Array(nodes)
  const left = new Int32Array(nodes)
  const missingLeft = new Uint8Array(nodes)
  const values = new Float32Array(leaves * leafWidth)
  const roots = new Int32Array(grown.length)
  const cover = new Float32Array(nodes)
  const gain = new Float32Array(nodes)
  const link =
    assembly.link ?? (task === 'regression' ? 'identity' : task === 'binary' ? 'logistic' : 'softmax')
  const unit = task === 'regression' ? scale.scale : 1
  let next = 0
  let leafNumber = 0
  for (const [t, tree] of grown.entries()) {
    roots[t] = next
    const covers = nodeCovers(tree)
    const queue = [tree.feature.length > 0 ? 0 : -1]
    let free = next + 1
    for (let i = 0; i < queue.length; i++, next++) {
      const from = queue[i]!
      if (from < 0) {
        feature[next] = -1
        left[next] = leafNumber
        cover[next] = tree.counts[-1 - from]!
        for (let k = 0; k < leafWidth; k++)
          values[leafNumber * leafWidth + k] = factor * unit * tree.values[(-1 - from) * leafWidth + k]!
        leafNumber++
        continue
      }
      const { column, thresholds } = layout.features[tree.feature[from]!]!
      const bin = tree.bin[from]!
      feature[next] = column
      threshold[next] = bin < thresholds.length ? thresholds[bin]! : Infinity
      missingLeft[next] = tree.missingLeft[from]!
      left[next] = free
      cover[next] = covers[from]!
      gain[next] = tree.gain[from]!
      free += 2
      queue.push(tree.left[from]!, tree.right[from]!)
    }
  }
  return {
    kind: 'forest',
    outputs: task === 'regression' ? 1 : classes,
    width,
    link,
    base: task === 'regression' ? Float64Array.of(scale.mean + scale.scale * base[0]!) : base,
    leafWidth,
    roots,
    feature,
    threshold,
    left,
    missingLeft,
    values,
    cover,
    gain,
  }
}

/** Training rows that came by each node of a tree. Children stand behind their parents. */
function nodeCovers({ feature, left, right, counts }: GrownTree): Float64Array {
  const covers = new Float64Array(feature.length)
  const coverOf = (child: number): number => (child < 0 ? counts[-1 - child]! : covers[child]!)
  for (let node = feature.length - 1; node >= 0; node--)
    covers[node] = coverOf(left[node]!) + coverOf(right[node]!)
  return covers
}
