import type {
  CategoricalColumn,
  Column,
  Dataset,
  DatetimeColumn,
  NumericColumn,
  TextColumn,
} from '../../src/data/dataset.ts'
import type { Features } from '../../src/data/features.ts'
import { denseValues } from '../../src/data/features.ts'

export const numeric = (name: string, values: readonly number[]): NumericColumn => ({
  kind: 'numeric',
  name,
  values: Float64Array.from(values),
})

export const datetime = (name: string, values: readonly (number | string)[]): DatetimeColumn => ({
  kind: 'datetime',
  name,
  values: Float64Array.from(values, value => (typeof value === 'number' ? value : Date.parse(value))),
})

export function categorical(name: string, values: readonly (string | undefined)[]): CategoricalColumn {
  const categories = [...new Set(values.filter(value => value !== undefined))]
  const codes = Int32Array.from(values, value => (value === undefined ? -1 : categories.indexOf(value)))
  return { kind: 'categorical', name, codes, categories }
}

export function text(name: string, values: readonly (string | undefined)[]): TextColumn {
  const parts = values.map(value => new TextEncoder().encode(value ?? ''))
  const offsets = new Float64Array(values.length + 1)
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i]! + part.length
  const bytes = new Uint8Array(offsets[values.length]!)
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i])
  return {
    kind: 'text',
    name,
    bytes,
    offsets,
    missing: Uint8Array.from(values, value => Number(value === undefined)),
  }
}

export const table = (rows: number, columns: readonly Column[]): Dataset => ({ name: 'toy', rows, columns })

/** Features as rows of plain numbers, for comparison. */
export function matrixOf({ rows, columns }: Features): number[][] {
  const dense = columns.map(column => denseValues(column, rows))
  return Array.from({ length: rows }, (_, row) => dense.map(values => values[row]!))
}

export const allRows = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row)
