import type { Column } from '../data/dataset.ts'
import { stringAt } from '../data/dataset.ts'

/** A cell as text; empty when missing. */
export function showCell(column: Column, row: number): string {
  if (column.kind === 'numeric') return Number.isNaN(column.values[row]!) ? '' : String(column.values[row])
  if (column.kind === 'datetime') {
    const value = column.values[row]!
    return Number.isNaN(value) ? '' : new Date(value).toISOString().replace('T00:00:00.000Z', '')
  }
  return stringAt(column, row) ?? ''
}
