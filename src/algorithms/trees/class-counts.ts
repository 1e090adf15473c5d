import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { Examples } from '../algorithm.ts'
import { type BinnedMatrix, columnAt } from './matrix.ts'

const WEIGHT_UNIT = 256 // fixed-point steps of the mean sample weight

/** How pure a node is: Gini, or entropy. */
export type Criterion = 'gini' | 'entropy'

/** Purity of nodes by class weights, for trees whose leaves hold a share of every class. Dense features only. */
export class ClassCounts {
  private readonly arena: Arena
  private readonly matrix: BinnedMatrix
  private readonly classes: number
  private readonly labels: Pointer
  private readonly histogram: Pointer
  private readonly totals: Pointer
  private readonly sides: Pointer
  private readonly best: Pointer
  private readonly weights: Int32Array | undefined

  private readonly criterion: Criterion

  constructor(
    arena: Arena,
    matrix: BinnedMatrix,
    { target, weights }: Examples,
    classes: number,
    criterion: Criterion = 'gini',
  ) {
    this.criterion = criterion
    this.arena = arena
    this.matrix = matrix
    this.classes = classes
    this.labels = arena.allocate(8 * matrix.rows)
    this.histogram = arena.allocate(4 * (classes + 1) * 256)
    this.totals = arena.allocate(8 * classes)
    this.sides = arena.allocate(16 * classes)
    this.best = arena.allocate(24)
    if (weights) {
      const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
      this.weights = Int32Array.from(weights, weight => Math.round((weight / mean) * WEIGHT_UNIT))
    }
    const labels = arena.i32(this.labels, 2 * matrix.rows)
    for (let row = 0; row < matrix.rows; row++) labels[2 * row] = target[row]!
  }

  /** How often each row was drawn for the next tree. */
  draw(times: Uint8Array): void {
    const labels = this.arena.i32(this.labels, 2 * this.matrix.rows)
    for (let row = 0; row < times.length; row++) {
      labels[2 * row + 1] = times[row]! * (this.weights ? this.weights[row]! : 1)
    }
  }

  /** Best split of the rows over the features, written as { f64 gain, i32 feature, bin, missingLeft }; returns the gain. */
  findSplit(
    features: Int32Array,
    rows: Pointer,
    count: number,
    minRows: number,
    seed: number,
    into: Pointer,
  ): number {
    const { arena, matrix, classes, histogram, totals, sides, best } = this
    const { kernels } = arena
    kernels.judgeClassesBy(this.criterion === 'entropy' ? 1 : 0)
    kernels.sumClasses(rows, count, this.labels, classes, totals)
    const parent = this.purity(arena.f64(totals, classes))
    if (parent === undefined) return 0
    arena.numbers[best / 8] = parent + 1e-10 * Math.abs(parent)
    arena.words[best / 4 + 2] = -1
    for (let i = 0; i < features.length; i++) {
      const f = features[i]!
      const { valueBins } = matrix.layout.features[f]!
      const { column, stride } = columnAt(matrix, f)
      if (seed) {
        kernels.randomClassSplit(column, stride, rows, count, this.labels, classes, valueBins, totals, f, minRows, seed, sides, best) // prettier-ignore
        continue
      }
      kernels.histogramClasses(column, stride, rows, count, this.labels, classes, valueBins + 1, histogram)
      kernels.findClassSplit(histogram, classes, valueBins, totals, count, f, minRows, sides, best)
    }
    if (arena.words[best / 4 + 2]! < 0) return 0
    for (let word = 0; word < 5; word++) arena.words[into / 4 + word] = arena.words[best / 4 + word]!
    const gain = arena.numbers[best / 8]! - parent
    arena.numbers[into / 8] = gain
    return gain
  }

  /** Of a node with these class weights, as the kernels judge its sides; undefined when one class has it all. */
  private purity(weights: Float64Array): number | undefined {
    const sum = weights.reduce((total, weight) => total + weight, 0)
    const squares = weights.reduce((total, weight) => total + weight * weight, 0)
    if (squares >= sum * sum) return undefined
    if (this.criterion === 'gini') return squares / sum
    const logs = weights.reduce((total, weight) => total + (weight > 0 ? weight * Math.log(weight) : 0), 0)
    return logs - sum * Math.log(sum)
  }

  /** Share of each class among the rows. */
  shares(rows: Pointer, count: number): number[] {
    const { arena, classes, totals } = this
    arena.kernels.sumClasses(rows, count, this.labels, classes, totals)
    const weights = Array.from(arena.f64(totals, classes))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return sum > 0 ? weights.map(weight => weight / sum) : weights.map(() => 1 / classes)
  }
}
