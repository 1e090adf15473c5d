import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import { choice } from '../params/space.ts'
import type { CalendarPart } from './calendar.ts'
import { CALENDAR_PARTS, calendarPart, emitCalendarParts, PERIODS } from './calendar.ts'
import { MISSING_DATETIME } from './missing-indicator.ts'
import type { Encoder } from './transform.ts'

interface DatetimeState {
  readonly mode: 'ordinal' | 'cyclic'
  /** Parts that varied in the rows fitted on. */
  readonly parts: readonly CalendarPart[]
}

const DAY = 86_400_000

/** The features of one part: a number, or a place on a circle. Tables make both sides use the same bits. */
function partTables(
  part: CalendarPart,
  mode: 'ordinal' | 'cyclic',
): { suffix: string; table?: Float32Array }[] {
  const period = PERIODS[part]
  if (mode === 'ordinal' || period === undefined) return [{ suffix: '' }]
  const angles = Array.from({ length: period }, (_, value) => (2 * Math.PI * value) / period)
  return [
    { suffix: ' sin', table: Float32Array.from(angles, Math.sin) },
    { suffix: ' cos', table: Float32Array.from(angles, Math.cos) },
  ]
}

/** Calendar parts of a moment (UTC), each counted from 0 except the year; days since 1970 for trends. Missing is NaN. */
export const datetimeVectorizer: Encoder<DatetimeState> = {
  stage: 'encode',
  name: 'datetime-vectorizer',
  summary:
    'Weekday, year, month, day, week, hour, minute, second and elapsed days; as numbers or on circles.',
  accepts: ['datetime'],
  space: { mode: choice(['ordinal', 'cyclic']) },
  fit(column, { mode }) {
    const values = moments(column)
    const parts = CALENDAR_PARTS.filter(part => {
      let first = NaN
      for (const value of values) {
        if (!Number.isFinite(value)) continue
        const here = calendarPart(part, value)
        if (Number.isNaN(first)) first = here
        else if (here !== first) return true
      }
      return false
    })
    return {
      mode: mode === 'cyclic' ? 'cyclic' : 'ordinal',
      parts: parts.length > 0 ? parts : [CALENDAR_PARTS[0]!],
    }
  },
  apply(column, { mode, parts }) {
    const values = moments(column)
    return parts.flatMap(part => {
      const found = Float64Array.from(values, value =>
        Number.isFinite(value) ? calendarPart(part, value) : NaN,
      )
      return partTables(part, mode).map(({ suffix, table }): DenseFeature => ({
        kind: 'dense',
        name: `${column.name} ${part}${suffix}`,
        values: Float32Array.from(found, value => (table && !Number.isNaN(value) ? table[value]! : value)),
      }))
    })
  },
  emit({ mode, parts }, graph, input) {
    const missing = graph.op(
      'Equal',
      [input, graph.constant(BigInt64Array.of(MISSING_DATETIME), [1])],
      {},
      { type: 'bool' },
    )
    const known = graph.op('Where', [missing, graph.i64(0), input], {}, { type: 'int64' })
    const found = emitCalendarParts(parts, graph, known)
    const columns = parts.flatMap((part, i) =>
      partTables(part, mode).map(({ table }) => {
        if (part === 'elapsed') {
          const days = graph.op('Div', [graph.cast(known, 'double'), graph.f64(DAY)])
          return graph.cast(days, 'float')
        }
        if (!table) return graph.cast(found[i]!, 'float')
        return graph.op('Gather', [graph.constant(table, [table.length]), found[i]!], {}, { type: 'float' })
      }),
    )
    const joined = graph.op('Concat', columns, { axis: 1 })
    return graph.op('Where', [missing, graph.f32(NaN), joined], {}, { type: 'float' })
  },
}

function moments(column: Column): Float64Array {
  if (column.kind !== 'datetime')
    throw new Error(`column "${column.name}" is ${column.kind}: expected datetime`)
  return column.values
}
