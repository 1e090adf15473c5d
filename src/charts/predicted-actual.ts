import { axisX, axisY, dot, gridX, gridY, line } from '@observablehq/plot'
import { count } from '../util/text.ts'
import { draw, label } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { ticks } from './ticks.ts'

export interface PredictedActualData {
  readonly target: string
  readonly actual: ArrayLike<number>
  readonly predicted: ArrayLike<number>
}

const DOTS = 400

/** Predicted value over actual value; a perfect model lies on the line. Evenly spaced rows stand for all. */
export function predictedActual(
  { target, actual, predicted }: PredictedActualData,
  options: ChartOptions = {},
): string {
  const finite: { actual: number; predicted: number }[] = []
  for (let row = 0; row < actual.length; row++) {
    if (Number.isFinite(actual[row]) && Number.isFinite(predicted[row])) {
      finite.push({ actual: actual[row]!, predicted: predicted[row]! })
    }
  }
  const stride = Math.max(1, Math.ceil(finite.length / DOTS))
  const shown = finite.filter((_, i) => i % stride === 0)
  let low = Infinity
  let high = -Infinity
  for (const point of finite) {
    low = Math.min(low, point.actual)
    high = Math.max(high, point.actual)
  }
  const ends = finite.length > 0 ? [low, high] : []
  return draw(
    {
      width: 420,
      height: 420,
      marginLeft: 60,
      x: { label: 'actual', nice: true },
      y: { label: 'predicted', nice: true },
      marks: [
        gridX(),
        gridY(),
        line(ends, { x: value => value, y: value => value, stroke: COLOURS.orange, strokeWidth: 1.5 }),
        dot(shown, { x: 'actual', y: 'predicted', r: 2, fill: COLOURS.blue, fillOpacity: 0.5 }),
        axisX({ ticks: 5, tickFormat: ticks(ends) }),
        axisY({ ticks: 5, tickFormat: ticks(finite.map(point => point.predicted)) }),
      ],
    },
    {
      title: `Predicted against actual ${label(target, 60)}`,
      description: `${count(shown.length)} of ${count(finite.length)} rows, evenly spaced; on the line the prediction is exact.`,
      ...options,
    },
  )
}
