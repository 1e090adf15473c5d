import { figure } from '../util/text.ts'
import { thin } from './curves.ts'
import type { RocPoint } from './curves.ts'
import type { ChartOptions } from './document.ts'
import { unitSquare } from './unit-square.ts'

export interface RocData {
  readonly points: readonly RocPoint[]
  readonly auc: number
}

/** True against false positive rate over all thresholds. */
export const roc = ({ points, auc }: RocData, options: ChartOptions = {}): string =>
  unitSquare(
    thin(points).map(point => ({ x: point.falsePositiveRate, y: point.truePositiveRate })),
    {
      title: 'Receiver operating characteristic',
      description: `The area under the curve is ${figure(auc)}; the dashed line is guessing.`,
      x: 'false positive rate',
      y: 'true positive rate',
      reference: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      ...options,
    },
  )
