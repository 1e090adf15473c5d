import { axisX, axisY, gridX, gridY, line, ruleY } from '@observablehq/plot'
import { figure } from '../util/text.ts'
import { thin } from './curves.ts'
import type { GainPoint } from './curves.ts'
import { draw } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { unitSquare } from './unit-square.ts'

/** Share of the positives found over share of the rows looked at, most probable first. */
export function gain(
  { points, positiveFraction }: { readonly points: readonly GainPoint[]; readonly positiveFraction: number },
  options: ChartOptions = {},
): string {
  const tenth = points.find(point => point.rows >= 0.1)?.gain ?? 0
  return unitSquare(
    thin(points).map(point => ({ x: point.rows, y: point.gain })),
    {
      title: 'Cumulative gain',
      description: `The most probable tenth of the rows holds ${figure(100 * tenth, 3)} % of the ${figure(100 * positiveFraction, 3)} % positives; the dashed line is chance.`,
      x: 'share of rows, most probable first',
      y: 'share of positives',
      reference: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      ...options,
    },
  )
}

/** Below this share of the rows a lift is that of a handful. */
const FIRST = 0.01

/** How many times more positives than chance the most probable rows hold. */
export function lift(
  { points }: { readonly points: readonly GainPoint[] },
  options: ChartOptions = {},
): string {
  const shown = thin(points.filter(point => point.rows >= FIRST)).map(({ rows, gain: held }) => ({
    x: rows,
    y: held / rows,
  }))
  return draw(
    {
      width: 320,
      height: 320,
      marginLeft: 45,
      x: { label: 'share of rows, most probable first', domain: [0, 1] },
      y: { label: 'lift', nice: true, zero: true },
      marks: [
        gridX(),
        gridY(),
        ruleY([1], { stroke: COLOURS.grey, strokeDasharray: '4 3' }),
        line(shown, { x: 'x', y: 'y', stroke: COLOURS.blue, strokeWidth: 2 }),
        axisX({ ticks: 5 }),
        axisY({ ticks: 5 }),
      ],
    },
    {
      title: 'Lift',
      description: `Positives among the most probable rows, as a multiple of chance; ${figure(shown[0]?.y ?? 1, 3)} at the first ${figure(100 * (shown[0]?.x ?? 1), 3)} %.`,
      ...options,
    },
  )
}
