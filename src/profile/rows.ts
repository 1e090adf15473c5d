import type { Column } from '../data/dataset.ts'

export interface RepeatedRows {
  /** Every member of a set of equal rows is counted. */
  readonly duplicates: number
  /** Rows whose features stand elsewhere with another target. */
  readonly conflicts: number
}

/** Rows that are equal in all `features` and in the target, found by a 53-bit hash of each row. */
export function findRepeatedRows(
  features: readonly Column[],
  target: Column | undefined,
  rows: number,
): RepeatedRows {
  if (features.length === 0 || rows === 0) return { duplicates: 0, conflicts: 0 }
  const high = new Int32Array(rows).fill(0x2545f491)
  const low = new Int32Array(rows).fill(0x4f6cdd1d)
  for (const column of features) mixColumn(column, high, low)
  const alike = keys(high, low)
  if (!target) return { duplicates: members(alike), conflicts: 0 }
  mixColumn(target, high, low)
  const equal = keys(high, low)
  const first = new Map<number, number>()
  const conflicting = new Set<number>()
  for (let row = 0; row < rows; row++) {
    const seen = first.get(alike[row]!)
    if (seen === undefined) first.set(alike[row]!, equal[row]!)
    else if (seen !== equal[row]) conflicting.add(alike[row]!)
  }
  let conflicts = 0
  if (conflicting.size > 0) for (const key of alike) if (conflicting.has(key)) conflicts++
  return { duplicates: members(equal), conflicts }
}

/** Groups of columns that hold the same in every row, by name. */
export function findEqualColumns(columns: readonly Column[]): string[][] {
  const groups = new Map<string, string[]>()
  const rows = columns.length === 0 ? 0 : lengthOf(columns[0]!)
  for (const column of columns) {
    const high = new Int32Array(rows)
    const low = new Int32Array(rows)
    mixColumn(column, high, low)
    let a = 0x9e3779b9 | 0
    let b = 0x85ebca6b | 0
    for (let row = 0; row < rows; row++) {
      a = Math.imul(a ^ high[row]!, 0xcc9e2d51)
      a ^= a >>> 15
      b = Math.imul(b ^ low[row]!, 0x1b873593)
      b ^= b >>> 13
    }
    const key = `${column.kind}:${a}:${b}`
    const group = groups.get(key)
    if (group) group.push(column.name)
    else groups.set(key, [column.name])
  }
  return [...groups.values()].filter(group => group.length > 1)
}

const lengthOf = (column: Column): number =>
  column.kind === 'categorical'
    ? column.codes.length
    : column.kind === 'text'
      ? column.missing.length
      : column.values.length

function mixColumn(column: Column, high: Int32Array, low: Int32Array): void {
  const mix = (row: number, a: number, b: number) => {
    let h = Math.imul(high[row]! ^ a, 0xcc9e2d51)
    h ^= h >>> 15
    high[row] = Math.imul(h ^ b, 0x1b873593)
    let l = Math.imul(low[row]! ^ b, 0x85ebca6b)
    l ^= l >>> 13
    low[row] = Math.imul(l ^ a, 0xc2b2ae35)
  }
  switch (column.kind) {
    case 'numeric':
    case 'datetime': {
      const float = new Float64Array(1)
      const bits = new Int32Array(float.buffer)
      for (let row = 0; row < column.values.length; row++) {
        // Zero has two signs and NaN many bits; one of each here.
        const value = column.values[row]!
        float[0] = value === value ? value + 0 : NaN
        mix(row, bits[0]!, bits[1]!)
      }
      return
    }
    case 'categorical':
      for (let row = 0; row < column.codes.length; row++) mix(row, column.codes[row]!, 0x51ed270b)
      return
    case 'text':
      for (let row = 0; row < column.missing.length; row++) {
        let hash = column.missing[row] ? 1 : 0x811c9dc5
        for (let i = column.offsets[row]!; i < column.offsets[row + 1]!; i++)
          hash = Math.imul(hash ^ column.bytes[i]!, 0x01000193)
        mix(row, hash, hash ^ 0x5bd1e995)
      }
  }
}

/** 53 bits of the two hashes, as one number that a Map or a sort takes. */
function keys(high: Int32Array, low: Int32Array): Float64Array {
  const result = new Float64Array(high.length)
  for (let row = 0; row < high.length; row++)
    result[row] = (high[row]! >>> 0) * 0x200000 + (low[row]! & 0x1fffff)
  return result
}

function members(keys: Float64Array): number {
  const sorted = keys.slice().sort()
  let count = 0
  for (let i = 0; i < sorted.length; i++)
    if (sorted[i] === sorted[i - 1] || sorted[i] === sorted[i + 1]) count++
  return count
}
