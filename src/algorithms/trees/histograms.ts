import type { Arena, Pointer } from '../../kernels/kernels.ts'
import { shares } from '../../kernels/shared-kernels.ts'
import type { BinnedMatrix } from './matrix.ts'
import type { Selection } from './selection.ts'

const POOL_BYTES = 384e6
const SCRATCH_BYTES = 1024 * 32 // widened gradients and turned bins of one tile of rows
const RECORD_BYTES = 128
const SCORE = 40 // in a record, see kernels/README.md
const FOUND = [16, 80] as const // what the scan writes into a record
const SHARED_FEATURES = 64 // scanned by one thread: fewer are not worth telling another

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
  /** Of every further thread: a histogram, scratch memory and a record. */
  private readonly helpers: readonly { readonly histogram: Pointer; readonly scratch: Pointer; readonly record: Pointer }[] // prettier-ignore
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
    this.helpers = Array.from({ length: (arena.team?.size ?? 1) - 1 }, () => ({
      histogram: arena.allocate(this.slotBytes),
      scratch: arena.allocate(SCRATCH_BYTES),
      record: arena.allocate(RECORD_BYTES),
    }))
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
  build(slot: number, selection: Selection, rows: Pointer, count: number, record: Pointer): void {
    const { list, count: selected, unitCount, groups } = selection
    const { kernels } = this.arena
    const histogram = this.at(slot)
    kernels.clearHistogram(this.table, list, selected, histogram)
    if (unitCount > 0) this.sumDense(histogram, selection, rows, count)
    this.sumGroups(histogram, groups, rows, count)
    if (groups.length > 0) kernels.fillDefaults(this.table, list, selected, record, histogram)
  }

  /** Each thread sums a part of the rows; parts but the first go into histograms of their own, which are then added. */
  private sumDense(
    histogram: Pointer,
    { list, count: selected, units, unitCount }: Selection,
    rows: Pointer,
    count: number,
  ): void {
    const { matrix, gradients, scratch, table, helpers } = this
    const { kernels, team } = this.arena
    const parts = team ? shares(count, team.size) : []
    if (!team || parts.length < 2)
      return kernels.histogramDense(matrix.blocks, units, unitCount, rows, 0, count, gradients, histogram, scratch) // prettier-ignore
    const places = [{ histogram, scratch }, ...helpers]
    for (let i = 1; i < parts.length; i++) kernels.clearHistogram(table, list, selected, places[i]!.histogram)
    team.run(
      parts.map(({ first, count: own }, i) => ({
        kernel: 'histogramDense',
        args: [matrix.blocks, units, unitCount, rows === 0 ? 0 : rows + 4 * first, first, own, gradients, places[i]!.histogram, places[i]!.scratch], // prettier-ignore
      })),
    )
    for (let i = 1; i < parts.length; i++)
      kernels.addHistogram(table, list, selected, histogram, places[i]!.histogram)
  }

  /** Groups have entries of their own: threads take them side by side. */
  private sumGroups(histogram: Pointer, groups: readonly number[], rows: Pointer, count: number): void {
    const { matrix, gradients } = this
    const { kernels, team } = this.arena
    const argsOf = (g: number) => {
      const { starts, entries } = matrix.groups[g]!
      return [starts, entries, matrix.layout.groups[g]!.entry, rows, count, gradients, histogram] as const
    }
    if (!team || shares(count, team.size).length < 2) {
      for (const g of groups) kernels.histogramSparse(...argsOf(g))
      return
    }
    for (let i = 0; i < groups.length; i += team.size)
      team.run(groups.slice(i, i + team.size).map(g => ({ kernel: 'histogramSparse', args: argsOf(g) })))
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
    const { arena, table, matrix, directions } = this
    const other = sibling < 0 ? 0 : this.at(sibling)
    const scan = (first: number, n: number, node: Pointer) =>
      [table, list + 4 * first, n, this.at(slot), other, node, lambda, alpha, minWeight, minRows, seed, matrix.centres, directions, alive === 0 ? 0 : alive + 4 * first] as const // prettier-ignore
    const threads = Math.min(arena.team?.size ?? 1, Math.floor(count / SHARED_FEATURES))
    if (!arena.team || threads < 2) return arena.kernels.findSplit(...scan(0, count, record))
    const step = Math.ceil(count / threads)
    const parts = Array.from({ length: threads }, (_, i) => ({
      first: i * step,
      own: Math.min(step, count - i * step),
      node: i === 0 ? record : this.helpers[i - 1]!.record,
    }))
    const { bytes } = arena
    for (const { node } of parts.slice(1)) bytes.copyWithin(node, record, record + FOUND[0])
    const kept = arena.team.run(
      parts.map(({ first, own, node }) => ({ kernel: 'findSplit', args: scan(first, own, node) })),
    )
    return this.joinScans(record, parts, kept, alive)
  }

  /** The best of the parts' splits, the first among equals, and the features left of all. */
  private joinScans(
    record: Pointer,
    parts: readonly { readonly first: number; readonly node: Pointer }[],
    kept: readonly number[],
    alive: Pointer,
  ): number {
    const { bytes, numbers } = this.arena
    let left = kept[0]!
    for (const [i, { first, node }] of parts.entries()) {
      if (i === 0) continue
      if (numbers[(node + SCORE) / 8]! > numbers[(record + SCORE) / 8]!)
        bytes.copyWithin(record + FOUND[0], node + FOUND[0], node + FOUND[1])
      if (alive !== 0) bytes.copyWithin(alive + 4 * left, alive + 4 * first, alive + 4 * (first + kept[i]!))
      left += kept[i]!
    }
    return left
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
