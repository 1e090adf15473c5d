import type { CalibrationPoint } from './curves.ts'
import type { ChartOptions } from './document.ts'
import { unitSquare } from './unit-square.ts'

export interface CalibrationData {
  readonly points: readonly CalibrationPoint[]
}

/** Observed share of positives against predicted probability. */
export const calibration = ({ points }: CalibrationData, options: ChartOptions = {}): string =>
  unitSquare(
    points.map(point => ({ x: point.predicted, y: point.observed })),
    {
      title: 'Calibration',
      description: 'On the dashed line, of the rows given 70 % just 70 % are positive.',
      x: 'predicted probability',
      y: 'observed share',
      reference: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      dots: true,
      ...options,
    },
  )
