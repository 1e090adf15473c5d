// Prediction: row-major float32 rows down every tree. A node is { f32 threshold, i32 feature, i32 left, i32 leaf }, 16 bytes:
// right = left + 1; the top bit of `feature` says that missing goes left. A leaf asks a question all answer with "left" and
// its left is itself, so that four rows can walk in step without asking who has arrived.

@inline
function step(nodes: usize, node: i32, x: usize): i32 {
  const at = nodes + ((<usize>node) << 4)
  const feature = load<i32>(at, 4)
  const value = load<f32>(x + ((<usize>(feature & 0x7fffffff)) << 2))
  const left = <i32>(value <= load<f32>(at)) | (<i32>(value != value) & <i32>(<u32>feature >> 31))
  return load<i32>(at, 8) + 1 - left
}

@inline
function credit(nodes: usize, node: i32, values: usize, width: i32, sum: usize): void {
  const from = values + ((<usize>(load<i32>(nodes + ((<usize>node) << 4), 12) * width)) << 2)
  for (let k: usize = 0; k < <usize>width; k++) {
    const at = sum + (k << 3)
    store<f64>(at, load<f64>(at) + <f64>load<f32>(from + (k << 2)))
  }
}

// sums[row · outputs + outputOf[tree] …] += the `width` values of the leaf reached. Sums are float64. Room for three more rows
// of the matrix and the sums must follow, since rows go by fours.
export function predictRows(
  nodes: usize, roots: usize, trees: i32, outputOf: usize, values: usize, width: i32,
  matrix: usize, n: i32, features: i32, sums: usize, outputs: i32,
): void {
  const rowBytes = (<usize>features) << 2
  const sumBytes = (<usize>outputs) << 3
  // Trees outside, rows inside: one tree stays in the cache while a tile of rows passes.
  for (let tree: i32 = 0; tree < trees; tree++) {
    const root = load<i32>(roots + ((<usize>tree) << 2))
    const base = sums + ((<usize>load<i32>(outputOf + ((<usize>tree) << 2))) << 3)
    for (let row: i32 = 0; row < n; row += 4) {
      const x0 = matrix + (<usize>row) * rowBytes
      const x1 = x0 + rowBytes
      const x2 = x1 + rowBytes
      const x3 = x2 + rowBytes
      let a = root
      let b = root
      let c = root
      let d = root
      let moved: i32
      do {
        const a1 = step(nodes, a, x0)
        const b1 = step(nodes, b, x1)
        const c1 = step(nodes, c, x2)
        const d1 = step(nodes, d, x3)
        moved = (a1 ^ a) | (b1 ^ b) | (c1 ^ c) | (d1 ^ d)
        a = a1
        b = b1
        c = c1
        d = d1
      } while (moved)
      const sum = base + (<usize>row) * sumBytes
      credit(nodes, a, values, width, sum)
      credit(nodes, b, values, width, sum + sumBytes)
      credit(nodes, c, values, width, sum + 2 * sumBytes)
      credit(nodes, d, values, width, sum + 3 * sumBytes)
    }
  }
}
