// One tree for all classes: gradients of every class, their sum along one direction, and steps of every class in every leaf.
// Arrays of classes are one after the other, `stride` float32 each, padded to a multiple of four rows.

import { exp4, fixed, storePairs } from './gradients'

// g = p − [target = class], h = p (1 − p) of every class, times the weight of the row (weights 0: all 1), and
// alongG = Σ direction[k] · g, alongH = Σ direction[k]² · h. `peak` and `total` are those of softmaxTotals.
export function sketchGradients(
  scores: usize, target: usize, weights: usize, stride: i32, classes: i32, direction: usize, peak: usize, total: usize,
  g: usize, h: usize, alongG: usize, alongH: usize,
): void {
  const one = f32x4.splat(1)
  const step = (<usize>stride) << 2
  memory.fill(alongG, 0, step)
  memory.fill(alongH, 0, step)
  for (let k: i32 = 0; k < classes; k++) {
    const d = load<f32>(direction + ((<usize>k) << 2))
    const along = f32x4.splat(d)
    const square = f32x4.splat(d * d)
    const label = f32x4.splat(<f32>k)
    const offset = <usize>k * step
    for (let at: usize = 0; at < step; at += 16) {
      const p = f32x4.div(exp4(f32x4.sub(v128.load(scores + offset + at), v128.load(peak + at))), v128.load(total + at))
      const hit = v128.and(f32x4.eq(v128.load(target + at), label), one)
      let slope = f32x4.sub(p, hit)
      let bend = f32x4.mul(p, f32x4.sub(one, p))
      if (weights) {
        const w = v128.load(weights + at)
        slope = f32x4.mul(slope, w)
        bend = f32x4.mul(bend, w)
      }
      v128.store(g + offset + at, slope)
      v128.store(h + offset + at, bend)
      v128.store(alongG + at, f32x4.add(v128.load(alongG + at), f32x4.mul(along, slope)))
      v128.store(alongH + at, f32x4.add(v128.load(alongH + at), f32x4.mul(square, bend)))
    }
  }
}

// Largest |value|.
export function largestOf(values: usize, n: i32): f32 {
  let top = f32x4.splat(0)
  for (let i: i32 = 0; i < n; i += 4) top = f32x4.max(top, f32x4.abs(v128.load(values + ((<usize>i) << 2))))
  return max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  )
}

// Values as fixed-point pairs.
export function storeGradients(g: usize, h: usize, n: i32, gScale: f32, hScale: f32, gradients: usize): void {
  for (let i: i32 = 0; i < n; i += 4) {
    const at = (<usize>i) << 2
    storePairs(gradients + (at << 1), fixed(v128.load(g + at), gScale), fixed(v128.load(h + at), hScale))
  }
}

// sums[leaf · classes + class] = { f64 Σg, f64 Σh } over rows 0 … n.
export function sumByLeaf(leafOf: usize, n: i32, g: usize, h: usize, stride: i32, classes: i32, sums: usize): void {
  for (let k: i32 = 0; k < classes; k++) {
    const offset = (<usize>k * <usize>stride) << 2
    for (let i: i32 = 0; i < n; i++) {
      const at = (<usize>i) << 2
      const sum = sums + ((<usize>(load<i32>(leafOf + at) * classes + k)) << 4)
      const pair = f64x2(<f64>load<f32>(g + offset + at), <f64>load<f32>(h + offset + at))
      v128.store(sum, f64x2.add(v128.load(sum), pair))
    }
  }
}

// scores of every class += steps[leaf · classes + class].
export function addByLeaf(leafOf: usize, n: i32, steps: usize, stride: i32, classes: i32, scores: usize): void {
  for (let k: i32 = 0; k < classes; k++) {
    const own = scores + ((<usize>k * <usize>stride) << 2)
    for (let i: i32 = 0; i < n; i++) {
      const at = (<usize>i) << 2
      const value = load<f32>(steps + ((<usize>(load<i32>(leafOf + at) * classes + k)) << 2))
      store<f32>(own + at, load<f32>(own + at) + value)
    }
  }
}
