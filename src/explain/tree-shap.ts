import { denseValues, type Features } from '../data/features.ts'
import { appendEncoded } from '../models/category-encoders.ts'
import type { ForestModel } from '../models/forest.ts'
import { InputError } from '../util/errors.ts'

/** What each feature adds to each score of each row: base + Σ contributions = score, before the link. */
export interface Contributions {
  readonly rows: number
  /** Features of the forest: those of the table, then one per encoder. */
  readonly features: number
  readonly scores: number
  /** One per score: the mean over the training rows as the trees saw them. */
  readonly base: Float64Array
  /** Row, then feature, then score. */
  readonly values: Float64Array
}

/**
 * Exact SHAP values of a forest, features taken out by the cover of the training rows (path-dependent TreeSHAP: Lundberg, Erion &
 * Lee 2018, algorithm 2). Units: log-odds or log-probability for boosted classes, probability or value for averaged trees, the
 * target's unit (its logarithm for link `exp`) for boosted values. Cost: O(rows · leaves · depth²).
 */
export function treeShap(model: ForestModel, given: Features): Contributions {
  const { cover } = model
  if (!cover) {
    throw new InputError(
      'E_NO_COVER',
      'the model does not say how many training rows came by each node: expected one trained by this version; train it again',
    )
  }
  const table = model.encoders ? appendEncoded(given, model.encoders) : given
  const columns = table.columns.map(column => denseValues(column, table.rows))
  const { rows } = table
  const scores = model.base.length
  const features = model.width
  const values = new Float64Array(rows * features * scores)
  const base = Float64Array.from(model.base)
  const share = model.link === 'mean' ? 1 / Math.max(1, model.roots.length) : 1
  const walk = new Walk(model, cover, share)
  for (const [tree, root] of model.roots.entries()) {
    const score = model.leafWidth === 1 ? tree % scores : 0
    const expected = walk.expected(root)
    for (let k = 0; k < model.leafWidth; k++) base[score + k]! += expected[k]!
    for (let row = 0; row < rows; row++)
      walk.explain(
        root,
        columns,
        row,
        values.subarray(row * features * scores, (row + 1) * features * scores),
        score,
      )
  }
  return { rows, features, scores, base, values }
}

/** A path of unique features: how much of the weight flows down when a feature is known or not, and weights of subsets by size. */
class Path {
  readonly feature: Int32Array
  readonly zero: Float64Array
  readonly one: Float64Array
  readonly weight: Float64Array
  length = 0

  constructor(depth: number) {
    this.feature = new Int32Array(depth)
    this.zero = new Float64Array(depth)
    this.one = new Float64Array(depth)
    this.weight = new Float64Array(depth)
  }

  copyFrom(other: Path): void {
    const { length } = other
    this.length = length
    this.feature.set(other.feature.subarray(0, length))
    this.zero.set(other.zero.subarray(0, length))
    this.one.set(other.one.subarray(0, length))
    this.weight.set(other.weight.subarray(0, length))
  }

  extend(zero: number, one: number, feature: number): void {
    const { weight, length } = this
    this.feature[length] = feature
    this.zero[length] = zero
    this.one[length] = one
    weight[length] = length === 0 ? 1 : 0
    for (let i = length - 1; i >= 0; i--) {
      weight[i + 1]! += (one * weight[i]! * (i + 1)) / (length + 1)
      weight[i] = (zero * weight[i]! * (length - i)) / (length + 1)
    }
    this.length = length + 1
  }

  /** Takes out what `extend` put at place `at`. */
  unwind(at: number): void {
    const { feature, zero, one, weight } = this
    const last = this.length - 1
    const oneShare = one[at]!
    const zeroShare = zero[at]!
    let next = weight[last]!
    for (let i = last - 1; i >= 0; i--) {
      if (oneShare !== 0) {
        const held = weight[i]!
        weight[i] = (next * (last + 1)) / ((i + 1) * oneShare)
        next = held - (weight[i]! * zeroShare * (last - i)) / (last + 1)
      } else weight[i] = (weight[i]! * (last + 1)) / (zeroShare * (last - i))
    }
    for (let i = at; i < last; i++) {
      feature[i] = feature[i + 1]!
      zero[i] = zero[i + 1]!
      one[i] = one[i + 1]!
    }
    this.length = last
  }

  /** Σ of the weights as `unwind(at)` would leave them. */
  unwoundSum(at: number): number {
    const { zero, one, weight } = this
    const last = this.length - 1
    const oneShare = one[at]!
    const zeroShare = zero[at]!
    let next = weight[last]!
    let total = 0
    for (let i = last - 1; i >= 0; i--) {
      if (oneShare !== 0) {
        const part = (next * (last + 1)) / ((i + 1) * oneShare)
        total += part
        next = weight[i]! - (part * zeroShare * (last - i)) / (last + 1)
      } else if (zeroShare !== 0) total += (weight[i]! * (last + 1)) / (zeroShare * (last - i))
    }
    return total
  }
}

class Walk {
  private readonly model: ForestModel
  private readonly cover: Float32Array
  private readonly share: number
  private readonly paths: Path[] = []

  constructor(model: ForestModel, cover: Float32Array, share: number) {
    this.model = model
    this.cover = cover
    this.share = share
  }

  /** Mean leaf values by cover. */
  expected(root: number): Float64Array {
    const { feature, left, values, leafWidth } = this.model
    const sums = new Float64Array(leafWidth)
    const stack = [root]
    while (stack.length > 0) {
      const node = stack.pop()!
      if (feature[node] !== -1) {
        stack.push(left[node]!, left[node]! + 1)
        continue
      }
      for (let k = 0; k < leafWidth; k++)
        sums[k]! += this.share * this.cover[node]! * values[left[node]! * leafWidth + k]!
    }
    return sums.map(sum => sum / this.cover[root]!)
  }

  explain(
    root: number,
    columns: readonly Float32Array[],
    row: number,
    into: Float64Array,
    score: number,
  ): void {
    const start = this.path(0)
    start.length = 0
    start.extend(1, 1, -1)
    this.visit(root, columns, row, into, score, 0)
  }

  private path(level: number): Path {
    while (this.paths.length <= level) this.paths.push(new Path(this.paths.length + 2))
    return this.paths[level]!
  }

  /** `paths[level]` holds the way to the node, the node itself not yet on it. */
  private visit(
    node: number,
    columns: readonly Float32Array[],
    row: number,
    into: Float64Array,
    score: number,
    level: number,
  ): void {
    const { model, cover } = this
    const path = this.paths[level]!
    const asked = model.feature[node]!
    if (asked === -1) return this.credit(model.left[node]!, path, into, score)
    const value = columns[asked]![row]!
    const goesLeft = value <= model.threshold[node]! || (Number.isNaN(value) && model.missingLeft[node] === 1)
    const left = model.left[node]!
    const [hot, cold] = goesLeft ? [left, left + 1] : [left + 1, left]
    let zero = 1
    let one = 1
    const before = path.feature.subarray(0, path.length).indexOf(asked)
    if (before >= 0) {
      zero = path.zero[before]!
      one = path.one[before]!
      path.unwind(before)
    }
    const next = this.path(level + 1)
    for (const [child, share] of [
      [hot, one],
      [cold, 0],
    ] as const) {
      // No training row came by an empty node of an oblivious tree: both ways then count alike.
      const flow = cover[node]! > 0 ? cover[child]! / cover[node]! : 0.5
      if (zero * flow === 0 && share === 0) continue // nothing ever comes this way
      next.copyFrom(path)
      next.extend(zero * flow, share, asked)
      this.visit(child, columns, row, into, score, level + 1)
    }
  }

  private credit(leaf: number, path: Path, into: Float64Array, score: number): void {
    const { values, leafWidth, base } = this.model
    for (let i = 1; i < path.length; i++) {
      const weight = path.unwoundSum(i) * (path.one[i]! - path.zero[i]!) * this.share
      const at = path.feature[i]! * base.length + score
      for (let k = 0; k < leafWidth; k++) into[at + k]! += weight * values[leaf * leafWidth + k]!
    }
  }
}
