import type { Graph, Tensor } from '../onnx/graph.ts'

/** Parts of a moment in UTC. Each counts from 0 but `year`; `elapsed` is days since 1970 with fractions. */
export const CALENDAR_PARTS = [
  'weekday',
  'year',
  'hour',
  'minute',
  'second',
  'month',
  'week',
  'day',
  'elapsed',
] as const
export type CalendarPart = (typeof CALENDAR_PARTS)[number]

/** Length of the circle of a part; parts without one never come back. */
export const PERIODS: Readonly<Partial<Record<CalendarPart, number>>> = {
  weekday: 7,
  hour: 24,
  minute: 60,
  second: 60,
  month: 12,
  week: 53,
  day: 31,
}

const SECOND = 1000
const DAY = 86_400_000

/** Floor division and the remainder that goes with it, as the numbers below are never far from 0. */
const mod = (a: number, b: number) => a - Math.floor(a / b) * b

/** One part of a moment in milliseconds since 1970. Fractions of a millisecond are cut off. */
export function calendarPart(part: CalendarPart, moment: number): number {
  const ms = Math.floor(moment)
  if (part === 'elapsed') return ms / DAY
  const days = Math.floor(ms / DAY)
  const second = Math.floor(mod(ms, DAY) / SECOND)
  if (part === 'hour') return Math.floor(second / 3600)
  if (part === 'minute') return Math.floor(second / 60) % 60
  if (part === 'second') return second % 60
  const weekday = mod(days + 3, 7) // 1970-01-01 was a Thursday
  if (part === 'weekday') return weekday
  if (part !== 'week') return civil(days)[part]
  // ISO 8601: a week belongs to the year of its Thursday.
  const thursday = days - weekday + 3
  return Math.floor((thursday - daysBeforeYear(civil(thursday).year)) / 7)
}

/** Days from 1970-01-01 to 1 January of a year. */
function daysBeforeYear(year: number): number {
  const before = year - 1
  return 365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719_162
}

/**
 * The date of a day number (Hinnant, "chrono-Compatible Low-Level Date Algorithms"): years that begin in March make the leap day
 * the last of its year, and 400 of them are always 146,097 days.
 */
function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = (marchMonth + 2) % 12
  return {
    year: yearOfEra + era * 400 + (month <= 1 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5),
  }
}

/** The same for an int64 tensor; `elapsed` is left to the caller and comes back as the moment itself. */
export function emitCalendarParts(parts: readonly CalendarPart[], graph: Graph, moment: Tensor): Tensor[] {
  const integer = integerArithmetic(graph)
  const { add, sub, mul, div, mod } = integer
  const days = div(moment, DAY)
  const second = div(mod(moment, DAY), SECOND)
  const weekday = mod(add(days, 3), 7)
  const week = () => {
    const thursday = add(sub(days, weekday), 3)
    const before = sub(emitCivil(graph, thursday).year, 1)
    const leaps = add(sub(div(before, 4), div(before, 100)), div(before, 400))
    return div(sub(thursday, sub(add(mul(before, 365), leaps), 719_162)), 7)
  }
  let date: ReturnType<typeof emitCivil> | undefined
  return parts.map(part => {
    switch (part) {
      case 'elapsed':
        return moment
      case 'hour':
        return div(second, 3600)
      case 'minute':
        return mod(div(second, 60), 60)
      case 'second':
        return mod(second, 60)
      case 'weekday':
        return weekday
      case 'week':
        return week()
      default:
        date ??= emitCivil(graph, days)
        return date[part]
    }
  })
}

/** Integer arithmetic with floor division: ONNX `Div` cuts toward zero, `Mod` already floors. */
export function integerArithmetic(graph: Graph) {
  const tensor = (value: Tensor | number) => (typeof value === 'number' ? graph.i64(value) : value)
  const op = (type: string) => (a: Tensor, b: Tensor | number) => graph.op(type, [a, tensor(b)])
  const mod = op('Mod')
  return {
    add: op('Add'),
    sub: op('Sub'),
    mul: op('Mul'),
    mod,
    div: (a: Tensor, b: number) => graph.op('Div', [graph.op('Sub', [a, mod(a, b)]), graph.i64(b)]),
  }
}

function emitCivil(graph: Graph, days: Tensor): { year: Tensor; month: Tensor; day: Tensor } {
  const { add, sub, mul, div, mod } = integerArithmetic(graph)
  const shifted = add(days, 719_468)
  const era = div(shifted, 146_097)
  const dayOfEra = mod(shifted, 146_097)
  const corrected = sub(
    add(sub(dayOfEra, div(dayOfEra, 1460)), div(dayOfEra, 36_524)),
    div(dayOfEra, 146_096),
  )
  const yearOfEra = div(corrected, 365)
  const dayOfYear = sub(dayOfEra, sub(add(mul(yearOfEra, 365), div(yearOfEra, 4)), div(yearOfEra, 100)))
  const marchMonth = div(add(mul(dayOfYear, 5), 2), 153)
  const month = mod(add(marchMonth, 2), 12)
  const january = graph.cast(graph.op('LessOrEqual', [month, graph.i64(1)], {}, { type: 'bool' }), 'int64')
  return {
    year: add(add(yearOfEra, mul(era, 400)), january),
    month,
    day: sub(dayOfYear, div(add(mul(marchMonth, 153), 2), 5)),
  }
}
