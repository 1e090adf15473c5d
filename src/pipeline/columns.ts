import type { Column, ColumnKind, Dataset } from '../data/dataset.ts'
import { findColumn } from '../data/dataset.ts'
import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'

/** A column a pipeline reads. */
export interface ColumnRef {
  readonly name: string
  readonly kind: ColumnKind
}

/** Says which columns a table lacks, all at once. */
export function requireColumns(dataset: Dataset, names: Iterable<string>): void {
  const missing = [...new Set(names)].filter(name => !findColumn(dataset, name))
  if (missing.length === 0) return
  const list = missing.slice(0, 10).map(quoted).join(', ')
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : ''
  throw new InputError(
    'E_MISSING_COLUMNS',
    `table ${quoted(dataset.name)} lacks ${missing.length} column(s): ${list}${more}; add them or name them as in the training table`,
  )
}

/** The column of that name and kind. `requireColumns` has been called before. */
export function columnOf(dataset: Dataset, { name, kind }: ColumnRef): Column {
  const column = findColumn(dataset, name)!
  if (column.kind === kind) return column
  throw new InputError(
    'E_WRONG_KIND',
    `column ${quoted(name)} is ${column.kind}: ${kind} was expected, as in the training table; read the table with the schema of the model`,
  )
}

/** A column of that kind without rows. */
export function emptyColumn({ name, kind }: ColumnRef): Column {
  switch (kind) {
    case 'numeric':
    case 'datetime':
      return { kind, name, values: new Float64Array(0) }
    case 'categorical':
      return { kind, name, codes: new Int32Array(0), categories: [] }
    case 'text':
      return {
        kind,
        name,
        bytes: new Uint8Array(0),
        offsets: new Float64Array(1),
        missing: new Uint8Array(0),
      }
  }
}
