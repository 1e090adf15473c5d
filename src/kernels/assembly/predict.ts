// Prediction: row-major float32 rows down every tree. A node is { f32 threshold, i32 feature, i32 left }, twelve bytes:
// right = left + 1; the top bit of `feature` says that missing goes left; a leaf has feature −1 and `left` is its leaf number.

@inline
function leafOf(nodes: usize, root: i32, x: usize): i32 {
  let at = nodes + (<usize>root) * 12
  let feature = load<i32>(at, 4)
  while (feature != -1) {
    const value = load<f32>(x + ((<usize>(feature & 0x7fffffff)) << 2))
    const goesLeft = <i32>(value <= load<f32>(at)) | (<i32>(value != value) & <i32>(<u32>feature >> 31))
    at = nodes + (<usize>(load<i32>(at, 8) + 1 - goesLeft)) * 12
    feature = load<i32>(at, 4)
  }
  return load<i32>(at, 8)
}

// sums[row · outputs + outputOf[tree]] += leaf, or a vector of `width` values per leaf when width > 1. Sums are float64.
export function predictRows(
  nodes: usize, roots: usize, trees: i32, outputOf: usize, values: usize, width: i32,
  matrix: usize, n: i32, features: i32, sums: usize, outputs: i32,
): void {
  // Trees outside, rows inside: one tree stays in the cache while a tile of rows passes.
  for (let tree: i32 = 0; tree < trees; tree++) {
    const root = load<i32>(roots + ((<usize>tree) << 2))
    const output = load<i32>(outputOf + ((<usize>tree) << 2))
    for (let row: i32 = 0; row < n; row++) {
      const leaf = leafOf(nodes, root, matrix + ((<usize>row * <usize>features) << 2))
      const sum = sums + ((<usize>row * <usize>outputs + <usize>output) << 3)
      const from = values + ((<usize>leaf * <usize>width) << 2)
      for (let k: i32 = 0; k < width; k++) {
        const at = sum + ((<usize>k) << 3)
        store<f64>(at, load<f64>(at) + <f64>load<f32>(from + ((<usize>k) << 2)))
      }
    }
  }
}
