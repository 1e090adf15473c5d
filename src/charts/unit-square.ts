import { axisX, axisY, dot, gridX, gridY, line } from '@observablehq/plot'
import { draw } from './document.ts'
import type { Picture } from './document.ts'
import { COLOURS } from './palette.ts'

export interface UnitPoint {
  readonly x: number
  readonly y: number
}

interface UnitSquare extends Picture {
  readonly x: string
  readonly y: string
  /** The line of a model that knows nothing, or of a perfect one: dashed. */
  readonly reference: readonly UnitPoint[]
  readonly dots?: boolean
}

/** A line in the unit square beside a dashed reference: the form of ROC, precision-recall and calibration. */
export function unitSquare(
  points: readonly UnitPoint[],
  { x, y, reference, dots = false, ...picture }: UnitSquare,
): string {
  const scale = { domain: [0, 1] as [number, number] }
  return draw(
    {
      width: 320,
      height: 320,
      marginLeft: 45,
      x: { ...scale, label: x },
      y: { ...scale, label: y },
      marks: [
        gridX(),
        gridY(),
        line(reference, { x: 'x', y: 'y', stroke: COLOURS.grey, strokeDasharray: '4 3' }),
        line(points, { x: 'x', y: 'y', stroke: COLOURS.blue, strokeWidth: 2 }),
        ...(dots ? [dot(points, { x: 'x', y: 'y', r: 3, fill: COLOURS.blue })] : []),
        axisX({ ticks: 5 }),
        axisY({ ticks: 5 }),
      ],
    },
    picture,
  )
}
