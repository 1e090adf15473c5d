import type { Column } from '../data/dataset.ts'
import type { DenseFeature } from '../data/features.ts'
import { choice, float, when } from '../params/space.ts'
import type { CalendarPart } from './calendar.ts'
import { CALENDAR_PARTS, calendarPart, emitCalendarParts, PERIODS } from './calendar.ts'
import { emitMoments, momentsOf } from './moments.ts'
import type { Encoder } from './transform.ts'

interface DatetimeState {
  readonly mode: 'ordinal' | 'cyclic'
  /** Parts that varied in the rows fitted on. */
  readonly parts: readonly CalendarPart[]
  /** What a missing moment is taken for, in milliseconds; missing stays missing without it. */
  readonly fill?: number
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

/**
 * Calendar parts of a moment (UTC), each counted from 0 except the year; days since 1970 for trends. Every part can be left out;
 * missing is NaN, or the moment said by `default_datetime`.
 */
export const datetimeVectorizer: Encoder<DatetimeState> = {
  stage: 'encode',
  name: 'datetime-vectorizer',
  summary:
    'Weekday, year, month, day, week, hour, minute, second and elapsed days; as numbers or on circles.',
  accepts: ['datetime'],
  space: {
    mode: choice(['ordinal', 'cyclic']),
    ...Object.fromEntries(CALENDAR_PARTS.map(part => [part, choice([true, false])])),
    ignore_constant: choice([true, false]),
    missing: choice(['nan', 'default']),
    /** Milliseconds since 1970. */
    default_datetime: when('missing', ['default'], float(-6e13, 2.5e14, 0)),
  },
  fit(column, params) {
    const fill = params.missing === 'default' ? Math.floor(Number(params.default_datetime)) : undefined
    const values = knownMoments(column, fill)
    const asked = CALENDAR_PARTS.filter(part => params[part] !== false)
    const parts = params.ignore_constant !== false ? asked.filter(part => varies(part, values)) : asked
    return {
      mode: params.mode === 'cyclic' ? 'cyclic' : 'ordinal',
      parts: parts.length > 0 ? parts : [asked[0] ?? CALENDAR_PARTS[0]!],
      ...(fill === undefined ? {} : { fill }),
    }
  },
  apply(column, { mode, parts, fill }) {
    const values = knownMoments(column, fill)
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
  emit({ mode, parts, fill }, graph, input) {
    const { missing, known } = emitMoments(graph, input, fill ?? 0)
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
    if (fill !== undefined) return joined
    return graph.op('Where', [missing, graph.f32(NaN), joined], {}, { type: 'float' })
  },
}

const knownMoments = (column: Column, fill: number | undefined): Float64Array =>
  fill === undefined
    ? momentsOf(column)
    : momentsOf(column).map(value => (Number.isFinite(value) ? value : fill))

function varies(part: CalendarPart, moments: Float64Array): boolean {
  let first = NaN
  for (const moment of moments) {
    if (!Number.isFinite(moment)) continue
    const here = calendarPart(part, moment)
    if (Number.isNaN(first)) first = here
    else if (here !== first) return true
  }
  return false
}
