import type { Column, ColumnKind } from '../data/dataset.ts'
import type { ElementType } from '../onnx/graph.ts'
import type { Feed } from '../onnx/session.ts'
import { feed } from '../onnx/session.ts'
import { MISSING_DATETIME } from '../transforms/missing-indicator.ts'
import { graphCategories, textAt } from '../transforms/strings.ts'

/** How the values of a column enter a graph. */
export const INPUT_TYPES = {
  numeric: 'float',
  categorical: 'string',
  text: 'string',
  datetime: 'int64',
} as const satisfies Record<ColumnKind, ElementType>

/** What stands for a missing value, in words. */
export const MISSING_VALUES = {
  numeric: 'NaN',
  categorical: 'empty string',
  text: 'empty string',
  datetime: String(MISSING_DATETIME),
} as const satisfies Record<ColumnKind, string>

/** Makes tensors `[rows, 1]` of the rows from `start` to `end` (exclusive) of a column. */
export function columnFeeder(column: Column): (start: number, end: number) => Promise<Feed> {
  const rows = (start: number, end: number) => [end - start, 1]
  switch (column.kind) {
    case 'numeric':
      return (start, end) => feed(Float32Array.from(column.values.subarray(start, end)), rows(start, end))
    case 'datetime':
      return (start, end) =>
        feed(
          BigInt64Array.from(Array.from(column.values.subarray(start, end), epochMilliseconds)),
          rows(start, end),
        )
    case 'categorical': {
      const categories = graphCategories(column)
      return (start, end) =>
        feed(
          Array.from(column.codes.subarray(start, end), code => (code < 0 ? '' : categories[code]!)),
          rows(start, end),
        )
    }
    case 'text':
      return (start, end) =>
        feed(
          Array.from({ length: end - start }, (_, i) => textAt(column, start + i)),
          rows(start, end),
        )
  }
}

const epochMilliseconds = (value: number): bigint =>
  Number.isFinite(value) ? BigInt(Math.floor(value)) : MISSING_DATETIME
