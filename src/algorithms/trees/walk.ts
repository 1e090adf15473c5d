import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Layout } from './matrix.ts'
import type { GrownTree } from './tree.ts'

const NODE_WORDS = 8
const NEVER = 256 // no byte is this bin

/** A tree as `walkBins` reads it, with its leaf values times `factor`, at the end of the arena. */
export function treeTable(
  arena: Arena,
  tree: GrownTree,
  layout: Layout,
  factor: number,
): { readonly nodes: Pointer; readonly values: Pointer } {
  const table = new Int32Array(NODE_WORDS * tree.feature.length)
  for (let i = 0; i < tree.feature.length; i++) {
    const f = tree.feature[i]!
    const { valueBins, defaultBin } = layout.features[f]!
    const node = table.subarray(NODE_WORDS * i)
    node[1] = tree.bin[i]!
    node[2] = tree.missingLeft[i] ? valueBins : NEVER
    node[3] = tree.left[i]!
    node[4] = tree.right[i]!
    if (f < layout.dense) node[0] = f
    else {
      const g = layout.groupOf[f - layout.dense]!
      const low = layout.entries[f]! - layout.groups[g]!.entry
      node[0] = -1 - g
      node[5] = low
      node[6] = low + valueBins + 1
      node[7] = defaultBin
    }
  }
  return {
    nodes: arena.put(table),
    values: arena.put(Float32Array.from(tree.values, value => factor * value)),
  }
}
