import { takeColumn, type Column } from '../data/dataset.ts'
import { figure } from '../util/text.ts'
import { cellText } from './mix-rows.ts'

/** Rows that have something in common. */
export interface Segment {
  /** `"red"`, `12 to 40`, `missing`. */
  readonly where: string
  readonly rows: readonly number[]
}

const CATEGORIES = 12
const PARTS = 4

/** The rows of a column by category, most frequent first, or by quarters of its numbers; rows without a value apart. None for texts. */
export function segmentsOf(column: Column, rows: Int32Array): Segment[] {
  if (column.kind === 'text') return []
  const taken = takeColumn(column, rows) as typeof column
  const groups = new Map<string, number[]>()
  const add = (where: string, row: number) => {
    const group = groups.get(where)
    if (group) group.push(row)
    else groups.set(where, [row])
  }
  const nameOf = taken.kind === 'categorical' ? undefined : quarterNames(taken)
  for (let row = 0; row < rows.length; row++) {
    const text = nameOf ? nameOf(row) : cellText(taken, row)
    add(text === undefined ? 'missing' : nameOf ? text : JSON.stringify(text), row)
  }
  const found = [...groups].map(([where, kept]) => ({ where, rows: kept }))
  return found.sort((a, b) => b.rows.length - a.rows.length).slice(0, CATEGORIES)
}

/** The quarter a row's number falls into, as text; a number with few values stands for itself. */
function quarterNames(column: Extract<Column, { kind: 'numeric' | 'datetime' }>) {
  const known = Float64Array.from(Array.from(column.values).filter(value => !Number.isNaN(value))).sort()
  const isFew = new Set(known).size <= 2 * PARTS
  const edges = [...new Set(Array.from({ length: PARTS - 1 }, (_, i) => known[Math.floor(((i + 1) * known.length) / PARTS)]!))] // prettier-ignore
  const show = (value: number) =>
    column.kind === 'datetime' ? new Date(value).toISOString().slice(0, 10) : figure(value, 4)
  return (row: number): string | undefined => {
    const value = column.values[row]!
    if (Number.isNaN(value)) return undefined
    if (isFew) return show(value)
    const place = edges.findIndex(edge => value < edge)
    if (place === 0) return `below ${show(edges[0]!)}`
    return place < 0
      ? `${show(edges.at(-1)!)} and above`
      : `${show(edges[place - 1]!)} to below ${show(edges[place]!)}`
  }
}
