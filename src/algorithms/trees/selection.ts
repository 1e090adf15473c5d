import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { BinnedMatrix } from './matrix.ts'

const UNIT_BYTES = 32

/** Features a histogram is built for, as the kernels want them. */
export interface Selection {
  /** i32 positions, ascending. */
  readonly list: Pointer
  readonly count: number
  /** The dense ones by block. */
  readonly units: Pointer
  readonly unitCount: number
  /** Sparse groups that hold at least one. */
  readonly groups: readonly number[]
}

/** A place in memory for one selection at a time. */
export class Selector {
  private readonly arena: Arena
  private readonly matrix: BinnedMatrix
  private readonly units: Pointer
  /** The features, for a kernel to write; `settle` then reads them. */
  readonly list: Pointer

  constructor(arena: Arena, matrix: BinnedMatrix) {
    const { features, dense } = matrix.layout
    this.arena = arena
    this.matrix = matrix
    this.list = arena.allocate(4 * features.length)
    this.units = arena.allocate(UNIT_BYTES * Math.ceil(dense / 4))
  }

  select(features: Int32Array): Selection {
    this.arena.i32(this.list, features.length).set(features)
    return this.settle(features.length)
  }

  /** The selection of the first `count` features in `list`. */
  settle(count: number): Selection {
    const { arena, list, units } = this
    const { layout, table, rows } = this.matrix
    const groups: number[] = []
    for (let i = count - 1; i >= 0; i--) {
      const feature = arena.words[list / 4 + i]!
      if (feature < layout.dense) break
      const group = layout.groupOf[feature - layout.dense]!
      if (groups.at(-1) !== group) groups.push(group)
    }
    const unitCount = arena.kernels.writeUnits(table, list, count, rows, layout.dense, units)
    return { list, count, units, unitCount, groups }
  }
}

/** `count` of the features, drawn without replacement, ascending. */
export const drawFeatures = (features: Int32Array, count: number, rng: Rng): Int32Array =>
  count >= features.length ? features : new FeatureDrawer(features, count).draw(rng).slice()

/** Draws `count` of the features again and again, into one array. */
export class FeatureDrawer {
  private readonly pool: Int32Array
  private readonly drawn: Int32Array
  private readonly swaps: Int32Array

  constructor(features: Int32Array, count: number) {
    const most = Math.min(count, features.length)
    this.pool = features.slice()
    this.drawn = features.slice(0, most)
    this.swaps = new Int32Array(most)
  }

  /** Ascending; the array is written again by the next draw. */
  draw(rng: Rng): Int32Array {
    const { pool, drawn, swaps } = this
    const n = drawn.length
    if (n === pool.length) return drawn
    for (let i = 0; i < n; i++) {
      const j = i + rng.int(pool.length - i)
      const item = pool[j]!
      pool[j] = pool[i]!
      pool[i] = item
      swaps[i] = j
      let at = i
      for (; at > 0 && drawn[at - 1]! > item; at--) drawn[at] = drawn[at - 1]!
      drawn[at] = item
    }
    // Undone, so that a draw depends on nothing but the numbers drawn.
    for (let i = n - 1; i >= 0; i--) {
      const j = swaps[i]!
      const item = pool[j]!
      pool[j] = pool[i]!
      pool[i] = item
    }
    return drawn
  }
}
