import { findBins, MAX_VALUE_BINS } from '../algorithms/trees/bins.ts'
import type { Column, TextColumn } from '../data/dataset.ts'
import type { Arena } from '../kernels/kernels.ts'
import { withArena } from '../kernels/kernels.ts'
import { calendarPart } from '../transforms/calendar.ts'
import { hashSeed } from '../util/rng.ts'
import type { ColumnScore } from './one-column.ts'
import { scoreColumn, sumBins } from './one-column.ts'
import { scoreBoosting } from './quick-model.ts'
import type { Supervision } from './supervision.ts'
import { frequencyCodes, MANY_COLUMNS } from './supervision.ts'

/** Columns scored before other work gets a turn. */
const BREATH = 16
/** Texts take a model of many features each; the first of them are judged. */
const MAX_TEXT_COLUMNS = 20
const TEXT_ROWS = 4000
const COARSE_BINS = 64

/** Texts have no loss of one column: they are judged by a model of their words. */
export type JudgedColumn = Omit<ColumnScore, 'lossReduction'> & Partial<ColumnScore>

/** Prediction power of every column that can be judged, by name. */
export async function judgeColumns(
  columns: readonly Column[],
  supervision: Supervision,
  seed: number,
  onColumn?: (done: number) => void,
): Promise<Map<string, JudgedColumn>> {
  const scores = new Map<string, JudgedColumn>()
  let texts = 0
  for (const column of columns) {
    if (column.kind !== 'text' || texts++ >= MAX_TEXT_COLUMNS) continue
    const score = await judgeText(column, supervision, seed)
    if (score) scores.set(column.name, score)
  }
  await withArena(async arena => {
    const judge = new ColumnJudge(
      arena,
      supervision,
      seed,
      columns.length > MANY_COLUMNS ? COARSE_BINS : MAX_VALUE_BINS,
    )
    for (let j = 0; j < columns.length; j++) {
      if (j % BREATH === BREATH - 1) {
        onColumn?.(j)
        await new Promise(resolve => setImmediate(resolve))
      }
      const column = columns[j]!
      const score = column.kind === 'text' ? undefined : judge.score(column)
      if (score) scores.set(column.name, score)
    }
  })
  return scores
}

function judgeText(column: TextColumn, supervision: Supervision, seed: number) {
  return scoreBoosting([column], supervision, { seed, rounds: 50, learningRate: 0.3, maxRows: TEXT_ROWS })
}

class ColumnJudge {
  private readonly arena: Arena
  private readonly supervision: Supervision
  private readonly seed: number
  private readonly maxBins: number
  private readonly values: number
  private readonly thresholds: number
  private readonly bins: number

  constructor(arena: Arena, supervision: Supervision, seed: number, maxBins: number) {
    const rows = supervision.rows.length
    this.arena = arena
    this.supervision = supervision
    this.seed = hashSeed(seed, 'power bins')
    this.maxBins = maxBins
    this.values = arena.allocate(4 * rows)
    this.thresholds = arena.allocate(4 * 256)
    this.bins = arena.allocate(rows)
  }

  score(column: Column): ColumnScore | undefined {
    if (column.kind === 'datetime') return this.scoreMoments(column.values)
    if (column.kind === 'categorical') return this.scoreValues(frequencyCodes(column, this.supervision.rows))
    if (column.kind === 'text') return undefined
    const { rows } = this.supervision
    const { values } = column
    if (rows.length === values.length && values instanceof Float32Array) return this.scoreValues(values)
    return this.scoreValues(Float32Array.from(rows, row => values[row]!))
  }

  /** The moment itself, or a part of the calendar: whichever says most. */
  private scoreMoments(values: Float64Array): ColumnScore | undefined {
    const { rows } = this.supervision
    let first = NaN
    for (const row of rows) {
      if (values[row] === values[row]) {
        first = values[row]!
        break
      }
    }
    // Counted from the first moment, so that float32 keeps seconds.
    const readings = [
      (moment: number) => moment - first,
      ...(['month', 'weekday', 'hour'] as const).map(part => (moment: number) => calendarPart(part, moment)),
    ]
    return readings
      .map(read => this.scoreValues(Float32Array.from(rows, row => read(values[row]!))))
      .filter(score => score !== undefined)
      .sort((a, b) => b.power - a.power)[0]
  }

  private scoreValues(values: Float32Array): ColumnScore | undefined {
    const { arena, supervision } = this
    const { target, partOf, parts, folds } = supervision
    const features = { rows: values.length, columns: [{ kind: 'dense' as const, name: '', values }] }
    const [found] = findBins(features, this.seed, this.maxBins)
    if (!found) return undefined
    arena.f32(this.values, values.length).set(values)
    arena.f32(this.thresholds, 256).fill(Infinity).set(found.thresholds)
    arena.kernels.binColumn(this.values, values.length, this.thresholds, found.valueBins, this.bins)
    const shape = { bins: found.valueBins + 1, parts }
    const known = { task: target.task, values: target.values, classes: target.classes.length }
    return scoreColumn(sumBins(arena.u8(this.bins, values.length), known, partOf, shape), folds)
  }
}
