// Rows drawn with odds by the size of their gradient (minimal variance sampling: Ibragimov & Gusev 2019).

// norms[row] = √(g² + λ h²) in the units of g; returns their sum. λ and the ratio of units are in `hFactor`.
export function gradientNorms(gradients: usize, n: i32, hFactor: f64, norms: usize): f64 {
  let sum: f64 = 0
  for (let i: i32 = 0; i < n; i++) {
    const at = gradients + ((<usize>i) << 3)
    const g = <f64>load<i32>(at)
    const h = <f64>load<i32>(at, 4) * hFactor
    const norm = Math.sqrt(g * g + h * h)
    store<f32>(norms + ((<usize>i) << 2), <f32>norm)
    sum += norm
  }
  return sum
}

// Rows expected when a row is taken with probability min(1, norm / limit).
export function expectedRows(norms: usize, n: i32, limit: f64): f64 {
  let sum: f64 = 0
  const inverse = 1 / limit
  for (let i: i32 = 0; i < n; i++) sum += min<f64>(1, <f64>load<f32>(norms + ((<usize>i) << 2)) * inverse)
  return sum
}

// A number in [0, 2^32) for one row, from 32 bits of seed.
@inline
function draw(seed: u32, row: i32): f64 {
  let x = seed + <u32>row * 0x9e3779b9
  x = (x ^ (x >> 16)) * 0x85ebca6b
  x = (x ^ (x >> 13)) * 0xc2b2ae35
  return <f64>(x ^ (x >> 16))
}

// Puts the rows taken before the others, both ascending, and divides their gradients by their probability; returns how many.
export function sampleRows(norms: usize, n: i32, limit: f64, seed: u32, gradients: usize, rows: usize, spare: usize): i32 {
  let taken: i32 = 0
  for (let i: i32 = 0; i < n; i++) {
    const chance = <f64>load<f32>(norms + ((<usize>i) << 2)) / limit
    const hit = <i32>(draw(seed, i) < chance * 4294967296)
    store<i32>(rows + ((<usize>taken) << 2), i)
    store<i32>(spare + ((<usize>(i - taken)) << 2), i)
    taken += hit
    if (hit && chance < 1) {
      const at = gradients + ((<usize>i) << 3)
      store<i32>(at, <i32>Math.round(<f64>load<i32>(at) / chance))
      store<i32>(at, <i32>Math.round(<f64>load<i32>(at, 4) / chance), 4)
    }
  }
  memory.copy(rows + ((<usize>taken) << 2), spare, (<usize>(n - taken)) << 2)
  return taken
}
