import { denseValues, type Features } from '../data/features.ts'
import { type Arena, withArena } from '../kernels/kernels.ts'
import type { ForestModel } from './forest.ts'

const NODE_BYTES = 16
const MISSING_LEFT = 1 << 31
const TILE_BYTES = 1 << 18 // of a tile of rows: it stays in the second-level cache while all trees pass

/** Σ over trees of leaf values, float64, rows × scores; encoded features must stand among the columns. */
export const sumTrees = (model: ForestModel, features: Features): Promise<Float64Array> =>
  withArena(arena => walkTrees(arena, model, features))

/** The leaf each row comes to in each of the trees [first, last): numbers as in `left`, row-major rows × trees. */
export async function leafNumbers(
  model: ForestModel,
  features: Features,
  first = 0,
  last = model.roots.length,
): Promise<Int32Array> {
  const leaves = model.values.length / model.leafWidth
  const numbering: ForestModel = {
    ...model,
    base: new Float64Array(Math.max(1, last - first)),
    leafWidth: 1,
    roots: model.roots.slice(first, last),
    values: Float32Array.from({ length: leaves }, (_, leaf) => leaf),
  }
  return Int32Array.from(await sumTrees(numbering, features))
}

function walkTrees(arena: Arena, model: ForestModel, { rows, columns }: Features): Float64Array {
  const scores = model.base.length
  const { used, remapped } = usedFeatures(model)
  const nodes = putNodes(arena, model, remapped)
  const roots = arena.put(model.roots)
  const outputOf = arena.put(model.roots.map((_, tree) => (model.leafWidth === 1 ? tree % scores : 0)))
  const values = arena.put(model.values)
  const width = Math.max(1, used.length)
  const tile = Math.max(16, Math.min(rows, Math.floor(TILE_BYTES / (4 * width))))
  const matrix = arena.allocate(4 * width * (tile + 3))
  const sums = arena.allocate(8 * scores * (tile + 3))
  const dense = used.map(column => denseValues(columns[column]!, rows))
  const result = new Float64Array(rows * scores)
  for (let start = 0; start < rows; start += tile) {
    const n = Math.min(tile, rows - start)
    const cells = arena.f32(matrix, width * n)
    for (let j = 0; j < dense.length; j++) {
      const column = dense[j]!
      for (let i = 0, at = j; i < n; i++, at += width) cells[at] = column[start + i]!
    }
    arena.f64(sums, scores * n).fill(0)
    arena.kernels.predictRows(
      nodes, roots, model.roots.length, outputOf, values, model.leafWidth, matrix, n, width, sums, scores,
    ) // prettier-ignore
    result.set(arena.f64(sums, scores * n), start * scores)
  }
  return result
}

/** The columns some node asks about, and each node's position among them. */
function usedFeatures({ feature, width }: ForestModel): { used: number[]; remapped: Int32Array } {
  const position = new Int32Array(width).fill(-1)
  const used: number[] = []
  for (const column of feature)
    if (column >= 0 && position[column]! < 0) position[column] = used.push(column) - 1
  return { used, remapped: feature.map(column => (column < 0 ? -1 : position[column]!)) }
}

function putNodes(arena: Arena, { threshold, left, missingLeft }: ForestModel, feature: Int32Array): number {
  const nodes = arena.allocate(NODE_BYTES * feature.length)
  const floats = arena.f32(nodes, 4 * feature.length)
  const words = arena.i32(nodes, 4 * feature.length)
  for (let node = 0; node < feature.length; node++) {
    const at = 4 * node
    const isLeaf = feature[node] === -1
    // A leaf sends every value, missing ones too, to itself.
    floats[at] = isLeaf ? Infinity : threshold[node]!
    words[at + 1] = isLeaf ? MISSING_LEFT : feature[node]! | (missingLeft[node] ? MISSING_LEFT : 0)
    words[at + 2] = isLeaf ? node : left[node]!
    words[at + 3] = isLeaf ? left[node]! : 0
  }
  return nodes
}
