import type { Column, NumericColumn } from '../data/dataset.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { pearson } from './association.ts'
import type { DatasetProfile } from './profile.ts'

type Image = NonNullable<DatasetProfile['image']>

/** Smaller pictures than 8 × 8 are told from tables by their names only. */
const LEAST_PIXELS = 64
const SAMPLE_ROWS = 2000
const SAMPLE_PAIRS = 300
/** Neighbours below each other are this alike in a picture, and that much more than any two pixels. */
const LEAST_ALIKE = 0.4
const LEAST_LEAD = 0.2

/** Columns that are the pixels of a picture, by their names (`1x1 … 28x28`, `pixel0 …`) or because neighbours are alike. */
export function findImage(columns: readonly Column[], seed: number): Image | undefined {
  const numeric = columns.filter(column => column.kind === 'numeric')
  return gridByName(numeric) ?? pixelsByName(numeric) ?? pixelsByLikeness(numeric, seed)
}

/** `1x1, 1x2, … 28x28` or `r0c0 …`: every place of a grid once, row by row. */
function gridByName(columns: readonly NumericColumn[]): Image | undefined {
  const places = columns.flatMap(column => {
    const match = /^\D{0,12}?(\d{1,4})[^0-9.]{1,3}(\d{1,4})$/.exec(column.name)
    return match ? [{ column, row: Number(match[1]), at: Number(match[2]) }] : []
  })
  if (places.length < 16) return undefined
  const first = places[0]!
  const last = places.at(-1)!
  const height = last.row - first.row + 1
  const width = last.at - first.at + 1
  if (height < 4 || width < 4 || height * width !== places.length) return undefined
  const ordered = places.every(
    ({ row, at }, i) => row === first.row + Math.floor(i / width) && at === first.at + (i % width),
  )
  if (!ordered) return undefined
  return picture(
    height,
    width,
    1,
    places.map(place => place.column),
    `${places.length} columns are named as the places of a grid, ${first.column.name} … ${last.column.name}`,
  )
}

/** `pixel0 … pixel783`, `px_1 …`: counted names and a square number of them, or three squares. */
function pixelsByName(columns: readonly NumericColumn[]): Image | undefined {
  const pixels = columns.filter(column => /^(?:pixel|pix|px)[_ ]?\d{1,6}$/i.test(column.name))
  const shape = pixels.length >= 16 ? squareShape(pixels.length) : undefined
  if (!shape) return undefined
  return picture(
    shape.side,
    shape.side,
    shape.channels,
    pixels,
    `${pixels.length} columns are named as pixels, ${pixels[0]!.name} … ${pixels.at(-1)!.name}`,
  )
}

function squareShape(count: number): { side: number; channels: 1 | 3 } | undefined {
  for (const channels of [1, 3] as const) {
    const side = Math.round(Math.sqrt(count / channels))
    if (side * side * channels === count) return { side, channels }
  }
  return undefined
}

const picture = (
  height: number,
  width: number,
  channels: 1 | 3,
  columns: readonly Column[],
  reason: string,
): Image => ({
  height,
  width,
  channels,
  columns: columns.map(column => column.name),
  reason: `${reason}: ${height} × ${width} pixels`,
})

/** Numbered names, a square number of them, one range, and pixels more like the ones below them than like any others. */
function pixelsByLikeness(columns: readonly NumericColumn[], seed: number): Image | undefined {
  const run = longestNumberedRun(columns)
  const side = Math.round(Math.sqrt(run.length))
  if (run.length < LEAST_PIXELS || side * side !== run.length || !sameRange(run)) return undefined
  const rng = createRng(hashSeed(seed, 'image'))
  const alive = run.map((column, i) => (isVaried(column) ? i : -1)).filter(i => i >= 0)
  if (alive.length < run.length / 3) return undefined
  const mean = (pair: () => [number, number]): number => {
    let sum = 0
    let n = 0
    for (let i = 0; i < SAMPLE_PAIRS; i++) {
      const [a, b] = pair()
      if (b >= run.length) continue
      const r = pearson(run[a]!.values.subarray(0, SAMPLE_ROWS), run[b]!.values.subarray(0, SAMPLE_ROWS))
      if (r === r) {
        sum += r
        n++
      }
    }
    return n === 0 ? 0 : sum / n
  }
  const any = () => alive[rng.int(alive.length)]!
  const below = mean(() => {
    const at = any()
    return [at, at + side]
  })
  const beside = mean(() => {
    const at = any()
    return [at, at + 1]
  })
  const apart = mean(() => [any(), any()])
  if (Math.min(below, beside) < LEAST_ALIKE || Math.min(below, beside) - apart < LEAST_LEAD) return undefined
  const reason = `${run.length} numbered columns of one range; neighbours correlate ${beside.toFixed(2)} beside and ${below.toFixed(2)} below each other, others ${apart.toFixed(2)}`
  return picture(side, side, 1, run, reason)
}

/** Consecutive columns whose names are one stem and a counting number. */
function longestNumberedRun(columns: readonly NumericColumn[]): NumericColumn[] {
  let best: NumericColumn[] = []
  let run: NumericColumn[] = []
  let expected = ''
  for (const column of columns) {
    const match = /^(.*?)(\d{1,7})$/.exec(column.name)
    if (!match || column.name !== expected) run = []
    if (match) {
      run.push(column)
      expected = `${match[1]}${Number(match[2]) + 1}`
    } else expected = ''
    if (run.length > best.length) best = run
  }
  return best
}

function sameRange(columns: readonly NumericColumn[]): boolean {
  let top = -Infinity
  for (const column of columns) {
    for (let row = 0; row < Math.min(SAMPLE_ROWS, column.values.length); row++) {
      const value = column.values[row]!
      if (value < 0) return false
      if (value > top) top = value
    }
  }
  return top > 0 && top <= 65_535
}

function isVaried({ values }: NumericColumn): boolean {
  for (let row = 1; row < Math.min(SAMPLE_ROWS, values.length); row++)
    if (values[row] !== values[0]) return true
  return false
}
