import { count, figure } from '../util/text.ts'
import { displayWidth } from './display-width.ts'

const UNITS = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1, ''],
] as const
const MOST_DIGITS = 4

/** How figures stand along an axis that reaches so far: all in one unit, plain below a million. */
export function ticks(values: Iterable<number>): (value: number) => string {
  let reach = 0
  for (const value of values) if (Number.isFinite(value)) reach = Math.max(reach, Math.abs(value))
  if (reach >= 1e12) return value => figure(value, 2)
  const [size, unit] = UNITS.find(([least]) => reach >= least) ?? [1, '']
  return value => {
    const scaled = value / size
    return scaled === 0
      ? '0'
      : `${Math.abs(scaled) >= 1000 ? count(scaled) : figure(scaled, MOST_DIGITS)}${unit}`
  }
}

/** Room in pixels for names beside a chart, at the size charts are written in. */
export const roomFor = (names: readonly string[], most: number): number =>
  Math.min(most, 14 + Math.ceil(Math.max(4, ...names.map(name => displayWidth(name))) * 7))
