import type { Column, NumericColumn } from '../data/dataset.ts'
import { InputError } from '../util/errors.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { count } from '../util/text.ts'
import { pearson } from './association.ts'
import { colourGrid, greyGrid } from './pixel-names.ts'
import type { DatasetProfile } from './profile.ts'

type Image = NonNullable<DatasetProfile['image']>

/** How a row of columns is a picture. Colours stand one after the other, or together at each pixel. */
export interface ImageShape {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  readonly order: 'planes' | 'pixels'
}

/** Smaller pictures than 8 × 8 are told from tables by their names only. */
const LEAST_PIXELS = 64
const SAMPLE_ROWS = 2000
const SAMPLE_PAIRS = 300
/** Neighbours below each other are this alike in a picture, and that much more than any two pixels. */
const LEAST_ALIKE = 0.4
const LEAST_LEAD = 0.2

/**
 * Columns that are the pixels of a picture: as declared, by their names (`1x1 … 28x28`, `pixel0 …`, `r_0_0 …`) or because
 * neighbours are alike.
 */
export function findImage(
  columns: readonly Column[],
  seed: number,
  declared?: ImageShape,
): Image | undefined {
  const numeric = columns.filter(column => column.kind === 'numeric')
  if (declared) return asDeclared(numeric, declared)
  const named = greyGrid(numeric) ?? colourGrid(numeric)
  if (named) {
    const { columns, ...shape } = named
    const ends = `${columns[0]!.name} … ${columns.at(-1)!.name}`
    const why = `${columns.length} columns are named as the places of a grid, ${ends}`
    return picture({ ...shape, order: 'pixels' }, columns, why)
  }
  return pixelsByName(numeric, seed) ?? pixelsByLikeness(numeric, seed)
}

/** `28x28`, `32x32x3` (colours together at each pixel) or `3x32x32` (colour by colour). */
export function parseImageShape(text: string): ImageShape {
  const sizes = text.split(/[x×]/i).map(Number)
  const whole = sizes.every(size => Number.isInteger(size) && size > 0 && size <= 4096)
  if (whole && sizes.length === 2) return shapeOf(sizes[0]!, sizes[1]!, 1, 'planes')
  if (whole && sizes.length === 3) {
    const [a, b, c] = sizes as [number, number, number]
    if (c === 3 || c === 1) return shapeOf(a, b, c, 'pixels')
    if (a === 3 || a === 1) return shapeOf(b, c, a, 'planes')
  }
  throw new InputError(
    'E_IMAGE_SHAPE',
    `picture shape "${text}" is not understood: expected height x width, with 3 colours before or after them; write 28x28, 32x32x3 or 3x32x32`,
    { exit: 'usage' },
  )
}

const shapeOf = (height: number, width: number, channels: 1 | 3, order: ImageShape['order']): ImageShape => ({
  height,
  width,
  channels,
  order,
})

function asDeclared(columns: readonly NumericColumn[], shape: ImageShape): Image {
  const { height, width, channels } = shape
  const size = height * width * channels
  const run = columns.length === size ? columns : longestNumberedRun(columns)
  const text = `${height}x${width}${channels === 1 ? '' : 'x3'}`
  if (run.length === size) return picture(shape, run, `${count(size)} columns were declared as pixels`)
  throw new InputError(
    'E_IMAGE_SHAPE',
    `a picture of ${text} has ${count(size)} pixel columns, and the table has ${count(columns.length)} numeric columns besides the target: expected as many; correct --image or leave it out`,
    { exit: 'usage' },
  )
}

/** `pixel0 … pixel783`, `px_1 …`: counted names and a square number of them, or three squares. */
function pixelsByName(columns: readonly NumericColumn[], seed: number): Image | undefined {
  const pixels = columns.filter(column => /^(?:pixel|pix|px)[_ ]?\d{1,6}$/i.test(column.name))
  if (pixels.length < 16) return undefined
  const ends = `${pixels[0]!.name} … ${pixels.at(-1)!.name}`
  const likely = shapesOf(pixels.length)
    .map(shape => ({ shape, below: likeness(pixels, shape, seed).below }))
    .sort((a, b) => b.below - a.below)[0]
  return likely && picture(likely.shape, pixels, `${pixels.length} columns are named as pixels, ${ends}`)
}

/** Square pictures of so many columns, grey or in either order of colours. */
function shapesOf(columns: number): ImageShape[] {
  const side = Math.round(Math.sqrt(columns))
  if (side * side === columns) return [shapeOf(side, side, 1, 'planes')]
  const small = Math.round(Math.sqrt(columns / 3))
  if (3 * small * small !== columns) return []
  return (['planes', 'pixels'] as const).map(order => shapeOf(small, small, 3, order))
}

/** The columns pixel by pixel, its colours together, however they stand in the table. */
function picture(shape: ImageShape, columns: readonly Column[], reason: string): Image {
  const { height, width, channels, order } = shape
  const size = height * width
  const names = columns.map(column => column.name)
  const pixels = Array.from(
    { length: names.length },
    (_, i) => names[order === 'pixels' ? i : (i % channels) * size + Math.floor(i / channels)]!,
  )
  const colours = channels === 1 ? '' : ' in three colours'
  return { height, width, channels, columns: pixels, reason: `${reason}: ${height} × ${width} pixels${colours}` } // prettier-ignore
}

/** Numbered names, as many as a square picture has, one range, and pixels more like those below them than like any others. */
function pixelsByLikeness(columns: readonly NumericColumn[], seed: number): Image | undefined {
  const run = longestNumberedRun(columns)
  const shapes = run.length < LEAST_PIXELS ? [] : shapesOf(run.length)
  if (shapes.length === 0 || !sameRange(run)) return undefined
  if (run.filter(isVaried).length < run.length / 3) return undefined
  const found = shapes
    .map(shape => ({ shape, ...likeness(run, shape, seed) }))
    .sort((a, b) => b.below - a.below)[0]!
  const { shape, below, beside, apart } = found
  if (Math.min(below, beside) < LEAST_ALIKE || Math.min(below, beside) - apart < LEAST_LEAD) return undefined
  const reason = `${run.length} numbered columns of one range; neighbours correlate ${beside.toFixed(2)} beside and ${below.toFixed(2)} below each other, others ${apart.toFixed(2)}`
  return picture(shape, run, reason)
}

/** Mean correlation of pixels below each other, beside each other, and of any two, if the columns have this shape. */
function likeness(run: readonly NumericColumn[], { width, channels, order }: ImageShape, seed: number) {
  const alive = [...run.keys()].filter(i => isVaried(run[i]!))
  if (alive.length === 0) return { below: 0, beside: 0, apart: 0 }
  const rng = createRng(hashSeed(seed, 'image'))
  const any = () => alive[rng.int(alive.length)]!
  const next = order === 'pixels' ? channels : 1
  const away = (distance: number) => (): [number, number] => {
    const at = any()
    return [at, at + distance]
  }
  const below = meanCorrelation(run, away(next * width))
  const beside = meanCorrelation(run, away(next))
  return { below, beside, apart: meanCorrelation(run, () => [any(), any()]) }
}

function meanCorrelation(run: readonly NumericColumn[], pair: () => [number, number]): number {
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
