import type { Column } from '../data/dataset.ts'
import { stringAt } from '../data/dataset.ts'
import type { ColumnProfile, HistogramBin } from '../profile/profile.ts'

/** How one column of new rows differs from the same column of the training rows. */
export interface ColumnDrift {
  readonly name: string
  readonly kind: Column['kind']
  /** Population stability index of the values that are there; below 0.1 little, above 0.25 much. */
  readonly psi?: number
  /** How far beyond chance: standard deviations of a normal distribution. */
  readonly z?: number
  readonly missing: number
  readonly missingTrain: number
  /** The same for the share of missing values. */
  readonly missingZ: number
  /** Share of values that are none of the training values, where all of those are known. */
  readonly unseen?: number
  /** Share of values outside the smallest and largest of training. */
  readonly outside?: number
}

/** Counts in cells of the training distribution, and of the new rows in the same cells. */
interface Cells {
  readonly train: readonly number[]
  readonly now: readonly number[]
}

export function compareColumn(
  profile: ColumnProfile,
  trainRows: number,
  column: Column,
  rows: number,
): ColumnDrift {
  const values = presentTexts(column) ?? presentNumbers(column)
  const missing = rows - values.length
  const cells =
    typeof values[0] === 'number'
      ? numberCells(profile, values as number[])
      : wordCells(profile, trainRows - profile.missing, values as string[])
  const difference = cells && compareCells(cells)
  const limits = profile.numeric
  return {
    name: profile.name,
    kind: column.kind,
    ...difference,
    missing: rows === 0 ? 0 : missing / rows,
    missingTrain: profile.missingFraction,
    missingZ: shareZ(missing, rows, profile.missing, trainRows),
    ...(column.kind === 'categorical' &&
      isComplete(profile) &&
      values.length > 0 && { unseen: unseenShare(profile, values as string[]) }),
    ...(column.kind === 'numeric' &&
      limits &&
      values.length > 0 && {
        outside:
          (values as number[]).filter(value => value < limits.min || value > limits.max).length /
          values.length,
      }),
  }
}

const presentNumbers = (column: Column): number[] =>
  column.kind === 'numeric' || column.kind === 'datetime'
    ? Array.from(column.values).filter(value => value === value)
    : []

function presentTexts(column: Column): string[] | undefined {
  if (column.kind !== 'categorical' && column.kind !== 'text') return undefined
  const rows = column.kind === 'categorical' ? column.codes.length : column.missing.length
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    const text = stringAt(column, row)
    if (text !== undefined) texts.push(text)
  }
  return texts
}

/** Every word of training is among the most frequent ones that were kept. */
const isComplete = ({ top, distinct }: ColumnProfile): boolean => top.length >= distinct

function unseenShare({ top }: ColumnProfile, values: readonly string[]): number {
  const known = new Set(top.map(({ value }) => value))
  return values.filter(value => !known.has(value)).length / values.length
}

/** The bins of the profile; what lies outside goes to the end bins. */
export function histogramCells(bins: readonly HistogramBin[], values: readonly number[]): Cells {
  const now = bins.map(() => 0)
  for (const value of values) {
    let bin = 0
    while (bin < bins.length - 1 && value >= bins[bin]!.to) bin++
    now[bin]!++
  }
  return { train: bins.map(({ count }) => count), now }
}

const numberCells = ({ numeric }: ColumnProfile, values: readonly number[]): Cells | undefined =>
  numeric && numeric.histogram.length > 1 ? histogramCells(numeric.histogram, values) : undefined

/** The most frequent words, and all others together. A column of rare words says nothing by them. */
function wordCells(
  { top, distinct }: ColumnProfile,
  total: number,
  values: readonly string[],
): Cells | undefined {
  const known = top.reduce((sum, { count }) => sum + count, 0)
  if (top.length === 0 || (top.length < distinct && known < 0.01 * total)) return undefined
  const places = new Map(top.map(({ value }, i) => [value, i]))
  const now = Array.from({ length: top.length + 1 }, () => 0)
  for (const value of values) now[places.get(value) ?? top.length]!++
  return { train: [...top.map(({ count }) => count), Math.max(0, total - known)], now }
}

/**
 * Population stability index with half a row in every cell, so that an empty one does not make it infinite. Times n m / (n + m) it is
 * nearly chi-squared where nothing changed, with one degree of freedom less than cells.
 */
export function compareCells({ train, now }: Cells): { psi: number; z: number } | undefined {
  const used = train.map((_, i) => i).filter(i => train[i]! + now[i]! > 0)
  const n = used.reduce((sum, i) => sum + train[i]!, 0)
  const m = used.reduce((sum, i) => sum + now[i]!, 0)
  if (n === 0 || m === 0 || used.length < 2) return undefined
  let psi = 0
  for (const i of used) {
    const p = (train[i]! + 0.5) / (n + 0.5 * used.length)
    const q = (now[i]! + 0.5) / (m + 0.5 * used.length)
    psi += (q - p) * Math.log(q / p)
  }
  return { psi, z: chiSquaredZ((psi * n * m) / (n + m), used.length - 1) }
}

/** Wilson and Hilferty 1931: the cube root of a chi-squared value is nearly normal. */
const chiSquaredZ = (value: number, freedom: number): number => {
  const spread = 2 / (9 * freedom)
  return (Math.cbrt(value / freedom) - (1 - spread)) / Math.sqrt(spread)
}

/** Two shares: how many standard errors apart, with one row of each kind added (Agresti and Caffo 2000). */
export function shareZ(a: number, n: number, b: number, m: number): number {
  const [p, q] = [(a + 1) / (n + 2), (b + 1) / (m + 2)]
  return (p - q) / Math.sqrt((p * (1 - p)) / (n + 2) + (q * (1 - q)) / (m + 2))
}
