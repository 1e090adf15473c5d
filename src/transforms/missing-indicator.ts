import type { Column } from '../data/dataset.ts'
import { choice } from '../params/space.ts'
import { notFinite, rowCount } from './levels.ts'
import type { Encoder } from './transform.ts'

interface IndicatorState {
  /** False when the column had no missing value to learn from, so there is no feature. */
  readonly kept: boolean
}

/** int64 that stands for a missing datetime in a graph. */
export const MISSING_DATETIME = -(2n ** 63n)

function isMissing(column: Column, row: number): boolean {
  switch (column.kind) {
    case 'numeric':
      return !Number.isFinite(Math.fround(column.values[row]!))
    case 'datetime':
      return !Number.isFinite(column.values[row]!)
    case 'categorical':
      return column.codes[row]! < 0 || column.categories[column.codes[row]!] === ''
    case 'text':
      return column.missing[row] === 1 || column.offsets[row] === column.offsets[row + 1]
  }
}

const missingRows = (column: Column): Int32Array =>
  Int32Array.from({ length: rowCount(column) }, (_, row) => row).filter(row => isMissing(column, row))

/** 1 where a value is missing. */
export const missingIndicator: Encoder<IndicatorState> = {
  stage: 'encode',
  name: 'missing-indicator',
  summary: 'One 0/1 feature per column: 1 where the value is missing.',
  accepts: ['numeric', 'categorical', 'text', 'datetime'],
  space: { features: choice(['missing-only', 'all']) },
  fit: (column, { features }) => ({ kept: features === 'all' || missingRows(column).length > 0 }),
  apply(column, { kept }) {
    if (!kept) return []
    const index = missingRows(column)
    return [
      {
        kind: 'sparse',
        name: `${column.name} missing`,
        index,
        values: new Float32Array(index.length).fill(1),
      },
    ]
  },
  emit({ kept }, graph, input) {
    if (!kept) return undefined
    if (input.type === 'float') return graph.cast(notFinite(graph, input), 'float')
    const absent =
      input.type === 'string'
        ? graph.constant([''], [1])
        : graph.constant(BigInt64Array.of(MISSING_DATETIME), [1])
    return graph.cast(graph.op('Equal', [input, absent], {}, { type: 'bool' }), 'float')
  },
  emitColumns(states, graph, input) {
    const kept = [...states.keys()].filter(index => states[index]!.kept)
    if (kept.length === 0) return undefined
    const columns =
      kept.length === states.length ? input : graph.op('Gather', [input, graph.i64(...kept)], { axis: 1 })
    return graph.cast(notFinite(graph, columns), 'float')
  },
}
