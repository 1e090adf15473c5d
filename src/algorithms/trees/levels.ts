import type { Pointer } from '../../kernels/kernels.ts'
import type { Grower, GrowthRules, Scales } from './grower.ts'
import { type Bounds, clip, splitBounds, UNBOUNDED } from './bounds.ts'
import { addLeaf, addNode, emptyTree, type GrownTree, type Hook } from './tree.ts'

interface LevelLeaf extends Hook {
  readonly begin: number
  readonly count: number
  readonly record: Pointer
  readonly slot: number
  readonly bounds: Bounds
}

const TOTALS = 80 // in a node record, see kernels/README.md

/**
 * An oblivious tree (Prokhorenkova et al. 2018, §3): each level asks all its leaves the same question, the one whose gains
 * sum highest. Weak learners that hardly overfit. Empty leaves are allowed and have the value 0.
 */
export function growLevels(
  grower: Grower,
  n: number,
  features: Int32Array,
  scales: Scales,
  rules: GrowthRules,
): GrownTree {
  const { arena, matrix, histograms, treeSelector } = grower.parts()
  const tree = emptyTree()
  const selection = treeSelector.select(features)
  const lambda = rules.lambda * scales.h + 1
  const gainUnit = scales.h / (scales.g * scales.g)

  const valueOf = (record: Pointer): number => {
    const at = (record + TOTALS) / 8
    return (-arena.numbers[at]! / (arena.numbers[at + 1]! + lambda)) * (scales.h / scales.g)
  }
  const build = (leaf: LevelLeaf): void => {
    const rows = leaf.count === matrix.rows ? 0 : grower.rows + 4 * leaf.begin
    histograms.build(leaf.slot, selection, rows, leaf.count, leaf.record)
  }
  const root: LevelLeaf = { parent: -1, right: false, begin: 0, count: n, record: grower.takeRecord(), slot: histograms.take()!, bounds: UNBOUNDED } // prettier-ignore
  grower.rootTotal(n, root.record)
  build(root)

  const splitLeaf = (
    leaf: LevelLeaf,
    gain: number,
    last: boolean,
    question: { feature: number; bin: number; missingLeft: number },
  ): LevelLeaf[] => {
    // prettier-ignore
    histograms.placeSplit(leaf, question)
    const left = grower.partition(leaf.record, leaf.begin, leaf.count)
    const parent = addNode(tree, leaf, { ...question, gain })
    const direction = grower.directions?.[question.feature] ?? 0
    const records = [grower.takeRecord(), grower.takeRecord()] as const
    records.forEach((record, side) => arena.kernels.adoptTotal(leaf.record, record, side))
    const bounds = splitBounds(leaf.bounds, direction, () => valueOf(records[0]), () => valueOf(records[1])) // prettier-ignore
    const half = (right: boolean, slot: number): LevelLeaf => {
      const side = right ? 1 : 0
      const record = records[side]
      return { parent, right, begin: right ? leaf.begin + left : leaf.begin, count: right ? leaf.count - left : left, record, slot, bounds: bounds[side] } // prettier-ignore
    }
    if (last) histograms.release(leaf.slot)
    const [kept, spare] = last ? [-1, -1] : [leaf.slot, histograms.take()!]
    const smallIsRight = leaf.count - left < left
    const children = [half(false, smallIsRight ? kept : spare), half(true, smallIsRight ? spare : kept)]
    grower.releaseRecord(leaf.record)
    if (!last) {
      build(children[smallIsRight ? 1 : 0]!)
      histograms.subtract(kept, spare, selection)
    }
    return children
  }

  let leaves = [root]
  for (let depth = 0, last = false; depth < rules.maxDepth && !last; depth++) {
    const found = features.length > 0 ? histograms.findLevelSplit(leaves, selection, lambda) : undefined
    if (!found || found.gain * gainUnit <= rules.gamma) break
    last = depth + 1 === rules.maxDepth || 2 * leaves.length > histograms.capacity
    const gain = (found.gain * gainUnit) / leaves.length
    leaves = leaves.flatMap(leaf => splitLeaf(leaf, gain, last, found))
  }
  for (const leaf of leaves) {
    addLeaf(tree, leaf, leaf.begin, leaf.count, [clip(valueOf(leaf.record), leaf.bounds)])
    grower.releaseRecord(leaf.record)
    histograms.release(leaf.slot)
  }
  return tree
}
