import { denseValues, type Features } from '../../data/features.ts'
import type { Network } from '../../onnx/network.ts'
import { createRng, hashSeed } from '../../util/rng.ts'
import type { Examples, TrainingData } from '../algorithm.ts'

/** Share of the rows set aside to stop in time when no validation rows are given: fewer of a large table. */
const holdoutRows = (rows: number) =>
  Math.ceil(
    rows *
      (rows < 5000 ? Math.max(0.1, Math.min(0.2, 500 / rows)) : Math.max(0.01, Math.min(0.1, 2500 / rows))),
  )

const MIN_ROWS_TO_SPLIT = 40 // fewer rows cannot spare any

export interface Split {
  readonly training: { readonly examples: Examples; readonly rows: Int32Array }
  readonly validation?: { readonly examples: Examples; readonly rows: Int32Array }
}

/** Which rows to learn from and which to stop on; every class keeps about its share on both sides. */
export function splitForStopping(data: TrainingData, seed: number): Split {
  const { rows } = data.features
  const all = Int32Array.from({ length: rows }, (_, row) => row)
  if (data.validation) {
    const held = data.validation.features.rows
    return {
      training: { examples: data, rows: all },
      validation: { examples: data.validation, rows: Int32Array.from({ length: held }, (_, row) => row) },
    }
  }
  if (rows < MIN_ROWS_TO_SPLIT) return { training: { examples: data, rows: all } }
  createRng(hashSeed(seed, 'holdout')).shuffle(all)
  // Sorted by class, every k-th row is held out; within a class the order stays random. Array.sort is stable.
  if (data.task !== 'regression') {
    const ordered = Array.from(all).sort((a, b) => data.target[a]! - data.target[b]!)
    all.set(ordered)
  }
  const share = holdoutRows(rows) / rows
  const isHeld = (i: number) => Math.floor((i + 1) * share) > Math.floor(i * share)
  return {
    training: { examples: data, rows: all.filter((_, i) => !isHeld(i)) },
    validation: { examples: data, rows: all.filter((_, i) => isHeld(i)) },
  }
}

/** Mean and spread of the target over some rows; the net predicts in these units. */
export function targetUnits(
  target: Float64Array,
  rows: Int32Array,
): { readonly mean: number; readonly scale: number } {
  let mean = 0
  let squares = 0
  for (const row of rows) mean += target[row]! / rows.length
  for (const row of rows) squares += (target[row]! - mean) ** 2 / rows.length
  return { mean, scale: Math.sqrt(squares) || 1 }
}

/** Mean 0 and deviation 1 for each of some features; a constant one becomes 0. */
export function standardScales(features: Features, numeric: Int32Array): Pick<Network, 'scale' | 'shift'> {
  const scale = new Float32Array(numeric.length)
  const shift = new Float32Array(numeric.length)
  for (const [position, j] of numeric.entries()) {
    const values = denseValues(features.columns[j]!, features.rows)
    let mean = 0
    let squares = 0
    for (const value of values) mean += value
    mean /= values.length
    for (const value of values) squares += (value - mean) ** 2
    const deviation = Math.sqrt(squares / values.length)
    if (!(deviation > 1e-7 * Math.abs(mean))) continue
    scale[position] = 1 / deviation
    shift[position] = -mean / deviation
  }
  return { scale, shift }
}

/** Median 0 and distance of the quartiles 1; where the quartiles are equal the range becomes 2, and a constant 0. */
export function robustScales(features: Features, numeric: Int32Array): Pick<Network, 'scale' | 'shift'> {
  const scale = new Float32Array(numeric.length)
  const shift = new Float32Array(numeric.length)
  for (const [position, j] of numeric.entries()) {
    const values = Float32Array.from(denseValues(features.columns[j]!, features.rows)).sort()
    const at = (share: number) => values[Math.round(share * (values.length - 1))]!
    const width = at(0.75) - at(0.25) || (at(1) - at(0)) / 2
    if (!(width > 1e-7 * Math.abs(at(0.5)))) continue
    scale[position] = 1 / width
    shift[position] = -at(0.5) / width
  }
  return { scale, shift }
}

/** All pixels alike: the smallest value becomes 0, as the zeros around the image are, and the largest 1. */
export function pixelScales({ columns }: Features): Pick<Network, 'scale' | 'shift'> {
  let low = Infinity
  let high = -Infinity
  for (const column of columns) {
    if (column.kind === 'sparse') [low, high] = [Math.min(low, 0), Math.max(high, 0)]
    for (const value of column.values) {
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  const scale = high > low ? 1 / (high - low) : 0
  return {
    scale: new Float32Array(columns.length).fill(scale),
    shift: new Float32Array(columns.length).fill(scale * -low || 0),
  }
}
