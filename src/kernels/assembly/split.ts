// Best split of a node from its histogram. See ../README.md for the node record.

import { expand } from './histogram'
import { columnOf, strideOf } from './layout'

const COUNT_MASK: i64 = 0xffffff

@inline
function shrink(g: f64, alpha: f64): f64 {
  return g > alpha ? g - alpha : g < -alpha ? g + alpha : 0
}

// The best split so far: its score is Σ over both sides of T(G)² / (H + λ).
let bestScore: f64 = 0
let bestFeature: i32 = -1
let bestBin: i32 = 0
let bestMissingLeft: i32 = 0
let bestLeft: v128 = i64x2.splat(0)

let lambda: f64 = 0
let alpha: f64 = 0
let minWeight: f64 = 0
let minCount: i64 = 1
/** The feature at hand may only raise (1) or lower (−1) the prediction from left to right; 0: either. */
let direction: i32 = 0

// Sums below 2^51 as doubles: adding 1.5 · 2^52 to the integer makes it the bits of a double that much too large.
@inline
export function toDouble(sums: v128): v128 {
  return f64x2.sub(i64x2.add(sums, i64x2.splat(0x4338000000000000)), f64x2.splat(6755399441055744))
}

// Whether G / (H + λ) of both sides, minus their leaf values, run against the direction.
@inline
function breaks(steps: v128): bool {
  return <f64>direction * (f64x2.extract_lane(steps, 0) - f64x2.extract_lane(steps, 1)) < 0
}

// Weighs both sides at once, one in each lane. True when both are heavy enough; counts are the caller's to check.
@inline
function weigh(left: v128, total: v128, feature: i32, bin: i32, missingLeft: i32): bool {
  const right = i64x2.sub(total, left)
  let g = toDouble(v128.shuffle<i64>(left, right, 0, 2))
  const h = toDouble(i64x2.shr_u(v128.shuffle<i64>(left, right, 1, 3), 24))
  if (!i64x2.all_true(f64x2.ge(h, f64x2.splat(minWeight)))) return false
  if (alpha > 0) g = f64x2.sub(g, f64x2.max(f64x2.min(g, f64x2.splat(alpha)), f64x2.splat(-alpha)))
  const weight = f64x2.add(h, f64x2.splat(lambda))
  if (direction && breaks(f64x2.div(g, weight))) return true
  const scores = f64x2.div(f64x2.mul(g, g), weight)
  const score = f64x2.extract_lane(scores, 0) + f64x2.extract_lane(scores, 1)
  if (score > bestScore) {
    bestScore = score
    bestFeature = feature
    bestBin = bin
    bestMissingLeft = missingLeft
    bestLeft = left
  }
  return true
}

@inline
function offer(left: v128, total: v128, feature: i32, bin: i32, missingLeft: i32): bool {
  const leftCount = i64x2.extract_lane(left, 1) & COUNT_MASK
  const count = i64x2.extract_lane(total, 1) & COUNT_MASK
  if (leftCount < minCount || count - leftCount < minCount) return false
  return weigh(left, total, feature, bin, missingLeft)
}

// Where nothing was missing, the missing of later rows follow the larger side.
@inline
function largerSide(left: v128, total: v128): i32 {
  const count = i64x2.extract_lane(left, 1) & COUNT_MASK
  return <i32>(count * 2 >= (i64x2.extract_lane(total, 1) & COUNT_MASK))
}

// An entry of the histogram; with a sibling's histogram to take off, it is first replaced by the difference.
@inline
function entryAt(at: usize, sibling: usize): v128 {
  if (!sibling) return v128.load(at)
  const rest = i64x2.sub(v128.load(at), v128.load(at + sibling))
  v128.store(at, rest)
  return rest
}

// Offers every threshold of a feature without missing values in the node; true when one of them left enough on both sides.
function scanExact(feature: i32, first: usize, bins: i32, total: v128, sibling: usize): bool {
  const count = i64x2.extract_lane(total, 1) & COUNT_MASK
  const most = count - minCount
  const skipEmpty = count < <i64>(bins << 2)
  let left = i64x2.splat(0)
  let possible = false
  let bin: i32 = 0
  for (; bin < bins - 1; bin++) {
    const entry = entryAt(first + ((<usize>bin) << 4), sibling)
    if (skipEmpty && i64x2.extract_lane(entry, 1) == 0) continue
    left = i64x2.add(left, entry)
    const leftCount = i64x2.extract_lane(left, 1) & COUNT_MASK
    if (leftCount < minCount) continue
    if (leftCount > most) {
      bin++
      break
    }
    possible = weigh(left, total, feature, bin, 2) || possible
  }
  if (sibling) for (; bin < bins; bin++) entryAt(first + ((<usize>bin) << 4), sibling)
  return possible
}

// The same where some are missing: they are tried on either side.
function scanMissing(feature: i32, first: usize, bins: i32, missing: v128, total: v128, sibling: usize): bool {
  const valueCount = (i64x2.extract_lane(total, 1) & COUNT_MASK) - (i64x2.extract_lane(missing, 1) & COUNT_MASK)
  let left = i64x2.splat(0)
  let possible = false
  for (let bin: i32 = 0; bin < bins; bin++) {
    const entry = entryAt(first + ((<usize>bin) << 4), sibling)
    if (i64x2.extract_lane(entry, 1) == 0) continue
    left = i64x2.add(left, entry)
    possible = offer(left, total, feature, bin, 0) || possible
    if ((i64x2.extract_lane(left, 1) & COUNT_MASK) == valueCount) continue
    possible = offer(i64x2.add(left, missing), total, feature, bin, 1) || possible
  }
  return possible
}

@inline
export function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b
  x = (x ^ (x >> 13)) * 0xc2b2ae35
  return x ^ (x >> 16)
}

// The last bin of the left side, in [low, high): the threshold is uniform between the centres (f32) of both bins.
export function drawCut(feature: i32, low: i32, high: i32, seed: u32, centres: usize): i32 {
  const draw = mix(seed + <u32>feature * 0x9e3779b9)
  const first = <f64>load<f32>(centres + ((<usize>low) << 2))
  const width = <f64>load<f32>(centres + ((<usize>high) << 2)) - first
  const at = 2 * (first + <f64>draw * width * (1.0 / 4294967296.0))
  let from = low
  let to = max(low, high - 1)
  while (from < to) {
    const middle = (from + to) >> 1
    const near = centres + ((<usize>middle) << 2)
    if (<f64>load<f32>(near) + <f64>load<f32>(near, 4) < at) from = middle + 1
    else to = middle
  }
  return from
}

// Lowest and highest value bin among rows[0 … n), as low << 16 | high (low > high when all are missing); notes missing ones.
export let missingSeen: bool = false
export function binRange(column: usize, stride: i32, rows: usize, n: i32, missingBin: i32): i32 {
  let low: i32 = 255
  let high: i32 = -1
  missingSeen = false
  for (let i: i32 = 0; i < n; i++) {
    const bin = <i32>load<u8>(column + <usize>load<i32>(rows + ((<usize>i) << 2)) * <usize>stride)
    if (bin == missingBin) missingSeen = true
    else {
      low = min(low, bin)
      high = max(high, bin)
    }
  }
  return high < 0 ? 1 << 16 : (low << 16) | high
}

// Extremely randomised (Geurts, Ernst & Wehenkel 2006): one threshold, uniform between the node's lowest and highest value.
function scanRandom(feature: i32, first: usize, bins: i32, missing: v128, hasMissing: bool, total: v128, seed: u32, centres: usize): void {
  let low: i32 = 0
  let high = bins - 1
  while (low < high && load<i64>(first + ((<usize>low) << 4), 8) == 0) low++
  while (high > low && load<i64>(first + ((<usize>high) << 4), 8) == 0) high--
  if (low == high && !hasMissing) return
  const cut = drawCut(feature, low, high, seed, centres)
  let left = i64x2.splat(0)
  for (let bin: i32 = low; bin <= cut; bin++) left = i64x2.add(left, v128.load(first + ((<usize>bin) << 4)))
  if (!hasMissing) offer(left, total, feature, cut, 2)
  else {
    offer(left, total, feature, cut, 0)
    if (low != high) offer(i64x2.add(left, missing), total, feature, cut, 1)
  }
}

function begin(total: v128, lambdaRaw: f64, alphaRaw: f64, minWeightRaw: f64, minRows: i32): f64 {
  lambda = lambdaRaw
  alpha = alphaRaw
  minWeight = minWeightRaw
  minCount = max(1, minRows)
  const g = <f64>i64x2.extract_lane(total, 0)
  const parentG = alpha > 0 ? shrink(g, alpha) : g
  const parent = (parentG * parentG) / (<f64>(i64x2.extract_lane(total, 1) >> 24) + lambda)
  bestScore = parent * (1 + 1e-10) // rounding alone is no gain
  bestFeature = -1
  bestLeft = i64x2.splat(0)
  return parent
}

function finish(node: usize, total: v128, parent: f64): void {
  store<f64>(node, bestFeature < 0 ? 0 : bestScore - parent, 16)
  store<i32>(node, bestFeature, 24)
  store<f64>(node, bestFeature < 0 ? 0 : bestScore, 40)
  store<i32>(node, bestBin, 28)
  store<i32>(node, bestMissingLeft == 2 ? largerSide(bestLeft, total) : bestMissingLeft, 32)
  v128.store(node, bestLeft, 48)
  v128.store(node, i64x2.sub(total, bestLeft), 64)
}

// Finds the best split over the listed features and writes it into the node record. seed 0: exact scan. `centres`: an f32 per
// histogram entry, where random thresholds are drawn.
// `sibling`: a histogram to subtract from this one first, or 0. The features that still had a possible split go to `alive`
// (0: not wanted), which may be the list itself; returns how many. What no threshold could split here, none can further down.
export function findSplit(
  table: usize, list: usize, n: i32, hist: usize, sibling: usize, node: usize,
  lambdaRaw: f64, alphaRaw: f64, minWeightRaw: f64, minRows: i32, seed: u32, centres: usize, directions: usize, alive: usize,
): i32 {
  const total = v128.load(node)
  const parent = begin(total, lambdaRaw, alphaRaw, minWeightRaw, minRows)
  const other = sibling ? sibling - hist : 0
  let kept: i32 = 0
  for (let i: i32 = 0; i < n; i++) {
    const feature = load<i32>(list + ((<usize>i) << 2))
    direction = directions ? <i32>load<i8>(directions + <usize>feature) : 0
    const row = table + ((<usize>feature) << 4)
    const first = hist + ((<usize>load<i32>(row)) << 4)
    const bins = load<i32>(row, 4)
    let missing = i64x2.splat(0)
    if (load<i32>(row, 8)) missing = entryAt(first + ((<usize>bins) << 4), other)
    const hasMissing = (i64x2.extract_lane(missing, 1) & COUNT_MASK) > 0
    let possible = true
    if (seed) {
      if (other) for (let bin: i32 = 0; bin < bins; bin++) entryAt(first + ((<usize>bin) << 4), other)
      scanRandom(feature, first, bins, missing, hasMissing, total, seed, centres + ((<usize>load<i32>(row)) << 2))
    } else if (hasMissing) possible = scanMissing(feature, first, bins, missing, total, other)
    else possible = scanExact(feature, first, bins, total, other)
    if (!alive || !possible) continue
    store<i32>(alive + ((<usize>kept) << 2), feature)
    kept++
  }
  finish(node, total, parent)
  return kept
}

// The same with one random threshold per dense feature, judged from the rows alone: no histogram.
export function findRandomSplit(
  blocks: usize, rowCount: i32, dense: i32, table: usize, list: usize, listed: i32, rows: usize, n: i32, gradients: usize, node: usize,
  lambdaRaw: f64, alphaRaw: f64, minWeightRaw: f64, minRows: i32, seed: u32, centres: usize, directions: usize,
): void {
  const total = v128.load(node)
  const parent = begin(total, lambdaRaw, alphaRaw, minWeightRaw, minRows)
  for (let l: i32 = 0; l < listed; l++) {
    const feature = load<i32>(list + ((<usize>l) << 2))
    direction = directions ? <i32>load<i8>(directions + <usize>feature) : 0
    const line = table + ((<usize>feature) << 4)
    const missingBin = load<i32>(line, 4)
    const column = blocks + columnOf(rowCount, feature)
    const stride = strideOf(dense, feature)
    const range = binRange(column, stride, rows, n, missingBin)
    const low = range >> 16
    const high = range & 0xffff
    const hasMissing = missingSeen
    if (low > high || (low == high && !hasMissing)) continue
    const cut = drawCut(feature, low, high, seed, centres + ((<usize>load<i32>(line)) << 2))
    let left = i64x2.splat(0)
    let missing = i64x2.splat(0)
    for (let i: i32 = 0; i < n; i++) {
      const row = load<i32>(rows + ((<usize>i) << 2))
      const bin = <i32>load<u8>(column + <usize>row * <usize>stride)
      const pair = expand(gradients, row)
      left = i64x2.add(left, v128.and(pair, i64x2.splat(-(<i64>(bin <= cut)))))
      missing = i64x2.add(missing, v128.and(pair, i64x2.splat(-(<i64>(bin == missingBin)))))
    }
    if (!hasMissing) offer(left, total, feature, cut, 2)
    else {
      offer(left, total, feature, cut, 0)
      if (low != high) offer(i64x2.add(left, missing), total, feature, cut, 1)
    }
  }
  finish(node, total, parent)
}

@inline
export function totalGradient(node: usize): f64 {
  return <f64>load<i64>(node)
}

@inline
export function totalHessian(node: usize): f64 {
  return <f64>(load<i64>(node, 8) >> 24)
}

// Totals of a node as plain numbers, for the host: gradient, hessian, rows.
export function readTotals(node: usize): void {
  const total = v128.load(node)
  const hc = i64x2.extract_lane(total, 1)
  store<f64>(node, <f64>i64x2.extract_lane(total, 0), 80)
  store<f64>(node, <f64>(hc >> 24), 88)
  store<f64>(node, <f64>(hc & COUNT_MASK), 96)
}

// Gives a child its total from the split found in its parent.
export function adoptTotal(parent: usize, child: usize, right: i32): void {
  v128.store(child, right ? v128.load(parent, 64) : v128.load(parent, 48))
  readTotals(child)
}
