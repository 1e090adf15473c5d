import { axisX, axisY, dot, gridY, line } from '@observablehq/plot'
import { draw } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { ticks } from './ticks.ts'

export interface AnytimeData {
  readonly metric: string
  readonly direction: 'maximize' | 'minimize'
  /** Unit of `x`: trials finished, or seconds. */
  readonly axis: string
  /** In order of `x`. */
  readonly points: readonly { readonly x: number; readonly score: number }[]
  /** The model made of all trials so far, in order of `x`. */
  readonly model?: readonly { readonly x: number; readonly score: number }[]
}

/** The best single trial and the model over seconds. */
export const anytimeData = (
  metric: string,
  direction: AnytimeData['direction'],
  found: readonly { readonly seconds: number; readonly best: number; readonly model: number }[],
): AnytimeData => ({
  metric,
  direction,
  axis: 'seconds',
  points: found.map(({ seconds, best }) => ({ x: seconds, score: best })),
  model: found.map(({ seconds, model }) => ({ x: seconds, score: model })),
})

const DOTS = 300

/** The best value so far after each point. */
export function bestSoFar({ direction, points }: Pick<AnytimeData, 'direction' | 'points'>): number[] {
  const better = direction === 'maximize' ? Math.max : Math.min
  let best = NaN
  return points.map(({ score }) => {
    if (Number.isFinite(score)) best = Number.isNaN(best) ? score : better(best, score)
    return best
  })
}

/** Every trial's score as a dot, and the best so far as a staircase: what waiting longer would have bought. */
export function anytime(
  { metric, direction, axis, points, model = [] }: AnytimeData,
  options: ChartOptions = {},
): string {
  const best = bestSoFar({ direction, points })
  const finite = points.filter(point => Number.isFinite(point.score))
  const stride = Math.max(1, Math.ceil(finite.length / DOTS))
  // A staircase is its corners: points where nothing changed add nothing.
  const stairs = points
    .map(({ x }, i) => ({ x, best: best[i]! }))
    .filter(
      ({ best: value }, i) => Number.isFinite(value) && (i === points.length - 1 || value !== best[i - 1]),
    )
  const span = points.length > 0 ? points.at(-1)!.x - points[0]!.x : 1
  return draw(
    {
      width: 480,
      height: 240,
      marginLeft: 60,
      x: { label: axis },
      y: { label: metric, nice: true },
      marks: [
        gridY(),
        dot(
          finite.filter((_, i) => i % stride === 0),
          { x: 'x', y: 'score', r: 2.5, fill: COLOURS.grey, fillOpacity: 0.6 },
        ),
        line(stairs, { x: 'x', y: 'best', curve: 'step-after', stroke: COLOURS.orange, strokeWidth: 2 }),
        ...(model.length > 0
          ? [line(model, { x: 'x', y: 'score', curve: 'step-after', stroke: COLOURS.blue, strokeWidth: 2 })]
          : []),
        axisX({ ticks: Math.min(6, Math.max(1, span)) }),
        axisY({ ticks: 5, tickFormat: ticks(finite.map(point => point.score)) }),
      ],
    },
    {
      title: `${metric} over the search`,
      description: `${finite.length} ${axis === 'trial' ? 'scored trials' : 'generations of trials'} as dots; the line is the best so far.${model.length > 0 ? ' The blue line is the model made of all of them.' : ''}`,
      ...options,
    },
  )
}
