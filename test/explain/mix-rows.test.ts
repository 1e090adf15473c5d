import { describe, expect, it } from 'vitest'
import type { Dataset, TextColumn } from '../../src/data/dataset.ts'
import { cellText, stackRows } from '../../src/explain/mix-rows.ts'

function text(name: string, values: readonly (string | undefined)[]): TextColumn {
  const parts = values.map(value => new TextEncoder().encode(value ?? ''))
  const offsets = new Float64Array(values.length + 1)
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i]! + part.length
  return {
    kind: 'text',
    name,
    bytes: Uint8Array.from(parts.flatMap(part => [...part])),
    offsets,
    missing: Uint8Array.from(values, value => (value === undefined ? 1 : 0)),
  }
}

const made = (
  words: readonly (string | undefined)[],
  categories: readonly string[],
  codes: readonly number[],
  numbers: readonly number[],
): Dataset => ({
  name: 'made',
  rows: words.length,
  columns: [
    text('note', words),
    { kind: 'categorical', name: 'colour', categories, codes: Int32Array.from(codes) },
    { kind: 'numeric', name: 'size', values: Float64Array.from(numbers) },
    { kind: 'datetime', name: 'day', values: Float64Array.from(numbers, value => value * 86_400_000) },
  ],
})

describe('stacked rows', () => {
  it('keep their cells, whatever order the categories of each table have', () => {
    const above = made(['grün', undefined], ['red', 'blue'], [1, -1], [1.5, NaN])
    const below = made(['', 'two words', 'x'], ['green', 'blue'], [0, 1, -1], [0, 2, 3])
    const both = stackRows(above, below)
    const shown = both.columns.map(column =>
      Array.from({ length: both.rows }, (_, row) => cellText(column, row)),
    )
    const apart = above.columns.map((column, j) => [
      ...Array.from({ length: 2 }, (_, row) => cellText(column, row)),
      ...Array.from({ length: 3 }, (_, row) => cellText(below.columns[j]!, row)),
    ])
    expect(shown).toEqual(apart)
    expect(shown[1]).toEqual(['blue', undefined, 'green', 'blue', undefined])
    expect(shown[3]).toEqual(['1970-01-02 12:00:00', undefined, '1970-01-01', '1970-01-03', '1970-01-04'])
  })
})
