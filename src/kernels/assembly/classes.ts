// Class counts instead of gradients, for forests of more than two classes. A histogram entry is i32 × (1 + classes):
// rows, then the weight of each class. Labels are pairs { i32 class, i32 weight } per row.

import { binRange, drawCut, missingSeen } from './split'

// Histogram of one column (bytes `stride` apart) over rows[0 … n).
export function histogramClasses(
  column: usize, stride: i32, rows: usize, n: i32, labels: usize, classes: i32, bins: i32, hist: usize,
): void {
  const width = (<usize>(classes + 1)) << 2
  memory.fill(hist, 0, width * <usize>bins)
  for (let i: i32 = 0; i < n; i++) {
    const row = <usize>load<i32>(rows + ((<usize>i) << 2))
    const entry = hist + width * <usize>load<u8>(column + row * <usize>stride)
    const label = load<u64>(labels + (row << 3))
    store<i32>(entry, load<i32>(entry) + 1)
    const slot = entry + 4 + ((<usize>(<u32>label)) << 2)
    store<i32>(slot, load<i32>(slot) + <i32>(label >> 32))
  }
}

// Weight of each class among rows[0 … n), float64.
export function sumClasses(rows: usize, n: i32, labels: usize, classes: i32, totals: usize): void {
  memory.fill(totals, 0, (<usize>classes) << 3)
  for (let i: i32 = 0; i < n; i++) {
    const label = load<u64>(labels + ((<usize>load<i32>(rows + ((<usize>i) << 2))) << 3))
    const at = totals + ((<usize>(<u32>label)) << 3)
    store<f64>(at, load<f64>(at) + <f64>(<i32>(label >> 32)))
  }
}

// Whether sides are judged by Σ w log w − W log W (entropy) instead of Σ w² / W (Gini); both grow with purity.
let entropy: bool = false
export function judgeClassesBy(byEntropy: i32): void {
  entropy = byEntropy != 0
}

// What one class of weight w adds to the purity sum of its side.
@inline
function part(w: f64): f64 {
  return entropy ? (w > 0 ? w * Math.log(w) : 0) : w * w
}

// Purity of a side of weight W whose classes add up to `sum`.
@inline
function purity(sum: f64, weight: f64): f64 {
  return entropy ? sum - weight * Math.log(weight) : sum / weight
}

// Of the node whose class weights are in `totals`, as its sides are judged; NaN when one class has it all.
export function judgeClasses(classes: i32, totals: usize): f64 {
  let sum: f64 = 0
  let squares: f64 = 0
  let parts: f64 = 0
  for (let k: usize = 0; k < <usize>classes; k++) {
    const weight = load<f64>(totals + (k << 3))
    sum += weight
    squares += weight * weight
    parts += part(weight)
  }
  return squares >= sum * sum ? NaN : purity(parts, sum)
}

// Moves one entry from the right side to the left: both sides keep their class weights, row count, weight and Σ part(weight).
let leftRows: i32 = 0
let leftWeight: f64 = 0
let leftSum: f64 = 0
let rightRows: i32 = 0
let rightWeight: f64 = 0
let rightSum: f64 = 0

@inline
function move(entry: usize, classes: i32, left: usize, right: usize): void {
  const rows = load<i32>(entry)
  leftRows += rows
  rightRows -= rows
  for (let k: usize = 0; k < <usize>classes; k++) {
    const w = <f64>load<i32>(entry + (k << 2), 4)
    if (w == 0) continue
    const l = load<f64>(left + (k << 3))
    const r = load<f64>(right + (k << 3))
    leftSum += entropy ? part(l + w) - part(l) : w * (2 * l + w)
    rightSum -= entropy ? part(r) - part(r - w) : w * (2 * r - w)
    store<f64>(left + (k << 3), l + w)
    store<f64>(right + (k << 3), r - w)
    leftWeight += w
    rightWeight -= w
  }
}

// Offers the splits of one feature's histogram. `best` is { f64 score, i32 feature, bin, missingLeft, leftRows }; a score is
// Σ_side Σ_class weight² / Σ weight: larger means purer (Gini). `sides` is room for two arrays of class weights.
export function findClassSplit(
  hist: usize, classes: i32, valueBins: i32, totals: usize, n: i32, feature: i32, minRows: i32,
  sides: usize, best: usize,
): void {
  const stride = (<usize>(classes + 1)) << 2
  const missing = hist + stride * <usize>valueBins
  const hasMissing = load<i32>(missing) > 0
  let low: i32 = 0
  let high = valueBins - 1
  while (low < high && load<i32>(hist + stride * <usize>low) == 0) low++
  while (high > low && load<i32>(hist + stride * <usize>high) == 0) high--
  if (low == high && (!hasMissing || load<i32>(hist + stride * <usize>low) == 0)) return
  const to = hasMissing ? high : high - 1
  for (let missingLeft: i32 = 0; missingLeft <= <i32>hasMissing; missingLeft++) {
    start(classes, totals, n, sides)
    const right = sides + ((<usize>classes) << 3)
    if (missingLeft) move(missing, classes, sides, right)
    for (let bin = low; bin <= to; bin++) {
      const entry = hist + stride * <usize>bin
      if (load<i32>(entry) == 0) continue
      move(entry, classes, sides, right)
      if (leftRows < minRows || rightRows < minRows) continue
      const score = purity(leftSum, leftWeight) + purity(rightSum, rightWeight)
      if (score > load<f64>(best)) {
        store<f64>(best, score)
        store<i32>(best, feature, 8)
        store<i32>(best, bin, 12)
        store<i32>(best, hasMissing ? missingLeft : <i32>(leftRows >= rightRows), 16)
        store<i32>(best, leftRows, 20)
      }
    }
  }
}

function start(classes: i32, totals: usize, n: i32, sides: usize): void {
  leftRows = 0
  leftWeight = 0
  leftSum = 0
  rightRows = n
  rightWeight = 0
  rightSum = 0
  const right = sides + ((<usize>classes) << 3)
  for (let k: usize = 0; k < <usize>classes; k++) {
    const w = load<f64>(totals + (k << 3))
    store<f64>(sides + (k << 3), 0)
    store<f64>(right + (k << 3), w)
    rightWeight += w
    rightSum += part(w)
  }
}

// One random threshold, uniform between the node's lowest and highest value, judged from the rows alone: no histogram.
export function randomClassSplit(
  column: usize, stride: i32, rows: usize, n: i32, labels: usize, classes: i32, missingBin: i32, totals: usize, feature: i32,
  minRows: i32, seed: u32, centres: usize, sides: usize, best: usize,
): void {
  const range = binRange(column, stride, rows, n, missingBin)
  const low = range >> 16
  const high = range & 0xffff
  const hasMissing = missingSeen
  if (low > high || (low == high && !hasMissing)) return
  const cut = drawCut(feature, low, high, seed, centres)
  for (let missingLeft: i32 = 0; missingLeft <= <i32>(hasMissing && low != high); missingLeft++) {
    memory.fill(sides, 0, (<usize>classes) << 3)
    leftRows = 0
    for (let i: i32 = 0; i < n; i++) {
      const row = <usize>load<i32>(rows + ((<usize>i) << 2))
      const bin = <i32>load<u8>(column + row * <usize>stride)
      const goes = <i32>(bin <= cut) | (<i32>(bin == missingBin) & missingLeft)
      const label = load<u64>(labels + (row << 3))
      const at = sides + ((<usize>(<u32>label)) << 3)
      leftRows += goes
      store<i64>(at, load<i64>(at) + <i64>((label >> 32) * <u64>goes))
    }
    for (let at = sides; at < sides + ((<usize>classes) << 3); at += 8) store<f64>(at, <f64>load<i64>(at))
    if (leftRows < minRows || n - leftRows < minRows) continue
    const score = sidesScore(classes, totals, sides)
    if (score > load<f64>(best)) {
      store<f64>(best, score)
      store<i32>(best, feature, 8)
      store<i32>(best, cut, 12)
      store<i32>(best, hasMissing ? missingLeft : <i32>(leftRows * 2 >= n), 16)
      store<i32>(best, leftRows, 20)
    }
  }
}

function sidesScore(classes: i32, totals: usize, sides: usize): f64 {
  let weight: f64 = 0
  let squares: f64 = 0
  let otherWeight: f64 = 0
  let otherSquares: f64 = 0
  for (let k: usize = 0; k < <usize>classes; k++) {
    const left = load<f64>(sides + (k << 3))
    const right = load<f64>(totals + (k << 3)) - left
    weight += left
    squares += part(left)
    otherWeight += right
    otherSquares += part(right)
  }
  return weight > 0 && otherWeight > 0 ? purity(squares, weight) + purity(otherSquares, otherWeight) : -Infinity
}
