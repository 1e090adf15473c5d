import { findColumn, stringAt, type Column, type Dataset } from '../data/dataset.ts'
import type { TableSchema } from '../data/schema.ts'
import { InputError } from '../util/errors.ts'
import { nearest, quoted } from '../util/text.ts'

/** The schema with every column ignored that is not among the listed features. */
export function chooseFeatures(schema: TableSchema, names: readonly string[] | undefined): TableSchema {
  if (names === undefined) return schema
  const known = schema.columns.map(({ name }) => name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined) {
    const near = nearest(unknown, known)
    throw new InputError(
      'E_FEATURES_FILE',
      `FeatureAttributeNames of the --features file lists ${quoted(unknown)}, which is not in the header: expected columns of the file${near ? `; did you mean ${quoted(near)}?` : ''}`,
      { exit: 'usage' },
    )
  }
  const listed = new Set(names)
  return {
    columns: schema.columns.map(column =>
      column.use !== 'feature' || listed.has(column.name)
        ? column
        : {
            ...column,
            use: 'ignored',
            reason: `${column.reason}; left out, as FeatureAttributeNames of --features does not list it`,
          },
    ),
  }
}

function roleColumn(table: Dataset, flag: string, name: string): Column {
  const column = findColumn(table, name)
  if (column) return column
  const names = table.columns.map(({ name }) => name)
  const near = nearest(name, names)
  throw new InputError(
    'E_COLUMN_NOT_FOUND',
    `${flag} names column ${quoted(name)}, which is not in the header: expected a column of the file${near ? `; did you mean ${quoted(near)}?` : ''}`,
    { exit: 'usage' },
  )
}

/** One integer per row, equal within a group; a missing group is a group of its own row. */
export function groupCodes(
  table: Dataset,
  name: string | undefined,
  rows: Int32Array,
): Int32Array | undefined {
  if (name === undefined) return undefined
  const column = roleColumn(table, '--group', name)
  const codes = new Map<string, number>()
  return rows.map((row, index) => {
    const value =
      column.kind === 'numeric' || column.kind === 'datetime' ? column.values[row]! : stringAt(column, row)
    const missing = value === undefined || Number.isNaN(value)
    const key = missing ? `missing ${index}` : `value ${value}`
    if (!codes.has(key)) codes.set(key, codes.size)
    return codes.get(key)!
  })
}

/** The order of rows in time: datetimes or numbers, all present. */
export function timeValues(
  table: Dataset,
  name: string | undefined,
  rows: Int32Array,
): Float64Array | undefined {
  if (name === undefined) return undefined
  const column = roleColumn(table, '--time', name)
  if (column.kind !== 'datetime' && column.kind !== 'numeric') {
    throw new InputError(
      'E_TIME_COLUMN',
      `--time column ${quoted(name)} is ${column.kind}: expected dates or numbers; name another column`,
      { exit: 'usage' },
    )
  }
  const values = Float64Array.from(rows, row => column.values[row]!)
  const missing = values.findIndex(value => Number.isNaN(value))
  if (missing >= 0) {
    throw new InputError(
      'E_TIME_COLUMN',
      `--time column ${quoted(name)} has no readable value in data row ${rows[missing]! + 1}: expected one in every row; mend the file or name another column`,
    )
  }
  return values
}

/** Weights of rows: finite and not negative, not all zero. */
export function rowWeights(
  table: Dataset,
  name: string | undefined,
  rows: Int32Array,
): Float64Array | undefined {
  if (name === undefined) return undefined
  const column = roleColumn(table, '--weight', name)
  if (column.kind !== 'numeric') {
    throw new InputError(
      'E_WEIGHT_COLUMN',
      `--weight column ${quoted(name)} is ${column.kind}: expected numbers ≥ 0; name another column`,
      { exit: 'usage' },
    )
  }
  const values = Float64Array.from(rows, row => column.values[row]!)
  const bad = values.findIndex(value => !(value >= 0 && Number.isFinite(value)))
  if (bad >= 0) {
    throw new InputError(
      'E_WEIGHT_COLUMN',
      `--weight column ${quoted(name)} holds ${values[bad]} in data row ${rows[bad]! + 1}: expected a number ≥ 0 in every row; mend the file`,
    )
  }
  if (!values.some(value => value > 0))
    throw new InputError(
      'E_WEIGHT_COLUMN',
      `--weight column ${quoted(name)} is zero in every row: expected some rows to count`,
    )
  return values
}
