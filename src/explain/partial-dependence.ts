import { findColumn, takeColumn, type Column, type Dataset } from '../data/dataset.ts'
import type { HeldOutPart } from './permutation.ts'

/** What a model answers on average when one column is given the same value in every row, and what for single rows. */
export interface Dependence {
  readonly name: string
  readonly kind: 'numeric' | 'datetime' | 'categorical'
  /** Numbers (milliseconds of a date), or positions in `labels`. */
  readonly grid: readonly number[]
  /** Categories of the grid; empty for numbers. */
  readonly labels: readonly string[]
  /** Numbers per answer. */
  readonly width: number
  /** Mean over the rows: grid value, then number of the answer. */
  readonly mean: Float64Array
  /** Individual conditional expectation: row, then grid value, then number of the answer. */
  readonly curves: Float64Array
  readonly rows: number
}

export interface DependenceOptions {
  readonly width: number
  /** Most values of the grid. */
  readonly points: number
}

/** Share of the rows left out at each end of a grid of numbers. */
const TAIL = 0.05

/**
 * Partial dependence (Friedman 2001, §8.2) and the curves it is the mean of (ICE: Goldstein et al. 2015) of one column over
 * held-out rows, each by the model of its part. Undefined for texts and for columns of fewer than two values.
 * Cost: grid · rows predictions.
 */
export async function partialDependence(
  parts: readonly HeldOutPart[],
  name: string,
  { width, points }: DependenceOptions,
): Promise<Dependence | undefined> {
  const grid = gridOf(
    parts.map(({ dataset }) => findColumn(dataset, name)!),
    points,
  )
  if (!grid || grid.values.length < 2) return undefined
  const rows = parts.reduce((sum, { dataset }) => sum + dataset.rows, 0)
  const size = grid.values.length
  const curves = new Float64Array(rows * size * width)
  let first = 0
  for (const { dataset, predict } of parts) {
    const found = await predict(withValues(dataset, name, grid.values))
    for (let row = 0; row < dataset.rows; row++)
      for (let at = 0; at < size; at++)
        for (let k = 0; k < width; k++)
          curves[((first + row) * size + at) * width + k] = found[(at * dataset.rows + row) * width + k]!
    first += dataset.rows
  }
  const mean = new Float64Array(size * width)
  for (let i = 0; i < curves.length; i++) mean[i % (size * width)]! += curves[i]! / rows
  return { name, kind: grid.kind, grid: grid.values, labels: grid.labels, width, mean, curves, rows }
}

interface Grid {
  readonly kind: Dependence['kind']
  readonly values: readonly number[]
  readonly labels: readonly string[]
}

function gridOf(columns: readonly Column[], points: number): Grid | undefined {
  const [first] = columns
  if (!first || first.kind === 'text') return undefined
  if (first.kind === 'categorical') return categories(columns as readonly Extract<Column, { kind: 'categorical' }>[], points) // prettier-ignore
  const { kind } = first
  const known = Float64Array.from(
    columns
      .flatMap(column => (column.kind === kind ? Array.from(column.values) : []))
      .filter(value => !Number.isNaN(value)),
  ).sort()
  const distinct = [...new Set(known)]
  if (distinct.length <= points) return { kind, values: distinct, labels: [] }
  const [low, high] = [quantile(known, TAIL), quantile(known, 1 - TAIL)]
  if (!(low < high)) return { kind, values: distinct.slice(0, points), labels: [] }
  const values = Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1))
  return { kind, values, labels: [] }
}

/** The most frequent categories, in that order; their codes are those of the first column, as parts share their dictionary. */
function categories(columns: readonly Extract<Column, { kind: 'categorical' }>[], points: number): Grid {
  const names = columns[0]!.categories
  const counts = new Float64Array(names.length)
  for (const { codes } of columns) for (const code of codes) if (code >= 0) counts[code]!++
  const values = Array.from(names.keys())
    .filter(code => counts[code]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, points)
  return { kind: 'categorical', values, labels: values.map(code => names[code]!) }
}

/** Cunnane's plotting positions (α = β = 0.4), as scikit-learn takes the ends of its grids; `sorted` has two values or more. */
function quantile(sorted: Float64Array, share: number): number {
  const at = sorted.length * share + 0.4 + 0.2 * share
  const below = Math.floor(Math.min(sorted.length - 1, Math.max(1, at)))
  const part = Math.min(1, Math.max(0, at - below))
  return (1 - part) * sorted[below - 1]! + part * sorted[below]!
}

/** The rows once for each value, with that value in the column. */
function withValues(dataset: Dataset, name: string, values: readonly number[]): Dataset {
  const { rows } = dataset
  const again = Int32Array.from({ length: rows * values.length }, (_, i) => i % rows)
  const filled = (column: Column): Column => {
    switch (column.kind) {
      case 'numeric':
      case 'datetime':
        return { ...column, values: Float64Array.from(again, (_, i) => values[Math.floor(i / rows)]!) }
      case 'categorical':
        return { ...column, codes: again.map((_, i) => values[Math.floor(i / rows)]!) }
      case 'text':
        return column
    }
  }
  return {
    name: dataset.name,
    rows: again.length,
    columns: dataset.columns.map(column =>
      column.name === name ? filled(column) : takeColumn(column, again),
    ),
  }
}
