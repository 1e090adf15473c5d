import { axisX, axisY, dot, gridX, link } from '@observablehq/plot'
import { draw, labels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'

export interface LeaderboardChartData {
  readonly metric: string
  readonly direction: 'maximize' | 'minimize'
  /** Best first. */
  readonly rows: readonly { readonly name: string; readonly score: number; readonly std: number }[]
}

const SHOWN = 20

/** One dot per trial with a line of ± one standard deviation over folds, best at the top. */
export function leaderboardDots(
  { metric, direction, rows }: LeaderboardChartData,
  options: ChartOptions = {},
): string {
  const finite = rows.filter(row => Number.isFinite(row.score))
  const shown = finite.slice(0, SHOWN)
  const names = labels(
    shown.map(row => row.name),
    30,
  )
  const data = shown.map((row, i) => ({ ...row, name: names[i]!, best: i === 0 }))
  return draw(
    {
      width: 600,
      height: 55 + 18 * Math.max(1, data.length),
      marginLeft: 200,
      marginRight: 30,
      x: { label: `${metric} (${direction === 'maximize' ? 'higher' : 'lower'} is better)`, nice: true },
      y: { domain: names, label: null, type: 'point' },
      marks: [
        gridX(),
        link(
          data.filter(row => row.std > 0),
          {
            x1: row => row.score - row.std,
            x2: row => row.score + row.std,
            y1: 'name',
            y2: 'name',
            stroke: COLOURS.grey,
          },
        ),
        dot(data, { x: 'score', y: 'name', r: 4, fill: row => (row.best ? COLOURS.orange : COLOURS.blue) }),
        axisX({ ticks: 5 }),
        axisY({ tickSize: 0 }),
      ],
    },
    {
      title: `Leaderboard by ${metric}`,
      description: `The best ${data.length} of ${rows.length} trials; lines are plus and minus one standard deviation over folds.`,
      ...options,
    },
  )
}
