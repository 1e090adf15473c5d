import { axisX, axisY, barX, link, ruleX, text } from '@observablehq/plot'
import { draw, labels } from './document.ts'
import type { Picture } from './document.ts'
import { COLOURS } from './palette.ts'
import { roomFor, ticks } from './ticks.ts'

export interface BarRow {
  readonly name: string
  readonly value: number
  /** Written at the end of the bar. */
  readonly note: string
  /** Half the width of an error line. */
  readonly std?: number
}

const BAR_HEIGHT = 20
const WIDTH = 480
const MOST_ROOM = 200

/** Horizontal bars in the order given, each with its name at the left and its figure at the right. */
export function bars(
  rows: readonly BarRow[],
  { axis, colour = COLOURS.blue, ...picture }: Picture & { readonly axis: string; readonly colour?: string },
): string {
  const names = labels(rows.map(row => row.name))
  const data = rows.map((row, i) => ({ ...row, name: names[i]!, std: row.std ?? 0 }))
  const lines = data.filter(row => row.std > 0)
  return draw(
    {
      width: WIDTH,
      height: 58 + BAR_HEIGHT * Math.max(1, rows.length),
      marginLeft: roomFor(names, MOST_ROOM),
      marginRight: roomFor(
        rows.map(row => row.note),
        MOST_ROOM,
      ),
      x: { label: axis, nice: true },
      y: { label: null, domain: names, padding: 0.2 },
      marks: [
        barX(data, { x: 'value', y: 'name', fill: colour }),
        ruleX([0]),
        link(lines, {
          x1: row => row.value - row.std,
          x2: row => row.value + row.std,
          y1: 'name',
          y2: 'name',
          stroke: 'currentColor',
        }),
        text(data, {
          x: row => Math.max(0, row.value + row.std),
          y: 'name',
          text: 'note',
          textAnchor: 'start',
          dx: 4,
        }),
        axisX({ ticks: 5, tickFormat: ticks(rows.map(row => row.value)) }),
        axisY({ tickSize: 0 }),
      ],
    },
    picture,
  )
}
