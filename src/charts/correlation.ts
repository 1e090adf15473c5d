import { axisX, axisY, cell, text } from '@observablehq/plot'
import { draw, labels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { diverging, inkOver } from './palette.ts'

export interface CorrelationData {
  readonly columns: readonly string[]
  readonly values: readonly (readonly number[])[]
}

const CELL = 44
const MARGIN = 110

/** Pearson correlations of columns as a square of coloured, numbered cells. */
export function correlation({ columns, values }: CorrelationData, options: ChartOptions = {}): string {
  const names = labels(columns, 16)
  const cells = names.flatMap((row, i) => names.map((column, j) => ({ row, column, value: values[i]![j]! })))
  return draw(
    {
      width: MARGIN + CELL * columns.length + 20,
      height: MARGIN + CELL * columns.length + 10,
      marginLeft: MARGIN,
      marginBottom: MARGIN - 10,
      marginTop: 10,
      padding: 0.03,
      x: { domain: names, label: null },
      y: { domain: names, label: null },
      marks: [
        cell(cells, {
          x: 'column',
          y: 'row',
          fill: at => (Number.isFinite(at.value) ? diverging(at.value) : '#bbbbbb'),
        }),
        text(cells, {
          x: 'column',
          y: 'row',
          text: at => (Number.isFinite(at.value) ? at.value.toFixed(2) : '–'),
          fill: at => inkOver(at.value),
        }),
        axisX({ tickRotate: -40, tickSize: 0 }),
        axisY({ tickSize: 0 }),
      ],
    },
    {
      title: 'Correlation of numeric columns',
      description: `Pearson correlation of ${columns.length} columns, from −1 (orange) through 0 (pale) to 1 (blue).`,
      ...options,
    },
  )
}
