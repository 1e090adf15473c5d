// Gradients and hessians in fixed point, four rows at a time. gradients[row] = { i32 g, i32 h }.

// e^x: n = round(x / ln 2), polynomial on the rest, then n into the exponent (Cephes expf; about 1 ulp).
@inline
export function exp4(value: v128): v128 {
  const x = f32x4.max(f32x4.min(value, f32x4.splat(88)), f32x4.splat(-87))
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)))
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)))
  let p = f32x4.splat(1.9875691500e-4)
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1))
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1))
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(p, scale)
}

@inline
export function fixed(value: v128, scale: f32): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(value, f32x4.splat(scale))))
}

// Four (g, h) pairs, interleaved.
@inline
export function storePairs(at: usize, g: v128, h: v128): void {
  v128.store(at, v128.shuffle<i32>(g, h, 0, 4, 1, 5))
  v128.store(at, v128.shuffle<i32>(g, h, 2, 6, 3, 7), 16)
}

// Arrays are padded to a multiple of four rows; weights 0: all 1.
export function logisticGradients(scores: usize, target: usize, weights: usize, n: i32, gScale: f32, hScale: f32, gradients: usize): void {
  const one = f32x4.splat(1)
  for (let i: i32 = 0; i < n; i += 4) {
    const at = (<usize>i) << 2
    const p = f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(v128.load(scores + at)))))
    let g = f32x4.sub(p, v128.load(target + at))
    let h = f32x4.mul(p, f32x4.sub(one, p))
    if (weights) {
      const w = v128.load(weights + at)
      g = f32x4.mul(g, w)
      h = f32x4.mul(h, w)
    }
    storePairs(gradients + (at << 1), fixed(g, gScale), fixed(h, hScale))
  }
}

// Squared error: g = score − target, h = 1.
export function squaredGradients(scores: usize, target: usize, weights: usize, n: i32, gScale: f32, hScale: f32, gradients: usize): void {
  const one = f32x4.splat(1)
  for (let i: i32 = 0; i < n; i += 4) {
    const at = (<usize>i) << 2
    const w = weights ? v128.load(weights + at) : one
    const g = f32x4.mul(f32x4.sub(v128.load(scores + at), v128.load(target + at)), w)
    storePairs(gradients + (at << 1), fixed(g, gScale), fixed(w, hScale))
  }
}

// Largest |score − target| · weight.
export function largestResidual(scores: usize, target: usize, weights: usize, n: i32): f32 {
  let top = f32x4.splat(0)
  for (let i: i32 = 0; i < n; i += 4) {
    const at = (<usize>i) << 2
    let g = f32x4.abs(f32x4.sub(v128.load(scores + at), v128.load(target + at)))
    if (weights) g = f32x4.mul(g, v128.load(weights + at))
    top = f32x4.max(top, g)
  }
  return max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  )
}

// Softmax over `classes` score arrays of `stride` rows each: peak[row] = largest score, total[row] = Σ exp(score − peak).
export function softmaxTotals(scores: usize, stride: i32, classes: i32, n: i32, peak: usize, total: usize): void {
  const step = (<usize>stride) << 2
  for (let i: i32 = 0; i < n; i += 4) {
    const at = (<usize>i) << 2
    let top = v128.load(scores + at)
    for (let k: i32 = 1; k < classes; k++) top = f32x4.max(top, v128.load(scores + at + <usize>k * step))
    let sum = f32x4.splat(0)
    for (let k: i32 = 0; k < classes; k++) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(scores + at + <usize>k * step), top)))
    v128.store(peak + at, top)
    v128.store(total + at, sum)
  }
}

// Gradients of one class: g = p − [target = class], h = p (1 − p).
export function softmaxGradients(
  scores: usize, target: usize, weights: usize, n: i32, label: f32, peak: usize, total: usize,
  gScale: f32, hScale: f32, gradients: usize,
): void {
  const one = f32x4.splat(1)
  for (let i: i32 = 0; i < n; i += 4) {
    const at = (<usize>i) << 2
    const p = f32x4.div(exp4(f32x4.sub(v128.load(scores + at), v128.load(peak + at))), v128.load(total + at))
    const hit = v128.and(f32x4.eq(v128.load(target + at), f32x4.splat(label)), one)
    let g = f32x4.sub(p, hit)
    let h = f32x4.mul(p, f32x4.sub(one, p))
    if (weights) {
      const w = v128.load(weights + at)
      g = f32x4.mul(g, w)
      h = f32x4.mul(h, w)
    }
    storePairs(gradients + (at << 1), fixed(g, gScale), fixed(h, hScale))
  }
}
