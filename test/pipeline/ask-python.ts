import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Column, Dataset } from '../../src/data/dataset.ts'
import { stringAt } from '../../src/data/dataset.ts'

const cell = (column: Column, row: number): string | number | null => {
  if (column.kind === 'categorical' || column.kind === 'text') return stringAt(column, row) ?? null
  const value = column.kind === 'numeric' ? Math.fround(column.values[row]!) : column.values[row]!
  return Number.isNaN(value) ? null : value
}

/** What Python's onnxruntime makes of a model folder, after the official checker has seen it. */
export function askPython(
  python: string,
  place: string,
  inputs: readonly { input: string; column: string }[],
  dataset: Dataset,
) {
  const feeds = Object.fromEntries(
    inputs.map(({ input, column }) => {
      const found = dataset.columns.find(({ name }) => name === column)!
      return [input, Array.from({ length: dataset.rows }, (_, row) => cell(found, row))]
    }),
  )
  const path = join(place, 'feeds.json')
  writeFileSync(path, JSON.stringify(feeds))
  const script = resolve(import.meta.dirname, '../fixtures/check_model.py')
  const { results } = JSON.parse(
    execFileSync(python, [script, place, path], { encoding: 'utf8', maxBuffer: 1e8 }),
  ) as {
    results: Record<string, unknown[]>
  }
  return results
}
