import type { Arena, Pointer } from '../../kernels/kernels.ts'
import type { OutOfBagScore } from '../../models/forest.ts'
import type { TrainingData } from '../algorithm.ts'
import type { BinnedMatrix } from './matrix.ts'
import type { GrownTree } from './tree.ts'
import { treeTable } from './walk.ts'

/** Predictions of every row by the trees whose bootstrap left it out (Breiman 2001, §3.1): an honest score without a holdout. */
export class OutOfBag {
  private readonly arena: Arena
  private readonly data: TrainingData
  private readonly matrix: BinnedMatrix
  private readonly width: number
  private readonly sums: Pointer
  private readonly rows: Pointer
  private readonly votes: Int32Array

  constructor(arena: Arena, data: TrainingData, matrix: BinnedMatrix, leafWidth: number) {
    this.arena = arena
    this.data = data
    this.matrix = matrix
    this.width = leafWidth
    this.sums = arena.allocate(4 * matrix.rows * leafWidth)
    arena.clear(this.sums, 4 * matrix.rows * leafWidth)
    this.rows = arena.allocate(4 * matrix.rows)
    this.votes = new Int32Array(matrix.rows)
  }

  /** Adds what a tree says of the rows drawn 0 times for it. */
  add(tree: GrownTree, times: Uint8Array): void {
    const { arena, matrix, width, votes } = this
    const out = arena.i32(this.rows, matrix.rows)
    let n = 0
    for (let row = 0; row < times.length; row++) {
      if (times[row] !== 0) continue
      out[n++] = row
      votes[row]!++
    }
    const mark = arena.mark
    for (let k = 0; k < width; k++) {
      const values = tree.counts.map((_, leaf) => tree.values[leaf * width + k]!)
      const sums = this.sums + 4 * matrix.rows * k
      if (tree.feature.length === 0) {
        arena.kernels.addToRows(this.rows, n, values[0]!, sums)
        continue
      }
      const table = treeTable(arena, { ...tree, values }, matrix.layout, 1)
      arena.kernels.walkBins(table.nodes, matrix.blocks, matrix.rows, matrix.layout.dense, matrix.groupTable, this.rows, n, table.values, sums) // prettier-ignore
    }
    arena.rewind(mark)
  }

  /** Over the rows some tree left out. Values come back by mean + scale · score. */
  score({ mean, scale }: { readonly mean: number; readonly scale: number }): OutOfBagScore {
    const { data, matrix, votes, width } = this
    const sums = this.arena.f32(this.sums, matrix.rows * width)
    const value = (row: number, k = 0) => sums[k * matrix.rows + row]! / votes[row]!
    const shareOf = (row: number, k: number) =>
      width > 1 ? value(row, k) : k === 1 ? value(row) : 1 - value(row)
    let rows = 0
    let hits = 0
    let squares = 0
    for (let row = 0; row < matrix.rows; row++) {
      if (votes[row] === 0) continue
      rows++
      if (data.task === 'regression') squares += (mean + scale * value(row) - data.target[row]!) ** 2
      else {
        let best = 0
        for (let k = 1; k < data.classes; k++) if (shareOf(row, k) > shareOf(row, best)) best = k
        hits += best === data.target[row] ? 1 : 0
      }
    }
    return data.task === 'regression'
      ? { rows, RMSE: Math.sqrt(squares / rows) }
      : { rows, Accuracy: hits / rows }
  }
}
