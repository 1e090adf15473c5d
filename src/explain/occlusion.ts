import type { Dataset, NumericColumn } from '../data/dataset.ts'
import { mixRows } from './mix-rows.ts'

export interface PictureShape {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** Pixels row after row, the channels of a pixel side by side. */
  readonly columns: readonly string[]
}

export interface OcclusionOptions {
  readonly shape: PictureShape
  /** Numbers per answer. */
  readonly width: number
  /** The number of the answer that counts for each row. */
  readonly output: readonly number[]
}

/** Side of the cover as a share of the picture; it moves by half of itself. */
const COVER = 1 / 5

/**
 * Saliency of pictures by occlusion (Zeiler & Fergus 2014, §3.3): what an answer loses when a square is covered with the mean
 * picture of `background`, per pixel the mean over the squares on it. Row by row, pixels row after row.
 * Cost: about (2 / COVER)² predictions per picture.
 */
export async function occlusionMaps(
  predict: (dataset: Dataset) => Promise<Float64Array>,
  dataset: Dataset,
  background: Dataset,
  { shape, width, output }: OcclusionOptions,
): Promise<Float64Array[]> {
  const squares = squaresOf(shape)
  const whole = await predict(dataset)
  const maps: Float64Array[] = []
  for (let row = 0; row < dataset.rows; row++) {
    const covered = coveredRows(dataset, background, row, squares, shape)
    const answers = await predict(covered)
    const sums = new Float64Array(shape.height * shape.width)
    const counts = new Float64Array(sums.length)
    const k = output[row]!
    for (const [square, pixels] of squares.entries()) {
      const loss = whole[row * width + k]! - answers[square * width + k]!
      for (const pixel of pixels) {
        sums[pixel]! += loss
        counts[pixel]!++
      }
    }
    maps.push(sums.map((sum, pixel) => sum / Math.max(1, counts[pixel]!)))
  }
  return maps
}

/** Pixels under each position of the cover. */
function squaresOf({ height, width }: PictureShape): number[][] {
  const side = Math.max(1, Math.round(COVER * Math.max(height, width)))
  const step = Math.max(1, Math.floor(side / 2))
  const starts = (size: number) => {
    const found: number[] = []
    for (let at = 0; at < size; at += step) found.push(Math.min(at, Math.max(0, size - side)))
    return [...new Set(found)]
  }
  return starts(height).flatMap(top =>
    starts(width).map(left => {
      const pixels: number[] = []
      for (let y = top; y < Math.min(height, top + side); y++)
        for (let x = left; x < Math.min(width, left + side); x++) pixels.push(y * width + x)
      return pixels
    }),
  )
}

/** One row of the table once per square, with the mean of the background under it. */
function coveredRows(
  dataset: Dataset,
  background: Dataset,
  row: number,
  squares: readonly (readonly number[])[],
  { channels, columns }: PictureShape,
): Dataset {
  const placeOf = new Map(columns.map((name, i) => [name, Math.floor(i / channels)]))
  const under = new Map<number, number[]>()
  for (const [square, pixels] of squares.entries())
    for (const pixel of pixels) under.set(pixel, [...(under.get(pixel) ?? []), square])
  const repeated = mixRows(dataset, squares.length, () => new Int32Array(squares.length).fill(row))
  return {
    ...repeated,
    columns: repeated.columns.map((column, c) => {
      const pixel = placeOf.get(column.name)
      if (pixel === undefined || column.kind !== 'numeric') return column
      const values = Float64Array.from(column.values)
      const mean = meanOf(background.columns[c] as NumericColumn)
      for (const square of under.get(pixel) ?? []) values[square] = mean
      return { ...column, values }
    }),
  }
}

function meanOf({ values }: NumericColumn): number {
  let sum = 0
  let known = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    known++
  }
  return known > 0 ? sum / known : NaN
}
