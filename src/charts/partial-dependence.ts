import { axisX, axisY, dot, gridY, line, link, text } from '@observablehq/plot'
import { draw, label, labels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { roomFor, ticks } from './ticks.ts'

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
const KEY = 14 // pixels of a spot of colour and the space beside it

/** Which colour is which, at the right. */
const key = (names: readonly string[]) =>
  names.flatMap((name, k) => {
    const place = { frameAnchor: 'top-right', textAnchor: 'start', dy: 15 * k } as const
    return [
      text(['●'], { text: value => value, fill: LINES[k]!, dx: 6, ...place }),
      text([name], { text: value => value, dx: 6 + KEY, ...place }),
    ]
  })

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
  const means = outputs.flatMap(({ mean }) => mean)
  return draw(
    {
      width: WIDTH,
      height: 240,
      marginLeft: 60,
      marginRight: several ? KEY + roomFor(names, 110) : 20,
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
        ...(several ? key(names) : []),
        axisX({ ticks: 5, ...(kind === 'numeric' && { tickFormat: ticks(grid) }) }),
        axisY({ ticks: 5, tickFormat: ticks(means) }),
      ],
    },
    picture,
  )
}

function overCategories(
  { labels: given, curves, outputs, axis }: PartialDependenceData,
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
      height: 66 + 20 * domain.length,
      marginLeft: roomFor(domain, 200),
      marginRight: several ? KEY + roomFor(names, 110) : 20,
      x: { label: label(axis, 40), nice: true },
      y: { label: null, domain, padding: 0.2 },
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
        ...(several ? key(names) : []),
        axisX({ ticks: 5 }),
        axisY({ tickSize: 0 }),
      ],
    },
    picture,
  )
}
