import type { Arena, Kernels, Pointer } from '../../kernels/kernels.ts'
import type { Rng } from '../../util/rng.ts'
import type { ClassCounts } from './class-counts.ts'
import { Histograms, type RawRules } from './histograms.ts'
import { growLevels } from './levels.ts'
import type { BinnedMatrix } from './matrix.ts'
import { type Bounds, clip, splitBounds, UNBOUNDED } from './bounds.ts'
import { growsAtOnce, RandomTrees } from './random-tree.ts'
import { FeatureDrawer, type Selection, Selector } from './selection.ts'
import { addLeaf, addNode, emptyTree, type GrownTree, type Hook } from './tree.ts'

/** What stops a tree, and how its splits and leaves are valued. */
export interface GrowthRules {
  /**
   * `best`: the leaf with the largest gain is split next; `depth`: every leaf, as deep as allowed; `level`: oblivious, one
   * question for all leaves of a level.
   */
  readonly order: 'best' | 'depth' | 'level'
  readonly maxLeaves: number
  readonly maxDepth: number
  /** Least gain a split must bring. */
  readonly gamma: number
  readonly lambda: number
  readonly alpha: number
  /** Least sum of hessians on either side. */
  readonly minChildWeight: number
  readonly minRows: number
  /** One random threshold per feature instead of the best one. */
  readonly randomThresholds: boolean
  /** Features drawn anew for every node; 0: all features of the tree, with histograms by subtraction. */
  readonly nodeFeatures: number
}

/** Fixed-point factors of gradients and hessians. */
export interface Scales {
  readonly g: number
  readonly h: number
}

/** A leaf that may still be split; its record in the kernels' memory holds total and best split. */
interface Open extends Hook {
  readonly begin: number
  readonly count: number
  readonly depth: number
  readonly record: Pointer
  readonly bounds: Bounds
  /** Histogram kept for its children, or −1. */
  slot: number
  /** Features some threshold could still split here, and so those its children look at. */
  features?: { readonly selector: Selector; readonly selection: Selection }
  gain: number
}

const RECORD_BYTES = 128
// Offsets in a record, see kernels/README.md.
const GAIN = 16
const FEATURE = 24
const BIN = 28
const MISSING_LEFT = 32
const TOTALS = 80

/** Grows trees over one matrix and one array of gradients. Its buffers serve all of them. */
export class Grower {
  /** Rows to grow on (i32): set the first n before `grow`, which permutes them. */
  readonly rows: Pointer
  private readonly arena: Arena
  private readonly kernels: Kernels
  private readonly matrix: BinnedMatrix
  private readonly gradients: Pointer
  private readonly histograms: Histograms
  private readonly treeSelector: Selector
  private readonly nodeSelector: Selector
  private readonly spare: Pointer
  private readonly sides: Pointer
  private readonly records: Pointer[] = []
  private readonly selectors: Selector[] = []
  private randomTrees: RandomTrees | undefined

  /** Judges splits by class counts instead of gradients. */
  readonly classes: ClassCounts | undefined
  /** By feature: 1 or −1 where the prediction may only rise or fall. */
  readonly directions: Int8Array | undefined

  constructor(
    arena: Arena,
    matrix: BinnedMatrix,
    gradients: Pointer,
    {
      slots,
      classes,
      directions,
    }: { readonly slots: number; readonly classes?: ClassCounts; readonly directions?: Int8Array },
  ) {
    this.classes = classes
    this.directions = directions
    this.arena = arena
    this.kernels = arena.kernels
    this.matrix = matrix
    this.gradients = gradients
    this.rows = arena.allocate(4 * matrix.rows)
    this.spare = arena.allocate(4 * matrix.rows)
    this.sides = arena.allocate(256)
    this.treeSelector = new Selector(arena, matrix)
    this.nodeSelector = new Selector(arena, matrix)
    this.histograms = new Histograms(arena, matrix, gradients, slots, directions)
  }

  /** One tree on the first `n` rows. Leaf values are Newton steps −G / (H + λ). */
  grow(n: number, features: Int32Array, rng: Rng, scales: Scales, rules: GrowthRules): GrownTree {
    if (rules.order === 'level') return growLevels(this, n, features, scales, rules)
    if (!this.directions && growsAtOnce(rules, this.matrix)) {
      const { arena, matrix, gradients, classes } = this
      this.randomTrees ??= new RandomTrees(arena, matrix, gradients, { classes, rules })
      return this.randomTrees.grow(this.rows, this.spare, n, { features, rng, scales, rules })
    }
    const growth = new Growth(this, features, rng, scales, rules)
    growth.run(n)
    return growth.tree
  }

  /** @internal */
  readonly parts = () => ({
    arena: this.arena,
    kernels: this.kernels,
    matrix: this.matrix,
    histograms: this.histograms,
    treeSelector: this.treeSelector,
    nodeSelector: this.nodeSelector,
  })

  takeRecord(): Pointer {
    return this.records.pop() ?? this.arena.allocate(RECORD_BYTES)
  }

  releaseRecord(record: Pointer): void {
    this.records.push(record)
  }

  takeSelector(): Selector {
    return this.selectors.pop() ?? new Selector(this.arena, this.matrix)
  }

  releaseSelector(selector: Selector | undefined): void {
    if (selector) this.selectors.push(selector)
  }

  rootTotal(n: number, record: Pointer): void {
    if (this.classes) return
    this.kernels.sumRows(n === this.matrix.rows ? 0 : this.rows, n, this.gradients, record)
    this.kernels.readTotals(record)
  }

  /** Puts the rows of a node that go left before those that go right; returns how many do. */
  partition(record: Pointer, begin: number, count: number): number {
    const { arena, kernels, matrix, sides, spare } = this
    const { layout } = matrix
    const feature = arena.words[(record + FEATURE) / 4]!
    const bins = layout.features[feature]!
    const { bytes } = arena
    const firstRight = sides + arena.words[(record + BIN) / 4]! + 1
    bytes.fill(1, sides, firstRight)
    bytes.fill(0, firstRight, sides + 256)
    bytes[sides + bins.valueBins] = arena.words[(record + MISSING_LEFT) / 4]!
    const rows = this.rows + 4 * begin
    if (feature < layout.dense) {
      const column = matrix.columns + feature * matrix.rows
      return kernels.partitionDense(column, sides, rows, count, spare)
    }
    const g = layout.groupOf[feature - layout.dense]!
    const { starts, entries } = matrix.groups[g]!
    const low = layout.entries[feature]! - layout.groups[g]!.entry
    const high = low + bins.valueBins + 1
    return kernels.partitionSparse(starts, entries, low, high, bins.defaultBin, sides, rows, count, spare)
  }
}

/** The growing of one tree. */
class Growth {
  readonly tree = emptyTree()
  private readonly grower: Grower
  private readonly arena: Arena
  private readonly histograms: Histograms
  private readonly features: Int32Array
  private readonly drawer: FeatureDrawer
  private readonly nodeSelector: Selector
  private readonly matrixRows: number
  private readonly rng: Rng
  private readonly rules: GrowthRules
  private readonly raw: RawRules
  private readonly step: number
  private readonly gainUnit: number
  private readonly selection: Selection
  private readonly open: Open[] = []

  constructor(grower: Grower, features: Int32Array, rng: Rng, scales: Scales, rules: GrowthRules) {
    const { arena, matrix, histograms, treeSelector, nodeSelector } = grower.parts()
    this.grower = grower
    this.arena = arena
    this.histograms = histograms
    this.nodeSelector = nodeSelector
    this.matrixRows = matrix.rows
    this.features = features
    this.drawer = new FeatureDrawer(features, rules.nodeFeatures || features.length)
    this.rng = rng
    this.rules = rules
    this.raw = {
      lambda: rules.lambda * scales.h + 1, // + 1: one unit of the fixed point, so that no denominator is 0
      alpha: rules.alpha * scales.g,
      minWeight: rules.minChildWeight * scales.h,
      minRows: rules.minRows,
    }
    this.step = scales.h / scales.g
    this.gainUnit = scales.h / (scales.g * scales.g)
    this.selection = treeSelector.select(features)
  }

  run(n: number): void {
    const record = this.grower.takeRecord()
    this.grower.rootTotal(n, record)
    this.start(
      { begin: 0, count: n, depth: 0, record, parent: -1, right: false, bounds: UNBOUNDED, slot: -1, gain: 0 }, // prettier-ignore
      false,
      this.selection,
    )
    while (this.open.length > 0 && this.leaves < this.rules.maxLeaves) this.split(this.takeNext())
    for (const leaf of this.open.splice(0)) this.close(leaf)
  }

  private get leaves(): number {
    return this.tree.counts.length + this.open.length
  }

  private takeNext(): Open {
    const { open } = this
    // The last opened first: few histograms stay alive, and without a limit of leaves the order changes nothing.
    if (this.rules.order === 'depth') return open.pop()!
    let best = 0
    for (let i = 1; i < open.length; i++) if (open[i]!.gain > open[best]!.gain) best = i
    return open.splice(best, 1)[0]!
  }

  private split(leaf: Open): void {
    const { arena, grower, rules } = this
    const { record, begin, count } = leaf
    const leftCount = grower.partition(record, begin, count)
    const at = record / 4
    const parent = addNode(this.tree, leaf, {
      feature: arena.words[at + FEATURE / 4]!,
      bin: arena.words[at + BIN / 4]!,
      missingLeft: arena.words[at + MISSING_LEFT / 4]!,
      gain: leaf.gain,
    })
    const last = this.leaves + 2 >= rules.maxLeaves
    const records = [grower.takeRecord(), grower.takeRecord()] as const
    if (!grower.classes)
      for (const side of [0, 1] as const) arena.kernels.adoptTotal(record, records[side], side)
    const direction = grower.directions?.[arena.words[at + FEATURE / 4]!] ?? 0
    const bounds = direction
      ? splitBounds(leaf.bounds, direction, () => this.stepOf(records[0]), () => this.stepOf(records[1])) // prettier-ignore
      : ([leaf.bounds, leaf.bounds] as const)
    const depth = leaf.depth + 1
    const children = [
      { begin, count: leftCount, depth, record: records[0], bounds: bounds[0], parent, right: false, slot: -1, gain: 0 }, // prettier-ignore
      { begin: begin + leftCount, count: count - leftCount, depth, record: records[1], bounds: bounds[1], parent, right: true, slot: -1, gain: 0 }, // prettier-ignore
    ] as const satisfies readonly Open[]
    grower.releaseRecord(record)
    const [small, large] = children[0].count <= children[1].count ? children : [children[1], children[0]]
    const { selection = this.selection } = leaf.features ?? {}
    if (leaf.slot >= 0 && !last && this.mayGrow(large)) {
      this.startFromParent(small, large, leaf.slot, selection)
    } else {
      this.histograms.release(leaf.slot)
      this.start(children[0], last, selection)
      this.start(children[1], last, selection)
    }
    grower.releaseSelector(leaf.features?.selector)
  }

  private mayGrow({ count, depth }: Open): boolean {
    const { minRows, maxDepth } = this.rules
    return count >= 2 * Math.max(1, minRows) && depth < maxDepth && this.features.length > 0
  }

  /** Opens a leaf by a histogram of its own rows. */
  private start(leaf: Open, last: boolean, inherited: Selection): void {
    if (last || !this.mayGrow(leaf)) return this.close(leaf)
    const { nodeFeatures } = this.rules
    const { classes, rows } = this.grower
    const features = nodeFeatures === 0 ? this.features : this.drawer.draw(this.rng)
    if (classes) {
      leaf.gain = classes.findSplit(features, rows + 4 * leaf.begin, leaf.count, this.rules.minRows, leaf.record + GAIN) // prettier-ignore
      return this.settle(leaf)
    }
    const selection = nodeFeatures === 0 ? inherited : this.nodeSelector.select(features)
    if (this.rules.randomThresholds && nodeFeatures > 0 && selection.groups.length === 0) {
      this.histograms.findRandomSplit(selection, rows + 4 * leaf.begin, leaf.count, leaf.record, this.raw, this.seed()) // prettier-ignore
      leaf.gain = this.arena.numbers[(leaf.record + GAIN) / 8]! * this.gainUnit
      return this.settle(leaf)
    }
    leaf.slot = this.takeSlot()
    this.build(leaf, leaf.slot, selection)
    this.search(leaf, -1, selection)
    if (nodeFeatures > 0) {
      this.histograms.release(leaf.slot)
      leaf.slot = -1
    }
    this.settle(leaf)
  }

  /** Builds the smaller child only; the larger one is what it leaves of the parent's histogram. */
  private startFromParent(small: Open, large: Open, parentSlot: number, selection: Selection): void {
    const slot = this.takeSlot()
    this.build(small, slot, selection)
    large.slot = parentSlot
    this.search(large, slot, selection)
    if (this.mayGrow(small)) {
      small.slot = slot
      this.search(small, -1, selection)
      this.settle(small)
    } else {
      this.histograms.release(slot)
      this.close(small)
    }
    this.settle(large)
  }

  private build({ begin, count, record }: Open, slot: number, selection: Selection): void {
    const rows = count === this.matrixRows ? 0 : this.grower.rows + 4 * begin
    this.histograms.build(slot, selection, rows, count, record)
  }

  private search(leaf: Open, siblingSlot: number, selection: Selection): void {
    const { histograms, grower, raw } = this
    const narrowing = this.rules.nodeFeatures === 0
    const selector = narrowing ? grower.takeSelector() : undefined
    const alive = histograms.findSplit(leaf.slot, siblingSlot, selection, leaf.record, raw, this.seed(), selector?.list ?? 0) // prettier-ignore
    if (selector) leaf.features = { selector, selection: selector.settle(alive) }
    leaf.gain = this.arena.numbers[(leaf.record + GAIN) / 8]! * this.gainUnit
  }

  /** Of the random thresholds of one node; 0 asks for the best ones. */
  private seed(): number {
    return this.rules.randomThresholds ? 1 + this.rng.int(0xfffffffe) : 0
  }

  private settle(leaf: Open): void {
    if (leaf.gain > this.rules.gamma) this.open.push(leaf)
    else this.close(leaf)
  }

  private close(leaf: Open): void {
    addLeaf(this.tree, leaf, leaf.begin, leaf.count, this.leafValues(leaf))
    this.grower.releaseRecord(leaf.record)
    this.grower.releaseSelector(leaf.features?.selector)
    this.histograms.release(leaf.slot)
  }

  private leafValues(leaf: Open): readonly number[] {
    const { classes, rows } = this.grower
    if (classes) return classes.shares(rows + 4 * leaf.begin, leaf.count)
    return [clip(this.stepOf(leaf.record), leaf.bounds)]
  }

  /** The Newton step of a node. */
  private stepOf(record: Pointer): number {
    const at = (record + TOTALS) / 8
    const g = this.arena.numbers[at]!
    const { alpha, lambda } = this.raw
    const shrunk = g > alpha ? g - alpha : g < -alpha ? g + alpha : 0
    return (-shrunk / (this.arena.numbers[at + 1]! + lambda)) * this.step
  }

  /** A free slot; when there is none, the least promising open leaf gives up its own. */
  private takeSlot(): number {
    const free = this.histograms.take()
    if (free !== undefined) return free
    let victim: Open | undefined
    for (const leaf of this.open) if (leaf.slot >= 0 && (!victim || leaf.gain < victim.gain)) victim = leaf
    const { slot } = victim!
    victim!.slot = -1
    return slot
  }
}
