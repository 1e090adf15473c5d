import { axisX, axisY, dot, gridY, line, link, text } from '@observablehq/plot'
import { draw, label, labels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'

export interface PartialDependenceData {
  readonly name: string
  readonly kind: 'numeric' | 'datetime' | 'categorical'
  /** Numbers, milliseconds, or places in `labels`. */
  readonly grid: readonly number[]
  readonly labels: readonly string[]
  /** What the lines are of: the target, or classes. */
  readonly outputs: readonly { readonly name: string; readonly mean: readonly number[] }[]
  /** Single rows of the first output; the mean is theirs. */
  readonly curves: readonly (readonly number[])[]
  /** What stands up the side: "probability of yes", "price". */
  readonly axis: string
}

const LINES = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.pink, COLOURS.amber, COLOURS.sky]
const CURVES = 30
const WIDTH = 420

/** Mean answer over the values of one column: a line over numbers, with single rows thin behind it; dots over categories. */
export function partialDependence(data: PartialDependenceData, options: ChartOptions = {}): string {
  const { name, kind, curves, outputs } = data
  const picture = {
    title: `Partial dependence on ${label(name, 60)}`,
    description: `Mean prediction when ${label(name, 60)} has each value in every held-out row${curves.length > 0 ? '; behind it the same for single rows' : ''}.`,
    ...options,
  }
  const shown = outputs.slice(0, LINES.length)
  const names = labels(shown.map(output => output.name), 14) // prettier-ignore
  return kind === 'categorical' ? overCategories({ ...data, outputs: shown }, names, picture) : overNumbers({ ...data, outputs: shown }, names, picture) // prettier-ignore
}

type Picture = Parameters<typeof draw>[1]

function overNumbers(
  { name, kind, grid, curves, outputs, axis }: PartialDependenceData,
  names: readonly string[],
  picture: Picture,
): string {
  // prettier-ignore
  const step = Math.max(1, Math.ceil(curves.length / CURVES))
  const x = kind === 'datetime' ? grid.map(value => new Date(value)) : grid
  const thin = curves
    .filter((_, i) => i % step === 0)
    .flatMap((curve, id) => curve.map((y, i) => ({ x: x[i]!, y, id })))
  const several = outputs.length > 1
  return draw(
    {
      width: WIDTH,
      height: 240,
      marginLeft: 55,
      marginRight: several ? 90 : 20,
      x: { label: label(name), ...(kind === 'datetime' && { type: 'utc' }) },
      y: { label: label(axis, 40), nice: true },
      marks: [
        gridY(),
        line(thin, { x: 'x', y: 'y', z: 'id', stroke: COLOURS.grey, strokeOpacity: 0.35, strokeWidth: 0.8 }),
        ...outputs.map(({ mean }, k) =>
          line(
            mean.map((y, i) => ({ x: x[i]!, y })),
            { x: 'x', y: 'y', stroke: LINES[k]!, strokeWidth: 2.5 },
          ),
        ),
        ...(several
          ? [
              text(
                outputs.map(({ mean }, k) => ({ x: x.at(-1)!, y: mean.at(-1)!, name: names[k]! })),
                { x: 'x', y: 'y', text: 'name', textAnchor: 'start', dx: 4 },
              ),
            ]
          : []),
        axisX({ ticks: 5, ...(kind === 'numeric' && { tickFormat: '~s' }) }),
        axisY({ ticks: 5, tickFormat: '~s' }),
      ],
    },
    picture,
  )
}

function overCategories(
  { name, labels: given, curves, outputs, axis }: PartialDependenceData,
  names: readonly string[],
  picture: Picture,
): string {
  // prettier-ignore
  const domain = labels(given)
  const ranges = domain.map((category, i) => {
    const values = curves.map(curve => curve[i]!).sort((a, b) => a - b)
    const at = (share: number) => values[Math.round(share * (values.length - 1))]!
    return { category, low: at(0.1), high: at(0.9) }
  })
  const several = outputs.length > 1
  return draw(
    {
      width: WIDTH,
      height: 60 + 20 * domain.length,
      marginLeft: 150,
      marginRight: 20,
      x: { label: label(axis, 40), nice: true },
      y: { label: label(name), domain, padding: 0.2 },
      ...(several && { color: { legend: false } }),
      marks: [
        link(curves.length > 0 ? ranges : [], {
          x1: 'low',
          x2: 'high',
          y1: 'category',
          y2: 'category',
          stroke: COLOURS.grey,
          strokeOpacity: 0.6,
          strokeWidth: 2,
        }),
        ...outputs.map(({ mean }, k) =>
          dot(
            mean.map((x, i) => ({ x, category: domain[i]!, name: names[k]! })),
            { x: 'x', y: 'category', r: 4, fill: LINES[k]! },
          ),
        ),
        ...(several
          ? outputs.map(({ mean }, k) =>
              text([{ x: mean[0]!, category: domain[0]!, name: names[k]! }], {
                x: 'x',
                y: 'category',
                text: 'name',
                dy: -9,
              }),
            )
          : []),
        axisX({ ticks: 5 }),
        axisY({ tickSize: 0 }),
      ],
    },
    picture,
  )
}
