import { stringAt, takeColumn, type Column, type Dataset } from '../data/dataset.ts'
import { findColumn } from '../data/dataset.ts'

/** The rows of one table above those of another, for the columns both have. Columns of one name are of one kind. */
export function stackRows(above: Dataset, below: Dataset): Dataset {
  const columns = above.columns.flatMap(column => {
    const other = findColumn(below, column.name)
    return other ? [stackColumns(column, other, above.rows, below.rows)] : []
  })
  return { name: above.name, rows: above.rows + below.rows, columns }
}

function stackColumns(above: Column, below: Column, aboveRows: number, belowRows: number): Column {
  if (above.kind !== below.kind) throw new Error(`column "${above.name}" is ${above.kind} and ${below.kind}`)
  switch (above.kind) {
    case 'numeric':
    case 'datetime': {
      const values = new Float64Array(aboveRows + belowRows)
      values.set(above.values)
      values.set((below as typeof above).values, aboveRows)
      return { ...above, values } as Column
    }
    case 'categorical': {
      const other = below as typeof above
      const categories = [...above.categories]
      const codeOf = new Map(categories.map((category, code) => [category, code]))
      const recoded = other.categories.map(category => {
        const known = codeOf.get(category)
        if (known !== undefined) return known
        codeOf.set(category, categories.length)
        return categories.push(category) - 1
      })
      const codes = new Int32Array(aboveRows + belowRows)
      codes.set(above.codes)
      for (let row = 0; row < belowRows; row++)
        codes[aboveRows + row] = other.codes[row]! < 0 ? -1 : recoded[other.codes[row]!]!
      return { ...above, codes, categories }
    }
    case 'text': {
      const other = below as typeof above
      const first = above.offsets[aboveRows]!
      const bytes = new Uint8Array(first + other.offsets[belowRows]!)
      bytes.set(above.bytes.subarray(0, first))
      bytes.set(other.bytes.subarray(0, other.offsets[belowRows]), first)
      const offsets = new Float64Array(aboveRows + belowRows + 1)
      offsets.set(above.offsets.subarray(0, aboveRows + 1))
      for (let row = 1; row <= belowRows; row++) offsets[aboveRows + row] = first + other.offsets[row]!
      const missing = new Uint8Array(aboveRows + belowRows)
      missing.set(above.missing.subarray(0, aboveRows))
      missing.set(other.missing.subarray(0, belowRows), aboveRows)
      return { ...above, bytes, offsets, missing }
    }
  }
}

/** A table of `rows` rows in which every column takes its cells from rows of `source` of its own choice. */
export const mixRows = (source: Dataset, rows: number, rowsOf: (column: string) => Int32Array): Dataset => ({
  name: source.name,
  rows,
  columns: source.columns.map(column => takeColumn(column, rowsOf(column.name))),
})

/** A cell as a person reads it; undefined when missing. */
export function cellText(column: Column, row: number): string | undefined {
  if (column.kind === 'categorical' || column.kind === 'text') return stringAt(column, row)
  const value = column.values[row]!
  if (Number.isNaN(value)) return undefined
  if (column.kind === 'numeric') return String(value)
  const iso = new Date(value).toISOString()
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.replace('T', ' ').replace(/(\.000)?Z$/, '')
}
