import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { Examples } from '../algorithm.ts'
import type { Scales } from './grower.ts'
import { scalesFor } from './losses.ts'
import type { BinnedMatrix } from './matrix.ts'
import type { GrownTree } from './tree.ts'
import { treeTable } from './walk.ts'

/**
 * One tree for all classes of a round, each leaf a vector of steps. Splits are sought along one random direction of the classes'
 * gradients (random projection sketch: Iosipoi & Vakhrushev 2022, §3.3), with the curvature along that direction; leaf values are
 * the Newton steps of every class. A round then costs one tree, whatever the number of classes.
 */
export class VectorLeaves {
  private readonly arena: Arena
  private readonly rows: number
  private readonly classes: number
  private readonly stride: number
  private readonly target: Pointer
  private readonly weights: Pointer
  /** Of every class, one after the other. */
  private readonly g: Pointer
  private readonly h: Pointer
  /** Four arrays of one number per row. */
  private readonly scratch: Pointer

  constructor(
    arena: Arena,
    { target, weights }: Pick<Examples, 'target' | 'weights'>,
    { classes, stride }: { readonly classes: number; readonly stride: number },
  ) {
    const put = (values: Float64Array): Pointer => {
      const at = arena.allocate(4 * stride)
      arena.f32(at, stride).fill(0).set(values)
      return at
    }
    this.arena = arena
    this.rows = target.length
    this.classes = classes
    this.stride = stride
    this.target = put(target)
    this.weights = weights ? put(weights) : 0
    this.g = arena.allocate(4 * stride * classes)
    this.h = arena.allocate(4 * stride * classes)
    this.scratch = arena.allocate(16 * stride)
  }

  /** Gradients of softmax at these scores along one random direction, written as pairs; returns their fixed-point factors. */
  project(scores: Pointer, rng: Rng, into: Pointer): Scales {
    const { kernels } = this.arena
    const { stride } = this
    const { alongG, alongH } = this.findGradients(
      scores,
      Float32Array.from({ length: this.classes }, () => rng.normal()),
    )
    const scales = scalesFor(
      this.rows,
      Math.max(1e-30, kernels.largestOf(alongG, stride)),
      Math.max(1e-30, kernels.largestOf(alongH, stride)),
    )
    kernels.storeGradients(alongG, alongH, stride, scales.g, scales.h, into)
    return scales
  }

  /** Gradients of every class for `steps`, and their sums along a direction. */
  findGradients(
    scores: Pointer,
    direction = new Float32Array(this.classes),
  ): { readonly alongG: Pointer; readonly alongH: Pointer } {
    const { arena, classes, stride, target, weights, g, h, scratch } = this
    const { kernels } = arena
    const [peak, total, alongG, alongH] = [0, 1, 2, 3].map(i => scratch + 4 * stride * i) as [Pointer, Pointer, Pointer, Pointer] // prettier-ignore
    const mark = arena.mark
    const along = arena.put(direction)
    kernels.softmaxTotals(scores, stride, classes, stride, peak, total)
    kernels.sketchGradients(scores, target, weights, stride, classes, along, peak, total, g, h, alongG, alongH) // prettier-ignore
    arena.rewind(mark)
    return { alongG, alongH }
  }

  /** Newton steps −T(G) / (H + λ) of every class in every leaf, over all rows. */
  steps(leafOf: Int32Array, leaves: number, lambda: number, alpha: number): number[] {
    const { arena, classes, stride, rows, g, h } = this
    const mark = arena.mark
    const numbers = arena.put(leafOf)
    const sums = arena.allocate(16 * leaves * classes)
    arena.clear(sums, 16 * leaves * classes)
    arena.kernels.sumByLeaf(numbers, rows, g, h, stride, classes, sums)
    const found = arena.f64(sums, 2 * leaves * classes)
    const steps = Array.from({ length: leaves * classes }, (_, i) => {
      const slope = found[2 * i]!
      const shrunk = slope > alpha ? slope - alpha : slope < -alpha ? slope + alpha : 0
      return -shrunk / (found[2 * i + 1]! + lambda + 1e-9)
    })
    arena.rewind(mark)
    return steps
  }
}

/** The leaf of every row of a grown tree: of the first `drawn` in `rows` by their place, of the others by a walk. */
export function leavesOf(
  arena: Arena,
  tree: GrownTree,
  { rows, drawn }: { readonly rows: Pointer; readonly drawn: number },
  matrix: BinnedMatrix,
): Int32Array {
  const leafOf = new Int32Array(matrix.rows)
  const order = arena.i32(rows, matrix.rows)
  const placed = drawn > 0 ? tree.counts.length : 0
  for (let leaf = 0; leaf < placed; leaf++) {
    const begin = tree.begins[leaf]!
    for (let i = begin; i < begin + tree.counts[leaf]!; i++) leafOf[order[i]!] = leaf
  }
  if (drawn === matrix.rows || tree.feature.length === 0) return leafOf
  const mark = arena.mark
  const numbers = arena.allocate(4 * matrix.rows)
  arena.clear(numbers, 4 * matrix.rows)
  const numbered = { ...tree, values: tree.counts.map((_, leaf) => leaf) }
  const { nodes, values } = treeTable(arena, numbered, matrix.layout, 1)
  arena.kernels.walkBins(nodes, matrix.blocks, matrix.rows, matrix.layout.dense, matrix.groupTable, rows + 4 * drawn, matrix.rows - drawn, values, numbers) // prettier-ignore
  const found = arena.f32(numbers, matrix.rows)
  const rest = arena.i32(rows, matrix.rows)
  for (let i = drawn; i < matrix.rows; i++) leafOf[rest[i]!] = found[rest[i]!]!
  arena.rewind(mark)
  return leafOf
}

/** Scores of every class (`stride` rows apart) += factor · value of the row's leaf. */
export function addVectors(
  arena: Arena,
  leafOf: Int32Array,
  values: readonly number[],
  factor: number,
  {
    scores,
    stride,
    classes,
  }: { readonly scores: Pointer; readonly stride: number; readonly classes: number },
): void {
  const mark = arena.mark
  const numbers = arena.put(leafOf)
  const steps = arena.put(Float32Array.from(values, value => factor * value))
  arena.kernels.addByLeaf(numbers, leafOf.length, steps, stride, classes, scores)
  arena.rewind(mark)
}
