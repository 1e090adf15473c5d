import type { Arena, Pointer } from '../../kernels/kernels.ts'
import { FEW_ROWS, PARTS } from '../../util/judging.ts'
import type { TrainingData } from '../algorithm.ts'
import { type Loss, weightAt } from './losses.ts'
import { type BinnedMatrix, binRows } from './matrix.ts'
import type { GrownTree } from './tree.ts'
import { addVectors, leavesOf } from './vector-leaves.ts'
import { treeTable } from './walk.ts'

interface Best {
  readonly rounds: number
  readonly loss: number
}

const NONE: Best = { rounds: 0, loss: Infinity }

/** Rounds without a better validation loss that end the boosting: more where rounds are many, small or of few rows. */
export function patience(
  { task, classes, features: { rows } }: TrainingData,
  rate: number,
  bestRound: number,
): number {
  const least = rows <= 10_000 ? 150 : Math.max(20, 1.5e6 / rows)
  const pace = Math.min(1, 0.05 / rate) / (task === 'multiclass' ? Math.sqrt(classes / 2) : 1)
  return Math.max(10, Math.round(least * pace), Math.round((0.3 * bestRound + 20) * Math.sqrt(pace)))
}

/** Scores of the validation rows, brought up to date tree by tree, and after how many rounds they were best. */
export class HeldOut {
  best: Best = NONE
  /** The best of the rows but those of each part, where there are few rows. */
  without: readonly Best[] | undefined
  private readonly arena: Arena
  readonly examples: NonNullable<TrainingData['validation']>
  readonly scores: Pointer
  private readonly matrix: BinnedMatrix
  private readonly lossFunction: Loss
  /** All row numbers. */
  private readonly every: Pointer

  constructor(
    arena: Arena,
    examples: NonNullable<TrainingData['validation']>,
    like: BinnedMatrix,
    loss: Loss,
  ) {
    const { rows } = examples.features
    this.arena = arena
    this.examples = examples
    this.lossFunction = loss
    this.matrix = binRows(arena, examples.features, like.layout)
    this.every = arena.put(Int32Array.from({ length: rows }, (_, row) => row))
    this.scores = arena.allocate(4 * rows * loss.outputs)
    for (let k = 0; k < loss.outputs; k++) arena.f32(this.scores + 4 * rows * k, rows).fill(loss.base[k]!)
    if (rows <= FEW_ROWS) this.without = Array.from({ length: PARTS }, () => NONE)
  }

  add(tree: GrownTree, output: number, factor: number): void {
    const { arena, matrix } = this
    if (tree.feature.length === 0) return
    const mark = arena.mark
    const { nodes, values } = treeTable(arena, tree, matrix.layout, factor)
    const scores = this.scores + 4 * matrix.rows * output
    arena.kernels.walkBins(
      nodes,
      matrix.blocks,
      matrix.rows,
      matrix.layout.dense,
      matrix.groupTable,
      0,
      matrix.rows,
      values,
      scores,
    )
    arena.rewind(mark)
  }

  addVectors(tree: GrownTree, factor: number): void {
    const { arena, matrix, scores, every } = this
    const leafOf = leavesOf(arena, tree, { rows: every, drawn: 0 }, matrix)
    const classes = this.lossFunction.outputs
    addVectors(arena, leafOf, tree.values, factor, { scores, stride: matrix.rows, classes })
  }

  /** Mean loss of the scores as they are, after so many rounds. */
  look(rounds: number): number {
    const { target } = this.examples
    const count = this.matrix.rows
    const scores = this.arena.f32(this.scores, count * this.lossFunction.outputs)
    const lossOf = this.lossFunction.lossOf(scores, count, target)
    const sums = new Float64Array(PARTS)
    const weights = new Float64Array(PARTS)
    for (let row = 0; row < count; row++) {
      const weight = weightAt(this.examples, row)
      sums[row % PARTS]! += weight * lossOf(row)
      weights[row % PARTS]! += weight
    }
    const meanBut = (part: number) => total(sums, part) / total(weights, part)
    const better = (best: Best, loss: number) => (loss < best.loss ? { rounds, loss } : best)
    const loss = meanBut(-1)
    this.best = better(this.best, loss)
    this.without = this.without?.map((best, part) => better(best, meanBut(part)))
    return loss
  }
}

/** Of all but one. */
function total(values: Float64Array, left: number): number {
  return values.reduce((sum, value, i) => (i === left ? sum : sum + value), 0)
}
