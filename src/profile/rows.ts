import type { Column } from '../data/dataset.ts'
import { keysOf, mixColumn, rowHashes } from '../data/row-keys.ts'
import { rowCount } from '../transforms/levels.ts'

export interface RepeatedRows {
  /** Every member of a set of equal rows is counted. */
  readonly duplicates: number
  /** Rows whose features stand elsewhere with another target. */
  readonly conflicts: number
  /** Rows of the most frequent target in each such set: no model can be right on more of them. */
  readonly settled: number
  /** A row of each of the largest sets of equal rows, and the size of the set. */
  readonly largest: readonly { readonly row: number; readonly count: number }[]
}

const LARGEST = 10

/** Rows that are equal in all `features` and in the target, found by a 53-bit hash of each row. */
export function findRepeatedRows(
  features: readonly Column[],
  target: Column | undefined,
  rows: number,
): RepeatedRows {
  if (features.length === 0 || rows === 0) return { duplicates: 0, conflicts: 0, settled: 0, largest: [] }
  const hashes = rowHashes(rows)
  for (const column of features) mixColumn(column, hashes)
  const alike = keysOf(hashes)
  if (!target) return { ...repeated(alike), conflicts: 0, settled: 0 }
  mixColumn(target, hashes)
  const equal = keysOf(hashes)
  return { ...repeated(equal), ...findConflicts(alike, equal) }
}

/** Of rows with equal features: how many disagree in the target, and how many the majority of each set has. */
function findConflicts(alike: Float64Array, equal: Float64Array) {
  const first = new Map<number, number>()
  const conflicting = new Map<number, Map<number, number>>()
  for (let row = 0; row < alike.length; row++) {
    const seen = first.get(alike[row]!)
    if (seen === undefined) first.set(alike[row]!, equal[row]!)
    else if (seen !== equal[row]) conflicting.set(alike[row]!, new Map())
  }
  let conflicts = 0
  if (conflicting.size > 0)
    for (let row = 0; row < alike.length; row++) {
      const tally = conflicting.get(alike[row]!)
      if (!tally) continue
      conflicts++
      tally.set(equal[row]!, (tally.get(equal[row]!) ?? 0) + 1)
    }
  let settled = 0
  for (const tally of conflicting.values()) settled += Math.max(...tally.values())
  return { conflicts, settled }
}

/** Columns with more different values, or fewer rows for each, are compared as they are: any two lists of keys rename each other. */
const MAX_NAMES = 1000
const LEAST_ROWS_PER_NAME = 5

/**
 * Groups of columns that tell rows apart in the same way, by name: equal in every row, or each value of one always beside one
 * and the same value of the other (a code and its name).
 */
export function findEqualColumns(columns: readonly Column[]): string[][] {
  const groups = new Map<string, string[]>()
  const rows = columns.length === 0 ? 0 : rowCount(columns[0]!)
  for (const column of columns) {
    const { high, low } = { high: new Int32Array(rows), low: new Int32Array(rows) }
    const names = firstSeen(column)
    mixColumn(names ?? column, { high, low })
    let a = 0x9e3779b9 | 0
    let b = 0x85ebca6b | 0
    for (let row = 0; row < rows; row++) {
      a = Math.imul(a ^ high[row]!, 0xcc9e2d51)
      a ^= a >>> 15
      b = Math.imul(b ^ low[row]!, 0x1b873593)
      b ^= b >>> 13
    }
    const key = `${names ? 'names' : column.kind}:${a}:${b}`
    const group = groups.get(key)
    if (group) group.push(column.name)
    else groups.set(key, [column.name])
  }
  return [...groups.values()].filter(group => group.length > 1)
}

/** A column of few values as numbers in order of first appearance, −1 missing. */
function firstSeen(column: Column): Column | undefined {
  if (column.kind === 'text') return undefined
  const given = column.kind === 'categorical' ? column.codes : column.values
  const codes = new Int32Array(given.length)
  const seen = new Map<number, number>()
  for (let row = 0; row < given.length; row++) {
    const value = given[row]!
    if (value !== value || (column.kind === 'categorical' && value < 0)) {
      codes[row] = -1
      continue
    }
    let code = seen.get(value)
    if (code === undefined) {
      if (seen.size >= MAX_NAMES || (seen.size + 1) * LEAST_ROWS_PER_NAME > given.length) return undefined
      seen.set(value, (code = seen.size))
    }
    codes[row] = code
  }
  return { kind: 'categorical', name: column.name, codes, categories: [] }
}

/** Members of all sets of equal keys, and the largest sets. */
function repeated(keys: Float64Array): Pick<RepeatedRows, 'duplicates' | 'largest'> {
  const sorted = keys.slice().sort()
  let duplicates = 0
  const sets: { key: number; count: number }[] = []
  for (let start = 0; start < sorted.length;) {
    let end = start + 1
    while (end < sorted.length && sorted[end] === sorted[start]) end++
    const count = end - start
    if (count > 1) {
      duplicates += count
      if (sets.length < LARGEST || count > sets.at(-1)!.count) {
        sets.push({ key: sorted[start]!, count })
        sets.sort((a, b) => b.count - a.count)
        if (sets.length > LARGEST) sets.pop()
      }
    }
    start = end
  }
  const rowOf = new Map(sets.map(({ key }) => [key, -1]))
  if (sets.length > 0) keys.forEach((key, row) => void (rowOf.get(key) === -1 && rowOf.set(key, row)))
  const largest = sets.map(({ key, count }) => ({ row: rowOf.get(key)!, count }))
  return { duplicates, largest: largest.sort((a, b) => b.count - a.count || a.row - b.row) }
}
