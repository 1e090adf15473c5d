import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { BinnedMatrix } from './matrix.ts'
import type { Selection } from './selection.ts'

const POOL_BYTES = 384e6
const SCRATCH_BYTES = 1024 * 32 // widened gradients and turned bins of one tile of rows

/** What limits and weighs a split, in the units of the kernels' sums. */
export interface RawRules {
  readonly lambda: number
  readonly alpha: number
  readonly minWeight: number
  readonly minRows: number
}

/** Histograms of nodes in a pool of equal slots. */
export class Histograms {
  private readonly arena: Arena
  private readonly matrix: BinnedMatrix
  private readonly gradients: Pointer
  private readonly table: Pointer
  private readonly scratch: Pointer
  private readonly pool: Pointer
  private readonly slotBytes: number
  private readonly free: number[]
  /** Slots, taken or free. */
  readonly capacity: number

  /** i8 per feature: 1 or −1 where the prediction may only rise or fall; 0: none. */
  private readonly directions: Pointer

  constructor(
    arena: Arena,
    matrix: BinnedMatrix,
    gradients: Pointer,
    wanted: number,
    directions?: Int8Array,
  ) {
    const { features, entries } = matrix.layout
    this.arena = arena
    this.matrix = matrix
    this.gradients = gradients
    this.table = matrix.table
    this.directions = directions ? arena.put(directions) : 0
    this.scratch = arena.allocate(SCRATCH_BYTES)
    this.slotBytes = 16 * Math.max(1, entries[features.length]!)
    const slots = Math.max(3, Math.min(wanted, Math.floor(POOL_BYTES / this.slotBytes)))
    this.pool = arena.allocate(this.slotBytes * slots)
    this.capacity = slots
    this.free = Array.from({ length: slots }, (_, i) => slots - 1 - i)
  }

  /** A free slot, or undefined when all are in use. */
  take(): number | undefined {
    return this.free.pop()
  }

  release(slot: number): void {
    if (slot >= 0) this.free.push(slot)
  }

  private at(slot: number): Pointer {
    return this.pool + slot * this.slotBytes
  }

  /** Sums the gradients of `count` rows (0 for `rows`: the first `count` of all) into a slot. The record holds their total. */
  build(
    slot: number,
    { list, count: selected, units, unitCount, groups }: Selection,
    rows: Pointer,
    count: number,
    record: Pointer,
  ): void {
    const { matrix, gradients, table, scratch } = this
    const { kernels } = this.arena
    const histogram = this.at(slot)
    kernels.clearHistogram(table, list, selected, histogram)
    if (unitCount > 0) {
      kernels.histogramDense(matrix.blocks, units, unitCount, rows, count, gradients, histogram, scratch) // prettier-ignore
    }
    for (const g of groups) {
      const { starts, entries } = matrix.groups[g]!
      const { entry } = matrix.layout.groups[g]!
      kernels.histogramSparse(starts, entries, entry, rows, count, gradients, histogram)
    }
    if (groups.length > 0) kernels.fillDefaults(table, list, selected, record, histogram)
  }

  /**
   * Writes the best split into the record; returns how many features still had a possible one, listed at `alive`. With a
   * sibling's slot, that histogram is first taken off this one: what is left of the parent's is the other child's.
   */
  findSplit(
    slot: number,
    sibling: number,
    { list, count }: Selection,
    record: Pointer,
    rules: RawRules,
    seed: number,
    alive: Pointer,
  ): number {
    const { lambda, alpha, minWeight, minRows } = rules
    const other = sibling < 0 ? 0 : this.at(sibling)
    return this.arena.kernels.findSplit(this.table, list, count, this.at(slot), other, record, lambda, alpha, minWeight, minRows, seed, this.matrix.centres, this.directions, alive) // prettier-ignore
  }

  /** parent −= child: what is left is the sibling's. */
  subtract(parent: number, child: number, { list, count }: Selection): void {
    this.arena.kernels.subtractHistogram(this.table, list, count, this.at(parent), this.at(child))
  }

  /** The one question that brings most over all leaves of a level, or undefined. Gain in the kernels' units. */
  findLevelSplit(
    leaves: readonly { readonly slot: number; readonly record: Pointer }[],
    { list, count }: Selection,
    lambda: number,
  ): { gain: number; feature: number; bin: number; missingLeft: number } | undefined {
    const { arena } = this
    const mark = arena.mark
    const slots = arena.put(Uint32Array.from(leaves, ({ slot }) => this.at(slot)))
    const nodes = arena.put(Uint32Array.from(leaves, ({ record }) => record))
    const scores = arena.allocate(256 * 16)
    const best = arena.allocate(24)
    arena.kernels.findLevelSplit(this.table, list, count, slots, nodes, leaves.length, lambda, this.directions, scores, best) // prettier-ignore
    const gain = arena.numbers[best / 8]!
    const [feature, bin, missingLeft] = arena.i32(best + 8, 3) as unknown as [number, number, number]
    arena.rewind(mark)
    return feature < 0 ? undefined : { gain, feature, bin, missingLeft }
  }

  /** Writes a question into the record of a leaf, with the totals of both sides. */
  placeSplit(
    { slot, record }: { readonly slot: number; readonly record: Pointer },
    { feature, bin, missingLeft }: { readonly feature: number; readonly bin: number; readonly missingLeft: number }, // prettier-ignore
  ): void {
    this.arena.kernels.placeSplit(this.table, this.at(slot), record, feature, bin, missingLeft)
  }

  /** The best of one random threshold per selected feature, from the rows alone: for few features that must all be dense. */
  findRandomSplit(
    { list, count: listed }: Selection,
    rows: Pointer,
    count: number,
    record: Pointer,
    rules: RawRules,
    seed: number,
  ): void {
    const { arena, matrix, table, gradients } = this
    const { lambda, alpha, minWeight, minRows } = rules
    arena.kernels.findRandomSplit(matrix.blocks, matrix.rows, matrix.layout.dense, table, list, listed, rows, count, gradients, record, lambda, alpha, minWeight, minRows, seed, this.matrix.centres, this.directions) // prettier-ignore
  }
}
