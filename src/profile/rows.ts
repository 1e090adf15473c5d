import type { Column } from '../data/dataset.ts'
import { keysOf, mixColumn, rowHashes } from '../data/row-keys.ts'
import { rowCount } from '../transforms/levels.ts'
import { finalMix } from './sketch.ts'

export interface RepeatedRows {
  /** Every member of a set of equal rows is counted. */
  readonly duplicates: number
  /** Rows whose features stand elsewhere with another target. */
  readonly conflicts: number
  /** Rows of the most frequent target in each such set: no model can be right on more of them. */
  readonly settled: number
  /** A row of each of the largest sets of equal rows, and the size of the set. */
  readonly largest: readonly { readonly row: number; readonly count: number }[]
  /** ± rows of the counts above (95 %), when they were found in a part of the rows. */
  readonly errors?: { readonly duplicates: number; readonly conflicts: number }
}

const LARGEST = 10

/** More rows than this are not held against each other all at once. */
const MAX_COMPARED = 1 << 22
const STRETCH = 1 << 20

/**
 * Rows that are equal in all `features` and in the target, found by a 53-bit hash of each row. Of a table of more than `most`
 * rows those are compared whose features hash to the first of several equal parts: equal rows all fall into one part, so sets
 * are whole, and counts times parts are unbiased.
 */
export function findRepeatedRows(
  features: readonly Column[],
  target: Column | undefined,
  rows: number,
  most = MAX_COMPARED,
): RepeatedRows {
  if (features.length === 0 || rows === 0) return { duplicates: 0, conflicts: 0, settled: 0, largest: [] }
  const parts = Math.ceil(rows / most)
  const { alike, equal, places } = hashRows(features, target, rows, parts)
  const found = repeated(equal)
  const sets = target ? findConflicts(alike, equal) : { conflicts: 0, settled: 0, squares: 0 }
  const { duplicates, largest } = found
  const { conflicts, settled } = sets
  if (parts === 1) return { duplicates, largest, conflicts, settled }
  const error = (squares: number) => Math.round(2 * Math.sqrt(squares * parts * (parts - 1)))
  return {
    duplicates: duplicates * parts,
    conflicts: conflicts * parts,
    settled: settled * parts,
    largest: largest.map(({ row, count }) => ({ row: places[row]!, count })),
    errors: { duplicates: error(found.squares), conflicts: error(sets.squares) },
  }
}

/** Hashes of features and of features with target, of the rows whose features fall into the first part, and their numbers. */
function hashRows(
  features: readonly Column[],
  target: Column | undefined,
  rows: number,
  parts: number,
): { alike: Float64Array; equal: Float64Array; places: Int32Array } {
  // Chance decides how many fall into the part: ten standard deviations of room.
  const room = parts === 1 ? rows : Math.ceil(rows / parts + 10 * Math.sqrt(rows))
  const alike = new Float64Array(Math.min(rows, room))
  const equal = target ? new Float64Array(alike.length) : alike
  const places = new Int32Array(parts === 1 ? 0 : alike.length)
  let kept = 0
  for (let from = 0; from < rows; from += STRETCH) {
    const length = Math.min(STRETCH, rows - from)
    const hashes = rowHashes(length)
    for (const column of features) mixColumn(column, hashes, from)
    const own = keysOf(hashes)
    if (target) mixColumn(target, hashes, from)
    const both = target ? keysOf(hashes) : own
    for (let i = 0; i < length; i++) {
      if (parts > 1 && (finalMix(own[i]! / 0x200000) >>> 0) % parts !== 0) continue
      if (kept === alike.length) break
      alike[kept] = own[i]!
      equal[kept] = both[i]!
      if (parts > 1) places[kept] = from + i
      kept++
    }
  }
  return { alike: alike.subarray(0, kept), equal: equal.subarray(0, kept), places }
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
  let squares = 0
  for (const tally of conflicting.values()) {
    settled += Math.max(...tally.values())
    let size = 0
    for (const n of tally.values()) size += n
    squares += size * size
  }
  return { conflicts, settled, squares }
}

/** Columns with more different values, or fewer rows for each, are compared as they are: any two lists of keys rename each other. */
const MAX_NAMES = 1000
const LEAST_ROWS_PER_NAME = 5

/** Groups found in a sample are looked at again in the `whole` columns. */
export function findEqualColumns(columns: readonly Column[], whole: readonly Column[] = columns): string[][] {
  const groups = groupEqual(columns)
  if (whole === columns) return groups
  return groups.flatMap(group => groupEqual(whole.filter(column => group.includes(column.name))))
}

/**
 * Groups of columns that tell rows apart in the same way, by name: equal in every row, or each value of one always beside one
 * and the same value of the other (a code and its name).
 */
function groupEqual(columns: readonly Column[]): string[][] {
  const groups = new Map<string, string[]>()
  const rows = columns.length === 0 ? 0 : rowCount(columns[0]!)
  for (const column of columns) {
    const high = new Int32Array(rows)
    const low = new Int32Array(rows)
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
function repeated(
  keys: Float64Array,
): Pick<RepeatedRows, 'duplicates' | 'largest'> & { readonly squares: number } {
  const sorted = keys.slice().sort()
  let duplicates = 0
  let squares = 0
  const sets: { key: number; count: number }[] = []
  for (let start = 0; start < sorted.length;) {
    let end = start + 1
    while (end < sorted.length && sorted[end] === sorted[start]) end++
    const count = end - start
    if (count > 1) {
      duplicates += count
      squares += count * count
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
  return { duplicates, squares, largest: largest.sort((a, b) => b.count - a.count || a.row - b.row) }
}
