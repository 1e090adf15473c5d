import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { BinnedMatrix } from './matrix.ts'
import type { Selection } from './selection.ts'

const POOL_BYTES = 384e6
const SCRATCH_BYTES = 2048 * 16 // expanded gradients of one tile of rows

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

  constructor(arena: Arena, matrix: BinnedMatrix, gradients: Pointer, wanted: number) {
    const { features, entries } = matrix.layout
    this.arena = arena
    this.matrix = matrix
    this.gradients = gradients
    // Four i32 per feature: first entry, value bins, 1 (a missing bin follows), default bin or −1.
    this.table = arena.put(
      Int32Array.from(
        features.flatMap(({ valueBins, defaultBin }, f) => [entries[f]!, valueBins, 1, defaultBin]),
      ),
    )
    this.scratch = arena.allocate(SCRATCH_BYTES)
    this.slotBytes = 16 * Math.max(1, entries[features.length]!)
    const slots = Math.max(3, Math.min(wanted, Math.floor(POOL_BYTES / this.slotBytes)))
    this.pool = arena.allocate(this.slotBytes * slots)
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
      kernels.histogramDense(matrix.blocks, matrix.rows, units, unitCount, rows, count, gradients, histogram, scratch) // prettier-ignore
    }
    for (const g of groups) {
      const { starts, entries } = matrix.groups[g]!
      const { entry } = matrix.layout.groups[g]!
      kernels.histogramSparse(starts, entries, entry, rows, count, gradients, histogram)
    }
    if (groups.length > 0) kernels.fillDefaults(table, list, selected, record, histogram)
  }

  /** parent −= child: what is left is the sibling's. */
  subtract(parent: number, child: number, { list, count }: Selection): void {
    this.arena.kernels.subtractHistogram(this.table, list, count, this.at(parent), this.at(child))
  }

  /** Writes the best split into the record. Everything in the kernels' units; seed 0: exact. */
  findSplit(
    slot: number,
    { list, count }: Selection,
    record: Pointer,
    rules: {
      readonly lambda: number
      readonly alpha: number
      readonly minWeight: number
      readonly minRows: number
    },
    seed: number,
  ): void {
    const { lambda, alpha, minWeight, minRows } = rules
    this.arena.kernels.findSplit(this.table, list, count, this.at(slot), record, lambda, alpha, minWeight, minRows, seed) // prettier-ignore
  }

  /** The best of one random threshold per selected feature, from the rows alone: for few features that must all be dense. */
  findRandomSplit(
    { list, count: listed }: Selection,
    rows: Pointer,
    count: number,
    record: Pointer,
    rules: {
      readonly lambda: number
      readonly alpha: number
      readonly minWeight: number
      readonly minRows: number
    },
    seed: number,
  ): void {
    const { arena, matrix, table, gradients } = this
    const { lambda, alpha, minWeight, minRows } = rules
    arena.kernels.findRandomSplit(matrix.blocks, matrix.rows, table, list, listed, rows, count, gradients, record, lambda, alpha, minWeight, minRows, seed) // prettier-ignore
  }
}
