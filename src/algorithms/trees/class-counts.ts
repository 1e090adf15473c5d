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
  readonly classes: number
  /** Pairs { i32 class, i32 weight } per row. */
  readonly labels: Pointer
  private readonly histogram: Pointer
  private readonly totals: Pointer
  private readonly sides: Pointer
  private readonly best: Pointer
  private readonly weights: Int32Array | undefined

  private readonly criterion: Criterion
  private readonly columns: Float64Array
  private readonly strides: Int32Array

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
    const places = Array.from({ length: matrix.layout.dense }, (_, f) => columnAt(matrix, f))
    this.columns = Float64Array.from(places, ({ column }) => column)
    this.strides = Int32Array.from(places, ({ stride }) => stride)
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

  /** Tells the kernels how purity is judged. */
  prepare(): void {
    this.arena.kernels.judgeClassesBy(this.criterion === 'entropy' ? 1 : 0)
  }

  /** Best split of the rows over the features, written as { f64 gain, i32 feature, bin, missingLeft }; returns the gain. */
  findSplit(features: Int32Array, rows: Pointer, count: number, minRows: number, into: Pointer): number {
    const { arena, matrix, classes, histogram, totals, sides, best } = this
    const { kernels } = arena
    this.prepare()
    kernels.sumClasses(rows, count, this.labels, classes, totals)
    const parent = this.purity()
    if (parent === undefined) return 0
    arena.numbers[best / 8] = parent + 1e-10 * Math.abs(parent)
    arena.words[best / 4 + 2] = -1
    for (let i = 0; i < features.length; i++) {
      const f = features[i]!
      const { valueBins } = matrix.layout.features[f]!
      const column = this.columns[f]!
      const stride = this.strides[f]!
      kernels.histogramClasses(column, stride, rows, count, this.labels, classes, valueBins + 1, histogram)
      kernels.findClassSplit(histogram, classes, valueBins, totals, count, f, minRows, sides, best)
    }
    if (arena.words[best / 4 + 2]! < 0) return 0
    for (let word = 0; word < 5; word++) arena.words[into / 4 + word] = arena.words[best / 4 + word]!
    const gain = arena.numbers[best / 8]! - parent
    arena.numbers[into / 8] = gain
    return gain
  }

  /** Of the node whose class weights are in `totals`, as the kernels judge its sides; undefined when one class has it all. */
  private purity(): number | undefined {
    const { numbers } = this.arena
    const first = this.totals / 8
    let sum = 0
    let squares = 0
    for (let at = first; at < first + this.classes; at++) {
      const weight = numbers[at]!
      sum += weight
      squares += weight * weight
    }
    if (squares >= sum * sum) return undefined
    if (this.criterion === 'gini') return squares / sum
    let logs = 0
    for (let at = first; at < first + this.classes; at++) {
      const weight = numbers[at]!
      if (weight > 0) logs += weight * Math.log(weight)
    }
    return logs - sum * Math.log(sum)
  }

  /** Share of each class among the rows. */
  shares(rows: Pointer, count: number): number[] {
    const { arena, classes, totals } = this
    arena.kernels.sumClasses(rows, count, this.labels, classes, totals)
    const shares: number[] = []
    let sum = 0
    for (let k = 0; k < classes; k++) {
      const weight = arena.numbers[totals / 8 + k]!
      shares.push(weight)
      sum += weight
    }
    for (let k = 0; k < classes; k++) shares[k] = sum > 0 ? shares[k]! / sum : 1 / classes
    return shares
  }
}
