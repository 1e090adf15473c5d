// A whole tree of random thresholds (Geurts, Ernst & Wehenkel 2006) in one call: its nodes are many and small, so that telling the
// host about each would take longer than splitting it. See ../README.md for the arrays.

import { judgeClasses, randomClassSplit, sumClasses } from './classes'
import { columnOf, strideOf } from './layout'
import { findRandomSplit, mix, totalGradient, totalHessian } from './split'

const OPEN: usize = 160 // an open node: its record of 128 bytes, then begin, count, depth, parent, right
const NODE: usize = 32 // feature, bin, missing goes left, left, right, –, f64 gain

let state: u32 = 0

@inline
function draw(below: i32): i32 {
  state += 0x9e3779b9
  return <i32>((<u64>mix(state) * <u64>below) >> 32)
}

// `drawn` of the features in the pool, in front of it, in any order.
function drawFeatures(pool: usize, features: i32, drawn: i32): void {
  for (let i: i32 = 0; i < drawn; i++) {
    const a = pool + ((<usize>i) << 2)
    const b = pool + ((<usize>(i + draw(features - i))) << 2)
    const feature = load<i32>(b)
    store<i32>(b, load<i32>(a))
    store<i32>(a, feature)
  }
}

function partition(column: usize, stride: usize, cut: i32, missingBin: i32, missingLeft: i32, rows: usize, n: i32, spare: usize): i32 {
  const also = missingLeft ? missingBin : -1
  let left: i32 = 0
  for (let i: i32 = 0; i < n; i++) {
    const row = load<i32>(rows + ((<usize>i) << 2))
    const bin = <i32>load<u8>(column + <usize>row * stride)
    store<i32>(rows + ((<usize>left) << 2), row)
    store<i32>(spare + ((<usize>(i - left)) << 2), row)
    left += <i32>(bin <= cut) | <i32>(bin == also)
  }
  memory.copy(rows + ((<usize>left) << 2), spare, (<usize>(n - left)) << 2)
  return left
}

@inline
function open(at: usize, begin: i32, count: i32, depth: i32, parent: i32, right: i32): void {
  store<i32>(at, begin, 128)
  store<i32>(at, count, 132)
  store<i32>(at, depth, 136)
  store<i32>(at, parent, 140)
  store<i32>(at, right, 144)
}

// Grows on rows[0 … n), which are left in the order of the leaves; returns how many leaves. classes 0: variance of the gradients
// (g, h per row) is reduced, and a leaf's value is `step` · −G / (H + λ); otherwise `gradients` are labels (class, weight per row),
// purity is raised, and a leaf has a share for every class. pool: i32 positions of the features that may be asked about. work: room
// for 32 bytes per class, 64 bytes, and maxDepth + 2 open nodes. leaves: begin, count. The gain of a node is in the kernels' units.
export function growRandomTree(
  blocks: usize, rowCount: i32, dense: i32, table: usize, centres: usize, pool: usize, features: i32, drawn: i32,
  rows: usize, n: i32, spare: usize, gradients: usize, classes: i32, total: usize, minRows: i32, maxDepth: i32,
  lambda: f64, step: f64, seed: u32, work: usize, nodes: usize, leaves: usize, values: usize,
): i32 {
  state = seed
  const totals = work
  const sides = totals + ((<usize>classes) << 3)
  const best = (sides + ((<usize>classes) << 4) + 15) & ~15
  const stack = best + 48
  const least = 2 * max(1, minRows)
  let leafCount: i32 = 0
  let nodeCount: i32 = 0
  if (!classes) v128.store(stack, v128.load(total))
  open(stack, 0, n, 0, -1, 0)
  let depth: i32 = 1 // of the stack
  while (depth > 0) {
    depth--
    const at = stack + <usize>depth * OPEN
    const begin = load<i32>(at, 128)
    const count = load<i32>(at, 132)
    const level = load<i32>(at, 136)
    const parent = load<i32>(at, 140)
    const own = rows + ((<usize>begin) << 2)
    let feature: i32 = -1
    let gain: f64 = 0
    if (classes) sumClasses(own, count, gradients, classes, totals)
    if (count >= least && level < maxDepth) {
      if (classes) {
        const before = judgeClasses(classes, totals)
        if (!isNaN(before)) {
          drawFeatures(pool, features, drawn)
          store<f64>(best, before + 1e-10 * abs(before))
          store<i32>(best, -1, 8)
          const cuts = state += 0x9e3779b9
          for (let i: i32 = 0; i < drawn; i++) {
            const f = load<i32>(pool + ((<usize>i) << 2))
            const line = table + ((<usize>f) << 4)
            randomClassSplit(
              blocks + columnOf(rowCount, f), strideOf(dense, f), own, count, gradients, classes, load<i32>(line, 4), totals, f, minRows,
              mix(cuts), centres + ((<usize>load<i32>(line)) << 2), sides, best,
            )
          }
          feature = load<i32>(best, 8)
          gain = load<f64>(best) - before
        }
      } else {
        drawFeatures(pool, features, drawn)
        state += 0x9e3779b9
        findRandomSplit(
          blocks, rowCount, dense, table, pool, drawn, own, count, gradients, at, lambda, 0, 0, minRows, mix(state), centres, 0,
        )
        feature = load<i32>(at, 24)
        gain = load<f64>(at, 16)
      }
    }
    if (gain <= 0) feature = -1
    const number = feature < 0 ? -1 - leafCount : nodeCount
    if (parent >= 0) store<i32>(nodes + <usize>parent * NODE + (load<i32>(at, 144) ? 16 : 12), number)
    if (feature < 0) {
      const leaf = leaves + ((<usize>leafCount) << 3)
      store<i32>(leaf, begin)
      store<i32>(leaf, count, 4)
      if (classes) share(totals, classes, values + ((<usize>(leafCount * classes)) << 3))
      else store<f64>(values + ((<usize>leafCount) << 3), (-totalGradient(at) / (totalHessian(at) + lambda)) * step)
      leafCount++
      continue
    }
    const bin = load<i32>(classes ? best + 12 : at + 28)
    const missingLeft = load<i32>(classes ? best + 16 : at + 32)
    const node = nodes + <usize>nodeCount * NODE
    store<i32>(node, feature)
    store<i32>(node, bin, 4)
    store<i32>(node, missingLeft, 8)
    store<f64>(node, gain, 24)
    const missingBin = load<i32>(table + ((<usize>feature) << 4), 4)
    const left = partition(
      blocks + columnOf(rowCount, feature), <usize>strideOf(dense, feature), bin, missingBin, missingLeft, own, count, spare,
    )
    // The right child takes the place of its parent on the stack, the left one lies above it and comes next.
    const next = at + OPEN
    if (!classes) {
      v128.store(next, v128.load(at, 48))
      v128.store(at, v128.load(at, 64))
    }
    open(at, begin + left, count - left, level + 1, nodeCount, 1)
    open(next, begin, left, level + 1, nodeCount, 0)
    nodeCount++
    depth += 2
  }
  return leafCount
}

function share(totals: usize, classes: i32, out: usize): void {
  let sum: f64 = 0
  for (let k: usize = 0; k < <usize>classes; k++) sum += load<f64>(totals + (k << 3))
  for (let k: usize = 0; k < <usize>classes; k++) {
    store<f64>(out + (k << 3), sum > 0 ? load<f64>(totals + (k << 3)) / sum : 1 / <f64>classes)
  }
}
