/** What a column is by its name and values, beyond its type: row numbers, keys, natural language. */

/** `customerId`, `customer_id` and `Customer ID` are two words each, in lower case. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')

/** What data frames call the column of row names that they write without a name. */
export const isIndexName = (name: string): boolean =>
  /^(?:Unnamed: ?\d+|__index_level_\d+__)$/.test(name.trim())

/** `id`, `PassengerId`, `customer_id`, `uuid`, `Unnamed: 0`, `row_number`: a name people give to keys. */
export function isKeyName(name: string): boolean {
  const plain = name.trim()
  if (isIndexName(plain)) return true
  const words = wordsOf(plain)
  const last = words.at(-1)
  if (last === undefined) return false
  if (
    ['id', 'ids', 'uuid', 'guid', 'rownum', 'rowid', 'rownumber', 'rowname', 'rownames', 'idx'].includes(last)
  )
    return true
  if (words.length === 1) return last === 'index' || last === 'key' || last === 'rowno'
  const pair = words.slice(-2).join(' ')
  return [
    'row number',
    'row num',
    'row no',
    'row index',
    'row id',
    'record number',
    'serial number',
  ].includes(pair)
}

/** `zip`, `Area Code`, `MGR_ID`: a name people give to codes and keys, which are written in digits and are no quantities. */
export function isCodeName(name: string): boolean {
  const last = wordsOf(name).at(-1)
  return last !== undefined && ['id', 'code', 'zip', 'zipcode', 'postcode', 'fips'].includes(last)
}

export type EpochOrder = 'epoch-seconds' | 'epoch-milliseconds'

/** 1990 and 2100 in seconds. */
const EPOCH_SECONDS = [631_152_000, 4_102_444_800] as const

/** Whole numbers that are moments between 1990 and 2100, in a column whose name speaks of time. */
export function epochOrder(values: ArrayLike<number>, name: string): EpochOrder | undefined {
  const words = wordsOf(name)
  const spoken = ['time', 'timestamp', 'unixtime', 'epoch', 'date', 'datetime', 'ts', 'at']
  if (!words.some(word => spoken.includes(word))) return undefined
  let min = Infinity
  let max = -Infinity
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value !== value) continue
    if (!Number.isInteger(value)) return undefined
    if (value < min) min = value
    if (value > max) max = value
  }
  const [from, to] = EPOCH_SECONDS
  if (min >= from && max <= to) return 'epoch-seconds'
  return min >= from * 1000 && max <= to * 1000 ? 'epoch-milliseconds' : undefined
}

const UUID = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i

/** Few rows prove nothing: a column of ten different values need not be a key. */
export const MIN_KEY_ROWS = 20

/** Where a column stands and what it is called, as far as it tells row numbers from quantities. */
export interface Place {
  readonly name: string
  /** The header gave it a name. */
  readonly named: boolean
  /** It is the first column. */
  readonly first: boolean
}

/** Each value is one more than the one before. */
function countsUp(values: ArrayLike<number>): boolean {
  const start = values[0]!
  for (let row = 0; row < values.length; row++) if (values[row] !== start + row) return false
  return true
}

/** Why a column of numbers is a key, or undefined. */
export function numericKey(values: ArrayLike<number>, { name, named, first }: Place): string | undefined {
  const rows = values.length
  const nameless = !named || isIndexName(name)
  const namedKey = nameless || isKeyName(name)
  if (rows < MIN_KEY_ROWS) return undefined
  const start = values[0]!
  const counting = countsUp(values)
  // Without such a name only row numbers are keys.
  if (!counting && !namedKey) return undefined
  let rising = true
  let breaks = 0
  for (let row = 0; row < rows; row++) {
    const value = values[row]!
    if (!Number.isInteger(value)) return undefined
    rising &&= row === 0 || value > values[row - 1]!
    if (row > 0 && value !== values[row - 1]! + 1) breaks++
  }
  // From any other number too, at the place of row names; but years and days of a series count as well.
  const startsAnew = start === 0 || start === 1
  if (counting && (startsAnew || nameless || (first && !speaksOfTime(name)))) {
    return `it counts the rows from ${start}`
  }
  if (nameless && first && startsAnew && breaks < 0.1 * rows) {
    return `it has no name and counts rows, beginning anew ${breaks} times`
  }
  if (!namedKey) return undefined
  if (!rising) {
    const sorted = Float64Array.from(values).sort()
    for (let i = 1; i < rows; i++) if (sorted[i] === sorted[i - 1]) return undefined
  }
  return 'every row has a whole number of its own and the name says it is a key'
}

const TIME_WORDS = [
  'year',
  'years',
  'yr',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'date',
  'time',
  'timestamp',
  'period',
  'season',
  'age',
]

function speaksOfTime(name: string): boolean {
  return wordsOf(name).some(word => TIME_WORDS.includes(word))
}

/** Nearly every row its own word: keys with a few rows twice. */
const MIN_KEY_SHARE = 0.95

/** Why a column of strings is a key, or undefined: nearly as many values as rows, each a single short word. */
export function wordKey(
  values: readonly (readonly [string, number])[],
  distinct: number,
  rows: number,
): string | undefined {
  // A handful of rows twice is chance in a short table.
  const least = rows < 200 ? rows : MIN_KEY_SHARE * rows
  if (rows < MIN_KEY_ROWS || distinct < least) return undefined
  let single = 0
  let uuid = 0
  for (const [text] of values) {
    if (text.length <= 64 && !text.trim().includes(' ')) single++
    if (text.length <= 40 && UUID.test(text)) uuid++
  }
  if (single < values.length) return undefined
  const every = distinct === rows ? 'every row' : `${((100 * distinct) / rows).toFixed(1)} % of rows`
  return `${every} ${distinct === rows ? 'has' : 'have'} a ${uuid === values.length ? 'UUID' : 'word'} of ${distinct === rows ? 'its' : 'their'} own`
}

/** Natural language: several words per value and mostly different values, or so long that it can be nothing else. */
export function isNaturalText(values: readonly (readonly [string, number])[]): boolean {
  if (values.length === 0) return false
  let total = 0
  let words = 0
  let characters = 0
  const step = Math.max(1, Math.floor(values.length / 20_000))
  let seen = 0
  for (let i = 0; i < values.length; i += step) {
    const [text, count] = values[i]!
    seen += count
    words += count * wordCount(text)
    characters += count * text.length
  }
  for (const [, count] of values) total += count
  const distinct = values.length / total
  const meanWords = words / seen
  const meanLength = characters / seen
  if (values.length < 5) return false
  return (
    (distinct > 0.5 && (meanWords >= 2.5 || meanLength >= 60)) ||
    (distinct > 0.1 && meanWords >= 6 && values.length > 100)
  )
}

export function wordCount(text: string): number {
  let count = 0
  let inside = false
  for (let i = 0; i < text.length; i++) {
    const blank = text.charCodeAt(i) <= 32
    if (!blank && !inside) count++
    inside = !blank
  }
  return count
}
