/** Numbers; NaN is missing. Float32Array when every value survives rounding to float32, else Float64Array. */
export interface NumericColumn {
  readonly kind: 'numeric'
  readonly name: string
  readonly values: Float64Array | Float32Array
}

/** One of a list of strings per row; −1 is missing. Categories are in order of first appearance. */
export interface CategoricalColumn {
  readonly kind: 'categorical'
  readonly name: string
  readonly codes: Int32Array
  readonly categories: readonly string[]
}

/** Free text: row r is UTF-8 `bytes[offsets[r] … offsets[r + 1])`; `missing[r]` is 1 where there was no value. */
export interface TextColumn {
  readonly kind: 'text'
  readonly name: string
  readonly bytes: Uint8Array
  readonly offsets: Float64Array
  readonly missing: Uint8Array
}

/** Milliseconds since 1970-01-01 UTC; NaN is missing. */
export interface DatetimeColumn {
  readonly kind: 'datetime'
  readonly name: string
  readonly values: Float64Array
}

export type Column = NumericColumn | CategoricalColumn | TextColumn | DatetimeColumn
export type ColumnKind = Column['kind']

/** A table, column by column. Every column has `rows` values. Never changed after it is made. */
export interface Dataset {
  readonly name: string
  readonly rows: number
  readonly columns: readonly Column[]
}

export type Task = 'binary' | 'multiclass' | 'regression'

/** What is learnt. Classification: class indexes into `classes`; regression: values. Rows without a target are gone. */
export interface Target {
  readonly name: string
  readonly task: Task
  /** Class labels as they stood in the file. Binary: `[majority, minority]`, so index 1 is the positive class. Empty for regression. */
  readonly classes: readonly string[]
  /** Labels that differ only in case and spaces are one class. */
  readonly labels?: 'normalised'
  /** One per row: class index (integer) or value. */
  readonly values: Float64Array
}

const decoder = new TextDecoder()

/** The string in one row of a string column, or undefined when missing. */
export function stringAt(column: CategoricalColumn | TextColumn, row: number): string | undefined {
  if (column.kind === 'categorical')
    return column.codes[row]! < 0 ? undefined : column.categories[column.codes[row]!]
  if (column.missing[row]) return undefined
  return decoder.decode(column.bytes.subarray(column.offsets[row], column.offsets[row + 1]))
}

/** The rows named by `rows`, in that order, as a new column. */
export function takeColumn(column: Column, rows: Int32Array): Column {
  switch (column.kind) {
    case 'numeric':
    case 'datetime': {
      const values =
        column.values instanceof Float32Array ? new Float32Array(rows.length) : new Float64Array(rows.length)
      for (let i = 0; i < rows.length; i++) values[i] = column.values[rows[i]!]!
      return { ...column, values } as Column
    }
    case 'categorical':
      return { ...column, codes: rows.map(row => column.codes[row]!) }
    case 'text': {
      const offsets = new Float64Array(rows.length + 1)
      for (let i = 0; i < rows.length; i++) {
        offsets[i + 1] = offsets[i]! + column.offsets[rows[i]! + 1]! - column.offsets[rows[i]!]!
      }
      const bytes = new Uint8Array(offsets[rows.length]!)
      const missing = new Uint8Array(rows.length)
      for (let i = 0; i < rows.length; i++) {
        bytes.set(column.bytes.subarray(column.offsets[rows[i]!], column.offsets[rows[i]! + 1]), offsets[i])
        missing[i] = column.missing[rows[i]!]!
      }
      return { ...column, bytes, offsets, missing }
    }
  }
}

/** The rows named by `rows`, in that order, as a new dataset. */
export const takeRows = (dataset: Dataset, rows: Int32Array): Dataset => ({
  name: dataset.name,
  rows: rows.length,
  columns: dataset.columns.map(column => takeColumn(column, rows)),
})

const byName = new WeakMap<Dataset['columns'], Map<string, Column>>()

/** The column of that name (the first of several), or undefined. */
export function findColumn({ columns }: Dataset, name: string): Column | undefined {
  let known = byName.get(columns)
  if (!known) {
    known = new Map(columns.toReversed().map(column => [column.name, column]))
    byName.set(columns, known)
  }
  return known.get(name)
}
