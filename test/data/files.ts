import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { stringAt } from '../../src/data/dataset.ts'
import type { Column, Dataset } from '../../src/data/dataset.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-data-'))
let made = 0

/** Writes bytes to a new file and gives its path. */
export function file(data: string | Uint8Array, name = `table-${made}.csv`): string {
  const path = join(mkdtempSync(join(folder, `${made++}-`)), name)
  writeFileSync(path, data)
  return path
}

export const gzipped = (text: string): string => file(gzipSync(text), `table-${made}.csv.gz`)

/** Every cell of a column as a person would read it; undefined is missing. */
export function cellsOf(column: Column): (string | number | undefined)[] {
  if (column.kind === 'numeric' || column.kind === 'datetime') {
    return Array.from(column.values, value => (Number.isNaN(value) ? undefined : value))
  }
  const rows = column.kind === 'categorical' ? column.codes.length : column.missing.length
  return Array.from({ length: rows }, (_, row) => stringAt(column, row))
}

export const tableOf = (dataset: Dataset) =>
  Object.fromEntries(dataset.columns.map(column => [column.name, cellsOf(column)]))
