import { axisX, axisY, dot, gridX, link, text } from '@observablehq/plot'
import { figure } from '../util/text.ts'
import { draw, labels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { roomFor } from './ticks.ts'

export interface LeaderboardChartData {
  readonly metric: string
  readonly direction: 'maximize' | 'minimize'
  /** Best first. */
  readonly rows: readonly { readonly name: string; readonly score: number; readonly std: number }[]
}

const SHOWN = 20
/** So many times further from the best than three quarters of the trials are: a score stands at the edge, in figures. */
const FAR = 4

/** The last score that is drawn where it is: a baseline far behind would squeeze all others together. */
export function edgeOf(scores: readonly number[]): number {
  const [best, last] = [scores[0]!, scores.at(-1)!]
  const reach = FAR * Math.abs(scores[Math.floor(0.75 * (scores.length - 1))]! - best)
  return reach === 0 || Math.abs(last - best) <= reach
    ? last
    : scores.findLast(score => Math.abs(score - best) <= reach)!
}

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
  const edge = shown.length > 0 ? edgeOf(shown.map(row => row.score)) : 0
  const worse = (score: number) => (direction === 'maximize' ? score < edge : score > edge)
  const data = shown.map((row, i) => ({ ...row, name: names[i]!, best: i === 0 }))
  const near = data.filter(row => !worse(row.score))
  const beyond = data.filter(row => worse(row.score))
  return draw(
    {
      width: 480,
      height: 62 + 18 * Math.max(1, data.length),
      marginLeft: roomFor(names, 210),
      marginRight: 30,
      x: { label: `${metric} (${direction === 'maximize' ? 'higher' : 'lower'} is better)`, nice: true },
      y: { domain: names, label: null, type: 'point' },
      marks: [
        gridX(),
        link(
          near.filter(row => row.std > 0),
          {
            x1: row => row.score - row.std,
            x2: row => row.score + row.std,
            y1: 'name',
            y2: 'name',
            stroke: COLOURS.grey,
          },
        ),
        dot(near, { x: 'score', y: 'name', r: 4, fill: row => (row.best ? COLOURS.orange : COLOURS.blue) }),
        text(beyond, {
          y: 'name',
          text: row => (direction === 'maximize' ? `← ${figure(row.score)}` : `${figure(row.score)} →`),
          frameAnchor: direction === 'maximize' ? 'left' : 'right',
          fill: 'currentColor',
        }),
        axisX({ ticks: 5 }),
        axisY({ tickSize: 0 }),
      ],
    },
    {
      title: `Leaderboard by ${metric}`,
      description: `The best ${data.length} of ${rows.length} trials; lines are plus and minus one standard deviation over folds.${beyond.length > 0 ? ' Scores far behind stand at the edge.' : ''}`,
      ...options,
    },
  )
}
