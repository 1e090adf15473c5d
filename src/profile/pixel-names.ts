import type { NumericColumn } from '../data/dataset.ts'

/** Where a column stands in a picture. */
interface Place {
  readonly column: NumericColumn
  readonly channel: number
  readonly row: number
  readonly at: number
}

/** A picture told by names: its columns row by row, the colours of a pixel together. */
export interface NamedPicture {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  readonly columns: readonly NumericColumn[]
}

const LEAST_COLUMNS = 16
const LEAST_SIDE = 4
const COLOURS = { r: 0, red: 0, g: 1, green: 1, b: 2, blue: 2 } as const
const COLOUR = /(?:^|[^a-z])(red|green|blue|r|g|b)(?![a-z])/i

/** `1x1, 1x2, … 28x28` or `r0c0 …`: every place of a grid once, row by row. */
export function greyGrid(columns: readonly NumericColumn[]): NamedPicture | undefined {
  const places = columns.flatMap((column): Place[] => {
    const match = /^\D{0,12}?(\d{1,4})[^0-9.]{1,3}(\d{1,4})$/.exec(column.name)
    return match ? [{ column, channel: 0, row: Number(match[1]), at: Number(match[2]) }] : []
  })
  const found = gridOf(places, 1)
  // Names of two numbers are not rare: only in their order they are a picture.
  return found?.columns.every((column, i) => column === places[i]!.column) ? found : undefined
}

/** `r_0_0, g_0_0 …`, `1x1_red …`, `r0 … r1023, g0 …` or three numbers, the first or last of which has three values. */
export function colourGrid(columns: readonly NumericColumn[]): NamedPicture | undefined {
  return gridOf(lettered(columns), 3) ?? gridOf(numbered(columns), 3)
}

function lettered(columns: readonly NumericColumn[]): Place[] {
  const parts = columns.flatMap(column => {
    const colour = COLOUR.exec(column.name)?.[1]?.toLowerCase() as keyof typeof COLOURS | undefined
    const numbers = numbersIn(column.name)
    return colour && numbers.length > 0 ? [{ column, channel: COLOURS[colour], numbers }] : []
  })
  const side = Math.round(Math.sqrt(parts.length / 3))
  const first = Math.min(...parts.map(({ numbers }) => numbers[0]!))
  return parts.flatMap(({ column, channel, numbers }): Place[] => {
    const [row, at] = numbers
    if (numbers.length === 2) return [{ column, channel, row: row!, at: at! }]
    const place = row! - first
    return numbers.length === 1 ? [{ column, channel, row: Math.floor(place / side), at: place % side }] : []
  })
}

function numbered(columns: readonly NumericColumn[]): Place[] {
  const parts = columns.flatMap(column => {
    const numbers = numbersIn(column.name)
    return numbers.length === 3 ? [{ column, numbers }] : []
  })
  const channelAt = [2, 0].find(position => new Set(parts.map(({ numbers }) => numbers[position])).size === 3)
  if (channelAt === undefined) return []
  const least = Math.min(...parts.map(({ numbers }) => numbers[channelAt]!))
  return parts.map(({ column, numbers }) => {
    const [row, at] = channelAt === 0 ? numbers.slice(1) : numbers
    return { column, channel: numbers[channelAt]! - least, row: row!, at: at! }
  })
}

const numbersIn = (name: string): number[] => (name.match(/\d+/g) ?? []).map(Number)

/** The picture if every place of every colour is taken once. */
function gridOf(places: readonly Place[], channels: 1 | 3): NamedPicture | undefined {
  if (places.length < LEAST_COLUMNS * channels) return undefined
  const rows = extent(places.map(({ row }) => row))
  const across = extent(places.map(({ at }) => at))
  if (rows.size < LEAST_SIDE || across.size < LEAST_SIDE) return undefined
  if (rows.size * across.size * channels !== places.length) return undefined
  const columns = new Array<NumericColumn | undefined>(places.length).fill(undefined)
  for (const { column, channel, row, at } of places) {
    const place = ((row - rows.first) * across.size + at - across.first) * channels + channel
    if (columns[place]) return undefined
    columns[place] = column
  }
  return { height: rows.size, width: across.size, channels, columns: columns as NumericColumn[] }
}

function extent(values: readonly number[]): { readonly first: number; readonly size: number } {
  let [first, last] = [Infinity, -Infinity]
  for (const value of values) {
    first = Math.min(first, value)
    last = Math.max(last, value)
  }
  return { first, size: last - first + 1 }
}
