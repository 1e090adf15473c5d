import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { ClassCounts } from './class-counts.ts'
import type { GrowthRules, Scales } from './grower.ts'
import type { BinnedMatrix } from './matrix.ts'
import { emptyTree, type GrownTree } from './tree.ts'

// Bytes, see kernels/README.md.
const NODE = 32
const OPEN = 160
const RECORD = 128
const MOST_DEPTH = 10_000

/** Whether trees of these rules are grown by one call of a kernel: random thresholds on few features of each node. */
export const growsAtOnce = (rules: GrowthRules, { layout }: BinnedMatrix): boolean =>
  rules.order === 'depth' &&
  rules.randomThresholds &&
  rules.nodeFeatures > 0 &&
  rules.maxLeaves === Infinity &&
  rules.gamma === 0 &&
  rules.alpha === 0 &&
  rules.minChildWeight === 0 &&
  layout.groups.length === 0

/** Extremely randomised trees (Geurts, Ernst & Wehenkel 2006). Its buffers serve all of them. */
export class RandomTrees {
  private readonly arena: Arena
  private readonly matrix: BinnedMatrix
  private readonly gradients: Pointer
  private readonly classes: ClassCounts | undefined
  private readonly mostLeaves: number
  private readonly pool: Pointer
  private readonly total: Pointer
  private readonly work: Pointer
  private readonly nodes: Pointer
  private readonly leaves: Pointer
  private readonly values: Pointer

  constructor(
    arena: Arena,
    matrix: BinnedMatrix,
    gradients: Pointer,
    { classes, rules }: { readonly classes: ClassCounts | undefined; readonly rules: GrowthRules },
  ) {
    this.arena = arena
    this.matrix = matrix
    this.gradients = gradients
    this.classes = classes
    this.mostLeaves = Math.max(1, Math.floor(matrix.rows / Math.max(1, rules.minRows)))
    const width = classes?.classes ?? 1
    this.pool = arena.allocate(4 * matrix.layout.features.length)
    this.total = arena.allocate(RECORD)
    this.work = arena.allocate(32 * width + 64 + OPEN * (depthOf(rules) + 2))
    this.nodes = arena.allocate(NODE * this.mostLeaves)
    this.leaves = arena.allocate(8 * this.mostLeaves)
    this.values = arena.allocate(8 * width * this.mostLeaves)
  }

  /** One tree on the first `n` of `rows`, which are put in the order of its leaves; `spare` is room for as many. */
  grow(
    rows: Pointer,
    spare: Pointer,
    n: number,
    { features, rng, scales, rules }: { readonly features: Int32Array; readonly rng: Rng; readonly scales: Scales; readonly rules: GrowthRules }, // prettier-ignore
  ): GrownTree {
    const { arena, matrix, classes, pool, total, work, nodes, leaves, values } = this
    const { kernels } = arena
    arena.i32(pool, features.length).set(features)
    if (classes) classes.prepare()
    else kernels.sumRows(rows, n, this.gradients, total)
    const drawn = Math.min(rules.nodeFeatures, features.length)
    const lambda = rules.lambda * scales.h + 1 // + 1: one unit of the fixed point, so that no denominator is 0
    const seed = rng.int(0x100000000)
    const count = kernels.growRandomTree(matrix.blocks, matrix.rows, matrix.layout.dense, matrix.table, matrix.centres, pool, features.length, drawn, rows, n, spare, classes?.labels ?? this.gradients, classes?.classes ?? 0, total, rules.minRows, depthOf(rules), lambda, scales.h / scales.g, seed, work, nodes, leaves, values) // prettier-ignore
    return this.read(count, scales.h / (scales.g * scales.g))
  }

  private read(leafCount: number, gainUnit: number): GrownTree {
    const { arena, classes, nodes, leaves, values } = this
    const tree = emptyTree()
    const { words, numbers } = arena
    for (let node = 0; node < leafCount - 1; node++) {
      const at = (nodes + NODE * node) / 4
      tree.feature.push(words[at]!)
      tree.bin.push(words[at + 1]!)
      tree.missingLeft.push(words[at + 2]!)
      tree.left.push(words[at + 3]!)
      tree.right.push(words[at + 4]!)
      tree.gain.push(numbers[(at + 6) / 2]! * (classes ? 1 : gainUnit))
    }
    for (let leaf = 0; leaf < leafCount; leaf++) {
      tree.begins.push(words[leaves / 4 + 2 * leaf]!)
      tree.counts.push(words[leaves / 4 + 2 * leaf + 1]!)
    }
    const width = classes?.classes ?? 1
    for (let i = 0; i < leafCount * width; i++) tree.values.push(numbers[values / 8 + i]!)
    return tree
  }
}

const depthOf = ({ maxDepth }: GrowthRules): number => Math.min(maxDepth, MOST_DEPTH)
