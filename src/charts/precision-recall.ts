import { figure } from '../util/text.ts'
import { thin } from './curves.ts'
import type { PrecisionRecallPoint } from './curves.ts'
import type { ChartOptions } from './document.ts'
import { unitSquare } from './unit-square.ts'

export interface PrecisionRecallData {
  readonly points: readonly PrecisionRecallPoint[]
  /** Share of positive rows: the precision of guessing. */
  readonly positiveFraction: number
}

/** Precision against recall over all thresholds. */
export const precisionRecall = (
  { points, positiveFraction }: PrecisionRecallData,
  options: ChartOptions = {},
): string =>
  unitSquare(
    thin(points).map(point => ({ x: point.recall, y: point.precision })),
    {
      title: 'Precision and recall',
      description: `The dashed line is guessing: ${figure(100 * positiveFraction, 3)} % of the rows are positive.`,
      x: 'recall',
      y: 'precision',
      reference: [
        { x: 0, y: positiveFraction },
        { x: 1, y: positiveFraction },
      ],
      ...options,
    },
  )
