/** What a column is by its name and values, beyond its type: row numbers, keys, natural language. */

/** `id`, `PassengerId`, `customer_id`, `uuid`, `Unnamed: 0`, `row_number`: a name people give to keys. */
export function isKeyName(name: string): boolean {
  const plain = name.trim()
  if (/^Unnamed: ?\d+$/.test(plain)) return true
  const words = plain
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
  const last = words.at(-1)
  if (last === undefined) return false
  if (['id', 'ids', 'uuid', 'guid', 'rownum', 'rowid', 'rownumber', 'idx'].includes(last)) return true
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

export type EpochOrder = 'epoch-seconds' | 'epoch-milliseconds'

/** 1990 and 2100 in seconds. */
const EPOCH_SECONDS = [631_152_000, 4_102_444_800] as const

/** Whole numbers that are moments between 1990 and 2100, in a column whose name speaks of time. */
export function epochOrder(values: ArrayLike<number>, name: string): EpochOrder | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
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

/** Why a column of numbers is a key, or undefined. `named` says whether the header gave it a name. */
export function numericKey(values: ArrayLike<number>, name: string, named: boolean): string | undefined {
  const rows = values.length
  if (rows < MIN_KEY_ROWS) return undefined
  const start = values[0]!
  let counting = start === 0 || start === 1
  for (let row = 0; row < rows; row++) {
    if (!Number.isInteger(values[row]!)) return undefined
    counting &&= values[row] === start + row
  }
  if (counting) return `it counts the rows from ${start}`
  if (!isKeyName(name) && named) return undefined
  const sorted = Float64Array.from(values).sort()
  for (let i = 1; i < rows; i++) if (sorted[i] === sorted[i - 1]) return undefined
  return 'every row has a whole number of its own and the name says it is a key'
}

/** Why a column of strings is a key, or undefined: as many values as rows, each a single short word. */
export function wordKey(values: readonly (readonly [string, number])[], rows: number): string | undefined {
  if (rows < MIN_KEY_ROWS || values.length !== rows) return undefined
  let single = 0
  let uuid = 0
  for (const [text] of values) {
    if (text.length <= 64 && !text.trim().includes(' ')) single++
    if (text.length <= 40 && UUID.test(text)) uuid++
  }
  if (uuid === rows) return 'every row has a UUID of its own'
  return single === rows ? 'every row has a word of its own' : undefined
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
