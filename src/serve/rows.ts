import type { Column, Dataset } from '../data/dataset.ts'
import { parseDate } from '../data/dates.ts'
import { isMissingText } from '../data/missing.ts'
import { parseNumber, PLAIN } from '../data/numbers.ts'
import type { ColumnSchema } from '../data/schema.ts'

/** What a client sent for one column of one row; text as in a file, a number as JSON has it, undefined for nothing. */
export type Cell = string | number | undefined

/** One cell per feature, in the order of the features. */
export type Row = readonly Cell[]

/** Rows as a table, each cell read as training read its own. */
export const tableOf = (features: readonly ColumnSchema[], rows: readonly Row[]): Dataset => ({
  name: 'request',
  rows: rows.length,
  columns: features.map((feature, j) => columnOf(feature, rows, j)),
})

function columnOf(feature: ColumnSchema, rows: readonly Row[], j: number): Column {
  const { kind, name } = feature
  switch (kind) {
    case 'numeric': {
      const format = feature.number ?? PLAIN
      return { kind, name, values: values(rows, j, feature, text => parseNumber(text, format)) }
    }
    case 'datetime': {
      const order = feature.datetime?.order ?? 'iso'
      return { kind, name, values: values(rows, j, feature, text => parseDate(text, order)) }
    }
    case 'categorical':
    case 'text': {
      // Each row is a category of its own: the graph looks at the words, not at the codes.
      const missing = new Set(feature.missing)
      const categories: string[] = []
      const codes = new Int32Array(rows.length)
      for (let row = 0; row < rows.length; row++) {
        const cell = rows[row][j]
        const word = cell === undefined ? '' : String(cell)
        codes[row] = isMissingText(word, missing) ? -1 : categories.push(word) - 1
      }
      return kind === 'categorical' ? { kind, name, codes, categories } : textColumn(name, codes, categories)
    }
  }
}

/** What is no number or date, or is infinite, is missing, as in a file. */
function values(
  rows: readonly Row[],
  j: number,
  { missing }: ColumnSchema,
  parse: (text: string) => number,
): Float64Array {
  const result = new Float64Array(rows.length)
  for (let row = 0; row < rows.length; row++) {
    const cell = rows[row][j]
    let value = NaN
    if (typeof cell === 'number') value = missing.length > 0 && missing.includes(String(cell)) ? NaN : cell
    else if (cell !== undefined) value = parse(cell)
    result[row] = Number.isFinite(value) ? value : NaN
  }
  return result
}

const encoder = new TextEncoder()

function textColumn(name: string, codes: Int32Array, words: readonly string[]): Column {
  const parts = Array.from(codes, code => encoder.encode(code < 0 ? '' : words[code]))
  const offsets = new Float64Array(codes.length + 1)
  parts.forEach((part, row) => (offsets[row + 1] = offsets[row] + part.length))
  const bytes = new Uint8Array(offsets[codes.length])
  parts.forEach((part, row) => bytes.set(part, offsets[row]))
  return { kind: 'text', name, bytes, offsets, missing: Uint8Array.from(codes, code => Number(code < 0)) }
}
