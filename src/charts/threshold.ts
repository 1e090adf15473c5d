import { axisX, axisY, gridX, gridY, line, ruleX, text } from '@observablehq/plot'
import { figure } from '../util/text.ts'
import type { ThresholdPoint } from './curves.ts'
import { draw } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'

const LINES = [
  ['precision', COLOURS.blue],
  ['recall', COLOURS.orange],
  ['f1', COLOURS.green],
] as const

/** Precision, recall and F1 over the probability from which a row is called positive. */
export function thresholds(
  { points, used = 0.5 }: { readonly points: readonly ThresholdPoint[]; readonly used?: number },
  options: ChartOptions = {},
): string {
  const best = points.reduce<ThresholdPoint | undefined>(
    (top, point) => (!top || point.f1 > top.f1 ? point : top),
    undefined,
  )
  return draw(
    {
      width: 320,
      height: 320,
      marginLeft: 45,
      marginRight: 60,
      x: { label: 'threshold', domain: [0, 1] },
      y: { label: 'score', domain: [0, 1] },
      marks: [
        gridX(),
        gridY(),
        ruleX([used], { stroke: COLOURS.grey, strokeDasharray: '4 3' }),
        ...LINES.flatMap(([name, colour], i) => [
          line(points, { x: 'threshold', y: name, stroke: colour, strokeWidth: 2 }),
          text([[1, 0.97 - 0.06 * i]], {
            text: [name === 'f1' ? 'F1' : name],
            fill: colour,
            textAnchor: 'start',
            dx: 4,
          }),
        ]),
        axisX({ ticks: 5 }),
        axisY({ ticks: 5 }),
      ],
    },
    {
      title: 'Precision, recall and F1 by threshold',
      description: best
        ? `F1 is highest, ${figure(best.f1)}, when rows from ${figure(best.threshold, 2)} on are called positive; the dashed line is ${figure(used, 2)}, which predictions use.`
        : 'No row is positive.',
      ...options,
    },
  )
}
