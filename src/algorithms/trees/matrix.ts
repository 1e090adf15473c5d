import type { Feature, Features } from '../../data/features.ts'
import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { FeatureBins } from './bins.ts'

/** Histogram entries of one sparse group at most, so that its part of a histogram stays in the second-level cache. */
const GROUP_ENTRIES = 16_384
/** With fewer sparse features than this, one pass over row lists costs more than dense bytes. */
const MIN_SPARSE = 8

/** Sparse features stored together, row by row. */
export interface SparseGroup {
  /** First feature (as ordered in the layout) and how many. */
  readonly first: number
  readonly count: number
  /** First histogram entry of the group. */
  readonly entry: number
}

/**
 * How binned features lie in memory: dense ones first, four to a block, then the sparse ones in groups. Positions in this
 * order are what the grower calls a feature.
 */
export interface Layout {
  readonly features: readonly FeatureBins[]
  readonly dense: number
  readonly groups: readonly SparseGroup[]
  /** Group of each sparse feature, by position − dense. */
  readonly groupOf: Int32Array
  /** First histogram entry of each feature; the last item is the number of entries. */
  readonly entries: Int32Array
}

/** `sparse` false: every feature dense, for learners that look at few features per node. */
export function planLayout(found: readonly FeatureBins[], { sparse = true } = {}): Layout {
  const wantSparse = sparse && found.filter(bins => bins.defaultBin >= 0).length >= MIN_SPARSE
  const features = wantSparse
    ? [...found.filter(bins => bins.defaultBin < 0), ...found.filter(bins => bins.defaultBin >= 0)]
    : found.map(bins => ({ ...bins, defaultBin: -1 }))
  const dense = features.filter(bins => bins.defaultBin < 0).length
  const entries = new Int32Array(features.length + 1)
  for (const [f, bins] of features.entries()) entries[f + 1] = entries[f]! + bins.valueBins + 1
  const groups: SparseGroup[] = []
  const groupOf = new Int32Array(features.length - dense)
  for (let first = dense; first < features.length;) {
    let end = first + 1
    while (end < features.length && entries[end + 1]! - entries[first]! <= GROUP_ENTRIES) end++
    groupOf.fill(groups.length, first - dense, end - dense)
    groups.push({ first, count: end - first, entry: entries[first]! })
    first = end
  }
  return { features, dense, groups, groupOf, entries }
}

/** Binned rows in the kernels' memory. */
export interface BinnedMatrix {
  readonly layout: Layout
  readonly rows: number
  /** Bins of dense features, one after the other, for the partition. */
  readonly columns: Pointer
  /** The same, a line of up to 64 bytes per row. */
  readonly blocks: Pointer
  /** Row starts (u32, rows + 1) and entries (u16) of each sparse group. */
  readonly groups: readonly { readonly starts: Pointer; readonly entries: Pointer }[]
  /** The same pointers as a table for `walkBins`. */
  readonly groupTable: Pointer
  /** Four i32 per feature: first entry, value bins, 1 (a missing bin follows), default bin or −1. */
  readonly table: Pointer
  /** A float32 per histogram entry: the mean of the values in its bin. */
  readonly centres: Pointer
}

/** Bins every row of `features`, which need not be the rows the layout was planned on. */
export function binRows(arena: Arena, features: Features, layout: Layout): BinnedMatrix {
  const { rows } = features
  const last = lineOf(layout.dense - 1, layout.dense)
  const blocks = arena.allocate(rows * (last.first + last.stride) + SLACK)
  const columns = arena.allocate(rows * layout.dense)
  const groups = layout.groups.map(group => ({ starts: arena.allocate(4 * (rows + 1)), group }))
  const scratch = arena.mark
  const stage = stageFor(arena, rows)
  for (let f = 0; f < layout.dense; f++) {
    const bins = layout.features[f]!
    binInto(arena, features.columns[bins.column]!, bins, rows, stage, columns + f * rows)
  }
  arena.rewind(scratch)
  arena.kernels.layLines(columns, rows, layout.dense, blocks)
  const filled = groups.map(({ starts, group }) => ({
    starts,
    entries: fillGroup(arena, features, layout, group, starts),
  }))
  const groupTable = arena.put(Uint32Array.from(filled.flatMap(({ starts, entries }) => [starts, entries])))
  const table = putTable(arena, layout)
  return {
    layout,
    rows,
    columns,
    blocks,
    groups: filled,
    groupTable,
    table,
    centres: putCentres(arena, layout),
  }
}

const LINE = 64
const SLACK = 64 // kernels read sixteen bytes at once

/** Bytes per row of all lines before this feature's, and of its own: a line is 64 wide, the last one narrower. */
function lineOf(feature: number, dense: number): { readonly first: number; readonly stride: number } {
  const first = Math.max(0, feature - (feature % LINE))
  const bytes = Math.min(LINE, 4 * Math.ceil((dense - first) / 4))
  const power = 2 ** Math.ceil(Math.log2(Math.max(4, bytes)))
  return { first, stride: (power - bytes) * 7 <= bytes ? power : bytes }
}

/** Where a dense feature's bin of row 0 lies, and how far from one row to the next. */
export function columnAt(
  { layout, rows, blocks }: Pick<BinnedMatrix, 'layout' | 'rows' | 'blocks'>,
  feature: number,
): { readonly column: Pointer; readonly stride: number } {
  const { first, stride } = lineOf(feature, layout.dense)
  return { column: blocks + rows * first + (feature - first), stride }
}

const putTable = (arena: Arena, { features, entries }: Layout): Pointer =>
  arena.put(
    Int32Array.from(
      features.flatMap(({ valueBins, defaultBin }, f) => [entries[f]!, valueBins, 1, defaultBin]),
    ),
  )

function putCentres(arena: Arena, { features, entries }: Layout): Pointer {
  const centres = new Float32Array(entries[features.length]!)
  for (const [f, bins] of features.entries()) centres.set(bins.centres, entries[f])
  return arena.put(centres)
}

interface Stage {
  readonly values: Pointer
  readonly thresholds: Pointer
  readonly bins: Pointer
}

const stageFor = (arena: Arena, rows: number): Stage => ({
  values: arena.allocate(4 * rows),
  thresholds: arena.allocate(4 * 256),
  bins: arena.allocate(rows),
})

/** Bins of one column, a byte per row, at `out`. */
function binInto(
  arena: Arena,
  feature: Feature,
  bins: FeatureBins,
  rows: number,
  stage: Stage,
  out: Pointer,
): void {
  arena.f32(stage.thresholds, 256).fill(Infinity).set(bins.thresholds)
  const count = feature.kind === 'dense' ? rows : feature.values.length
  arena.f32(stage.values, count).set(feature.values)
  const to = feature.kind === 'dense' ? out : stage.bins
  arena.kernels.binColumn(stage.values, count, stage.thresholds, bins.valueBins, to)
  if (feature.kind === 'dense') return
  const found = arena.u8(stage.bins, count).slice()
  const column = arena.u8(out, rows).fill(binOf(0, bins.thresholds))
  for (let i = 0; i < count; i++) column[feature.index[i]!] = found[i]!
}

/** Index of the first threshold that is not below the value. */
export function binOf(value: number, thresholds: Float32Array): number {
  let low = 0
  let high = thresholds.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= thresholds[middle]!) high = middle
    else low = middle + 1
  }
  return low
}

/** Counts the entries of each row, turns counts into starts, then writes the entries; returns where they lie. */
function fillGroup(
  arena: Arena,
  features: Features,
  layout: Layout,
  group: SparseGroup,
  starts: Pointer,
): Pointer {
  const { rows } = features
  const { kernels } = arena
  const mark = arena.mark
  const counts = arena.allocate(4 * rows)
  const columns = arena.allocate(rows * group.count)
  const stage = stageFor(arena, rows)
  arena.clear(counts, 4 * rows)
  const each = (visit: (bins: FeatureBins, column: Pointer, first: number) => void): void => {
    for (let i = 0; i < group.count; i++) {
      const f = group.first + i
      visit(layout.features[f]!, columns + i * rows, layout.entries[f]! - group.entry)
    }
  }
  each((bins, column) => {
    binInto(arena, features.columns[bins.column]!, bins, rows, stage, column)
    kernels.countEntries(column, rows, bins.defaultBin, counts)
  })
  const sizes = arena.u32(counts, rows)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const kept = arena.allocate(2 * total)
  const cursors = arena.u32(counts, rows)
  const begins = arena.u32(starts, rows + 1)
  for (let row = 0, at = 0; row <= rows; row++) {
    begins[row] = at
    if (row === rows) break
    const size = cursors[row]!
    cursors[row] = at
    at += size
  }
  each((bins, column, first) => kernels.fillEntries(column, rows, bins.defaultBin, first, counts, kept))
  // The entries move down over the scratch space, which is then given back.
  arena.rewind(mark)
  const entries = arena.allocate(2 * total)
  arena.u8(entries, 2 * total).set(arena.u8(kept, 2 * total))
  return entries
}
