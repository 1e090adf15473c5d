import { axisX, axisY, dot, gridX, gridY, rectY, ruleY } from '@observablehq/plot'
import { count, figure } from '../util/text.ts'
import { draw, label } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { ticks } from './ticks.ts'

export interface ResidualData {
  readonly target: string
  readonly actual: ArrayLike<number>
  readonly predicted: ArrayLike<number>
}

const DOTS = 400
const BINS = 30
/** Beyond so many standard deviations residuals share the outermost bars. */
const REACH = 4

/** Actual less predicted, in standard deviations of itself. */
function standardized({ actual, predicted }: ResidualData): { predicted: number; residual: number }[] {
  const raw = Array.from({ length: actual.length }, (_, row) => actual[row]! - predicted[row]!)
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length
  const variance = raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, raw.length - 1)
  const std = Math.sqrt(variance) || 1
  return raw.map((value, row) => ({ predicted: predicted[row]!, residual: value / std }))
}

/** Standardized residuals over predictions: any shape but a level band is something the model has missed. */
export function residuals(data: ResidualData, options: ChartOptions = {}): string {
  const points = standardized(data)
  const stride = Math.max(1, Math.ceil(points.length / DOTS))
  const shown = points.filter((_, i) => i % stride === 0)
  return draw(
    {
      width: 420,
      height: 300,
      marginLeft: 50,
      x: { label: 'predicted', nice: true },
      y: { label: 'standardized residual', nice: true },
      marks: [
        gridX(),
        gridY(),
        ruleY([0], { stroke: COLOURS.orange }),
        ruleY([-2, 2], { stroke: COLOURS.grey, strokeDasharray: '4 3' }),
        dot(shown, { x: 'predicted', y: 'residual', r: 2, fill: COLOURS.blue, fillOpacity: 0.5 }),
        axisX({ ticks: 5, tickFormat: ticks(points.map(point => point.predicted)) }),
        axisY({ ticks: 5 }),
      ],
    },
    {
      title: `Residuals of ${label(data.target, 60)}`,
      description: `${count(shown.length)} of ${count(points.length)} rows; dashed lines are two standard deviations.`,
      ...options,
    },
  )
}

/** How residuals are spread. */
export function residualHistogram(data: ResidualData, options: ChartOptions = {}): string {
  const points = standardized(data)
  const bins = Array.from({ length: BINS }, (_, i) => ({
    from: -REACH + (2 * REACH * i) / BINS,
    to: -REACH + (2 * REACH * (i + 1)) / BINS,
    count: 0,
  }))
  for (const { residual } of points) {
    const at = Math.floor(((residual + REACH) / (2 * REACH)) * BINS)
    bins[Math.min(BINS - 1, Math.max(0, at))]!.count++
  }
  const far = points.filter(({ residual }) => Math.abs(residual) > 2).length
  return draw(
    {
      width: 420,
      height: 240,
      marginLeft: 50,
      x: { label: 'standardized residual' },
      y: { label: 'rows', nice: true },
      marks: [
        gridY(),
        rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: COLOURS.blue }),
        ruleY([0]),
        axisX({ ticks: 8 }),
        axisY({ ticks: 5, tickFormat: ticks(bins.map(bin => bin.count)) }),
      ],
    },
    {
      title: `Histogram of residuals of ${label(data.target, 60)}`,
      description: `${figure((100 * far) / Math.max(1, points.length), 3)} % of ${count(points.length)} rows are beyond two standard deviations (4.6 % of a normal distribution).`,
      ...options,
    },
  )
}
