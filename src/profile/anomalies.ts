import { growIsolationForest, isolationScores } from '../algorithms/trees/isolation.ts'
import type { Column } from '../data/dataset.ts'
import { takeColumn } from '../data/dataset.ts'
import type { DenseFeature, Features } from '../data/features.ts'
import { hashSeed } from '../util/rng.ts'
import { evenRows } from './even-rows.ts'
import type { Anomalies } from './profile.ts'
import { showCell } from './show.ts'

/** Rows × columns; of long tables never fewer than LEAST_SCORED rows. */
const MAX_CELLS = 2e7
const MAX_SCORED = 100_000
const LEAST_SCORED = 10_000
const LEAST_ROWS = 20
const SHOWN_ROWS = 10
const SHOWN_COLUMNS = 20

/** The rows that a few random cuts set apart from all others. Scores as scikit-learn's decision function: below 0 is unusual. `numbers`: what the rows are called, when they are a sample. */
export function findAnomalies(
  columns: readonly Column[],
  shown: readonly Column[],
  rows: number,
  seed: number,
  numbers?: Int32Array,
): Anomalies | undefined {
  if (rows < LEAST_ROWS || columns.length === 0) return undefined
  const limit = Math.max(LEAST_SCORED, Math.min(MAX_SCORED, Math.floor(MAX_CELLS / columns.length)))
  const scored = evenRows(rows, limit, hashSeed(seed, 'anomalies'))
  const features: Features = {
    rows: scored.length,
    columns: columns.map(column => toFeature(takeColumn(column, scored))),
  }
  const forest = growIsolationForest(features, hashSeed(seed, 'isolation'))
  const scores = isolationScores(forest, features).map(score => 0.5 - score)
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b)
  const visible = shown.slice(0, SHOWN_COLUMNS)
  return {
    scoredRows: scored.length,
    trees: forest.trees,
    sample: forest.sample,
    unusual: scores.reduce((sum, score) => sum + (score < 0 ? 1 : 0), 0),
    columns: visible.map(column => column.name),
    rows: order.slice(0, SHOWN_ROWS).map(at => ({
      row: numbers ? numbers[scored[at]!]! : scored[at]!,
      score: scores[at]!,
      values: visible.map(column => showCell(column, scored[at]!)),
    })),
  }
}

/** Numbers with gaps filled by the median; categories by their rarity; texts by their length. */
function toFeature(column: Column): DenseFeature {
  const { name } = column
  if (column.kind === 'numeric' || column.kind === 'datetime') {
    const fill = Float32Array.from(column.values)
    if (!fill.some(Number.isNaN)) return { kind: 'dense', name, values: fill }
    const present = fill.filter(value => value === value).sort()
    const median = present.length === 0 ? 0 : present[present.length >> 1]!
    fill.forEach((value, row) => void (value !== value && (fill[row] = median)))
    return { kind: 'dense', name, values: fill }
  }
  if (column.kind === 'categorical') {
    const counts = new Float64Array(column.categories.length + 1)
    for (const code of column.codes) counts[code < 0 ? column.categories.length : code]!++
    const rarity = counts.map(count => -Math.log(count / column.codes.length))
    const values = Float32Array.from(
      column.codes,
      code => rarity[code < 0 ? column.categories.length : code]!,
    )
    return { kind: 'dense', name, values }
  }
  const values = Float32Array.from(column.missing, (_, row) =>
    Math.log1p(column.offsets[row + 1]! - column.offsets[row]!),
  )
  return { kind: 'dense', name, values }
}
