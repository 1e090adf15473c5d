// Oblivious trees: one question for every leaf of a level. See ../README.md for the node record.

import { toDouble } from './split'

const COUNT_MASK: i64 = 0xffffff

// Σ over both sides of G² / (H + λ). An empty side adds nothing. −∞ where the leaf values −G / (H + λ) run against the direction.
@inline
function scoreOf(left: v128, total: v128, lambda: f64, direction: f64): f64 {
  const right = i64x2.sub(total, left)
  const g = toDouble(v128.shuffle<i64>(left, right, 0, 2))
  const h = toDouble(i64x2.shr_u(v128.shuffle<i64>(left, right, 1, 3), 24))
  const weight = f64x2.add(h, f64x2.splat(lambda))
  if (direction != 0) {
    const steps = f64x2.div(g, weight)
    if (direction * (f64x2.extract_lane(steps, 0) - f64x2.extract_lane(steps, 1)) < 0) return -Infinity
  }
  const scores = f64x2.div(f64x2.mul(g, g), weight)
  return f64x2.extract_lane(scores, 0) + f64x2.extract_lane(scores, 1)
}

// Adds what each threshold of one feature scores in one leaf: scores[2 · bin + missing goes left], float64.
function addScores(first: usize, bins: i32, missing: v128, total: v128, lambda: f64, direction: f64, scores: usize): void {
  const hasMissing = (i64x2.extract_lane(missing, 1) & COUNT_MASK) > 0
  let left = i64x2.splat(0)
  let right = f64x2.splat(0)
  let stale = true
  for (let bin: i32 = 0; bin < bins; bin++) {
    const entry = v128.load(first + ((<usize>bin) << 4))
    if (stale || i64x2.extract_lane(entry, 1) != 0) {
      left = i64x2.add(left, entry)
      const without = scoreOf(left, total, lambda, direction)
      const withMissing = hasMissing ? scoreOf(i64x2.add(left, missing), total, lambda, direction) : without
      right = f64x2.replace_lane(f64x2.splat(without), 1, withMissing)
      stale = false
    }
    const at = scores + ((<usize>bin) << 4)
    v128.store(at, f64x2.add(v128.load(at), right))
  }
}

// The question that brings most over all leaves: `hists` and `nodes` are lists of u32 addresses, `scores` room for 256 pairs of
// float64. Writes { f64 gain, i32 feature, bin, missing goes left } to `best`; feature −1 when nothing gains.
export function findLevelSplit(
  table: usize, list: usize, n: i32, hists: usize, nodes: usize, leaves: i32, lambda: f64, directions: usize,
  scores: usize, best: usize,
): void {
  let parents: f64 = 0
  for (let leaf: i32 = 0; leaf < leaves; leaf++) {
    const total = v128.load(<usize>load<u32>(nodes + ((<usize>leaf) << 2)))
    const g = <f64>i64x2.extract_lane(total, 0)
    parents += (g * g) / (<f64>(i64x2.extract_lane(total, 1) >> 24) + lambda)
  }
  let top = parents * (1 + 1e-10)
  let bestFeature: i32 = -1
  let bestBin: i32 = 0
  let bestMissingLeft: i32 = 0
  for (let i: i32 = 0; i < n; i++) {
    const feature = load<i32>(list + ((<usize>i) << 2))
    const row = table + ((<usize>feature) << 4)
    const offset = (<usize>load<i32>(row)) << 4
    const bins = load<i32>(row, 4)
    const direction = directions ? <f64>load<i8>(directions + <usize>feature) : 0
    memory.fill(scores, 0, (<usize>bins) << 4)
    for (let leaf: i32 = 0; leaf < leaves; leaf++) {
      const first = <usize>load<u32>(hists + ((<usize>leaf) << 2)) + offset
      const total = v128.load(<usize>load<u32>(nodes + ((<usize>leaf) << 2)))
      addScores(first, bins, v128.load(first + ((<usize>bins) << 4)), total, lambda, direction, scores)
    }
    for (let bin: i32 = 0; bin < bins; bin++) {
      for (let missingLeft: i32 = 0; missingLeft < 2; missingLeft++) {
        const score = load<f64>(scores + ((<usize>bin) << 4) + ((<usize>missingLeft) << 3))
        if (score <= top) continue
        top = score
        bestFeature = feature
        bestBin = bin
        bestMissingLeft = missingLeft
      }
    }
  }
  store<f64>(best, top - parents)
  store<i32>(best, bestFeature, 8)
  store<i32>(best, bestBin, 12)
  store<i32>(best, bestMissingLeft, 16)
}

// Writes a question into the record of one leaf, with the totals of its two sides.
export function placeSplit(table: usize, hist: usize, node: usize, feature: i32, bin: i32, missingLeft: i32): void {
  const row = table + ((<usize>feature) << 4)
  const first = hist + ((<usize>load<i32>(row)) << 4)
  let left = missingLeft ? v128.load(first + ((<usize>load<i32>(row, 4)) << 4)) : i64x2.splat(0)
  for (let b: i32 = 0; b <= bin; b++) left = i64x2.add(left, v128.load(first + ((<usize>b) << 4)))
  store<i32>(node, feature, 24)
  store<i32>(node, bin, 28)
  store<i32>(node, missingLeft, 32)
  v128.store(node, left, 48)
  v128.store(node, i64x2.sub(v128.load(node), left), 64)
}

// parent −= child over the listed features: what is left is the sibling's.
export function subtractHistogram(table: usize, list: usize, n: i32, parent: usize, child: usize): void {
  for (let i: i32 = 0; i < n; i++) {
    const row = table + ((<usize>load<i32>(list + ((<usize>i) << 2))) << 4)
    const first = (<usize>load<i32>(row)) << 4
    const end = first + ((<usize>(load<i32>(row, 4) + load<i32>(row, 8))) << 4)
    for (let at = first; at < end; at += 16) {
      v128.store(parent + at, i64x2.sub(v128.load(parent + at), v128.load(child + at)))
    }
  }
}
