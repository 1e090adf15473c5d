import type { DenseFeature } from '../data/features.ts'
import type { Graph, Tensor } from '../onnx/graph.ts'
import { choice, float, when } from '../params/space.ts'
import type { CalendarPart } from './calendar.ts'
import { calendarPart, emitCalendarParts, integerArithmetic } from './calendar.ts'
import { emitMoments, momentsOf } from './moments.ts'
import type { Encoder } from './transform.ts'

interface CalendarState {
  /** Milliseconds since 1970 that `days since` counts from. */
  readonly reference: number
  /** Features made, by name. */
  readonly features: readonly string[]
}

const DAY = 86_400_000

/** Integer arithmetic on numbers or on tensors: each formula below is written once for both. */
interface Integers<T> {
  add(a: T, b: T | number): T
  sub(a: T, b: T | number): T
  mul(a: T, b: T | number): T
  /** Floor division, and the remainder that goes with it. */
  div(a: T, b: number): T
  mod(a: T, b: number): T
  /** 1 or 0. */
  equal(a: T, b: T | number): T
  less(a: T, b: number): T
  greater(a: T, b: number): T
  lookUp(table: readonly number[], place: T): T
}

const onNumbers: Integers<number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => Math.floor(a / b),
  mod: (a, b) => a - Math.floor(a / b) * b,
  equal: (a, b) => Number(a === b),
  less: (a, b) => Number(a < b),
  greater: (a, b) => Number(a > b),
  lookUp: (table, place) => table[place]!,
}

function onTensors(graph: Graph): Integers<Tensor> {
  const compare = (type: string) => (a: Tensor, b: Tensor | number) =>
    graph.cast(graph.op(type, [a, typeof b === 'number' ? graph.i64(b) : b], {}, { type: 'bool' }), 'int64')
  return {
    ...integerArithmetic(graph),
    equal: compare('Equal'),
    less: compare('Less'),
    greater: compare('Greater'),
    lookUp: (table, place) => graph.op('Gather', [graph.i64(...table), place], {}, { type: 'int64' }),
  }
}

/** What the features are made of, each counted from 0 but the year. */
const PARTS = ['year', 'month', 'day', 'weekday', 'hour'] as const satisfies readonly CalendarPart[]
type Parts<T> = Readonly<Record<(typeof PARTS)[number], T>>
type Formula = <T>(i: Integers<T>, parts: Parts<T>) => T

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAYS_BEFORE = MONTH_DAYS.map((_, month) =>
  MONTH_DAYS.slice(0, month).reduce((sum, days) => sum + days, 0),
)

const isLeapYear: Formula = (i, { year }) => {
  const every = (years: number) => i.equal(i.mod(year, years), 0)
  return i.add(i.sub(every(4), every(100)), every(400))
}
const daysInMonth: Formula = (i, parts) =>
  i.add(i.lookUp(MONTH_DAYS, parts.month), i.mul(i.equal(parts.month, 1), isLeapYear(i, parts)))
const dayOfYear: Formula = (i, parts) => {
  const before = i.add(
    i.lookUp(DAYS_BEFORE, parts.month),
    i.mul(i.greater(parts.month, 1), isLeapYear(i, parts)),
  )
  return i.add(before, parts.day)
}
const isMonthStart: Formula = (i, { day }) => i.equal(day, 0)
const isMonthEnd: Formula = (i, parts) => i.equal(parts.day, i.sub(daysInMonth(i, parts), 1))

/** Each counted from 0; yes is 1. */
const FORMULAS: Readonly<Record<string, Formula>> = {
  quarter: (i, { month }) => i.div(month, 3),
  'day of year': dayOfYear,
  'week of month': (i, { day }) => i.div(day, 7),
  'days in month': daysInMonth,
  'quarter of day': (i, { hour }) => i.div(hour, 6),
  weekend: (i, { weekday }) => i.greater(weekday, 4),
  'office hours': (i, { weekday, hour }) =>
    i.mul(i.less(weekday, 5), i.mul(i.greater(hour, 8), i.less(hour, 17))),
  'month start': isMonthStart,
  'month end': isMonthEnd,
  'quarter start': (i, parts) => i.mul(i.equal(i.mod(parts.month, 3), 0), isMonthStart(i, parts)),
  'quarter end': (i, parts) => i.mul(i.equal(i.mod(parts.month, 3), 2), isMonthEnd(i, parts)),
  'year start': (i, parts) => i.mul(i.equal(parts.month, 0), isMonthStart(i, parts)),
  'year end': (i, parts) => i.mul(i.equal(parts.month, 11), isMonthEnd(i, parts)),
  'leap year': isLeapYear,
}

const DAYS_SINCE = 'days since'
const partsOf = (moment: number): Parts<number> => {
  const [year, month, day, weekday, hour] = PARTS.map(part => calendarPart(part, moment))
  return { year: year!, month: month!, day: day!, weekday: weekday!, hour: hour! }
}

/** Features of moments, feature by feature; NaN where a moment is missing. */
function describeMoments(moments: Float64Array, names: readonly string[], reference: number): Float32Array[] {
  const values = names.map(() => new Float32Array(moments.length).fill(NaN))
  for (const [row, moment] of moments.entries()) {
    if (!Number.isFinite(moment)) continue
    const parts = partsOf(moment)
    for (const [k, name] of names.entries()) {
      const since = name === DAYS_SINCE
      values[k]![row] = since ? (Math.floor(moment) - reference) / DAY : FORMULAS[name]!(onNumbers, parts)
    }
  }
  return values
}

/** Days since a moment, and what people plan by: quarters, weekends, ends of months. UTC; knows no holidays. */
export const calendarFeatures: Encoder<CalendarState> = {
  stage: 'encode',
  name: 'calendar-features',
  summary:
    'Days since the first moment (or a date), quarter, day of year, weekend, office hours, starts and ends of months.',
  accepts: ['datetime'],
  space: {
    reference: choice(['first', 'last', 'date']),
    /** Days since 1970-01-01. */
    date: when('reference', ['date'], float(-700_000, 3_000_000, 0)),
    ignore_constant: choice([true, false]),
  },
  fit(column, params) {
    const moments = momentsOf(column).filter(Number.isFinite).map(Math.floor)
    const extreme = (pick: (a: number, b: number) => number) =>
      moments.length === 0 ? 0 : moments.reduce((a, b) => pick(a, b))
    const reference = {
      first: () => extreme(Math.min),
      last: () => extreme(Math.max),
      date: () => Math.round(Number(params.date) * DAY),
    }[String(params.reference)]!()
    const names = [DAYS_SINCE, ...Object.keys(FORMULAS)]
    const values = describeMoments(moments, names, reference)
    const varies = (k: number) => values[k]!.some(value => value !== values[k]![0])
    const kept = params.ignore_constant ? names.filter((_, k) => varies(k)) : names
    return { reference, features: kept.length > 0 ? kept : [DAYS_SINCE] }
  },
  apply(column, { reference, features }) {
    const values = describeMoments(momentsOf(column), features, reference)
    return features.map((feature, k): DenseFeature => ({
      kind: 'dense',
      name: `${column.name} ${feature}`,
      values: values[k]!,
    }))
  },
  emit({ reference, features }, graph, input) {
    const { missing, known } = emitMoments(graph, input, 0)
    const [year, month, day, weekday, hour] = emitCalendarParts(PARTS, graph, known)
    const parts = { year: year!, month: month!, day: day!, weekday: weekday!, hour: hour! }
    const integers = onTensors(graph)
    const columns = features.map(feature => {
      if (feature !== DAYS_SINCE) return graph.cast(FORMULAS[feature]!(integers, parts), 'float')
      const since = graph.cast(integers.sub(known, reference), 'double')
      return graph.cast(graph.op('Div', [since, graph.f64(DAY)]), 'float')
    })
    const joined = graph.op('Concat', columns, { axis: 1 })
    return graph.op('Where', [missing, graph.f32(NaN), joined], {}, { type: 'float' })
  },
}
