import { axisX, axisY, gridY, rectY, ruleY } from '@observablehq/plot'
import type { HistogramBin } from '../profile/profile.ts'
import { count } from '../util/text.ts'
import { draw, label } from './document.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'
import { ticks } from './ticks.ts'

export interface HistogramData {
  readonly name: string
  readonly bins: readonly HistogramBin[]
}

interface Bar {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly outlier: boolean
}

/**
 * Counts of a number's values. Outlier bins gather everything beyond the ordinary range, so they are drawn as wide as
 * the others, apart from them and in another colour: their true width would squeeze all else into a line.
 */
export function histogram({ name, bins }: HistogramData, options: ChartOptions = {}): string {
  const bars = placeBars(bins)
  const outliers = bins.filter(bin => bin.outlier).reduce((sum, bin) => sum + bin.count, 0)
  return draw(
    {
      width: 480,
      height: 200,
      marginLeft: 50,
      x: { nice: false, label: label(name) },
      y: { nice: true, label: 'rows' },
      marks: [
        gridY(),
        rectY(bars, {
          x1: 'from',
          x2: 'to',
          y: 'count',
          fill: bar => (bar.outlier ? COLOURS.orange : COLOURS.blue),
        }),
        ruleY([0]),
        axisX({ ticks: 6, tickFormat: ticks(bars.flatMap(bar => [bar.from, bar.to])) }),
        axisY({ ticks: 5, tickFormat: ticks(bars.map(bar => bar.count)) }),
      ],
    },
    {
      title: `Histogram of ${label(name, 60)}`,
      description:
        outliers > 0
          ? `${bins.length} bins; ${count(outliers)} rows are outliers, gathered in the bars of another colour at the ends.`
          : `${bins.length} bins, no outliers.`,
      ...options,
    },
  )
}

function placeBars(bins: readonly HistogramBin[]): Bar[] {
  const inner = bins.filter(bin => !bin.outlier)
  if (inner.length === 0) return bins.map((bin, i) => ({ ...bin, from: i, to: i + 1 }))
  const from = inner[0]!.from
  const to = inner.at(-1)!.to
  const width = to > from ? (to - from) / inner.length : 1
  const widened = inner.map(bin =>
    bin.to > bin.from ? bin : { ...bin, from: bin.from - width / 2, to: bin.to + width / 2 },
  )
  return [
    ...widened,
    ...bins
      .filter(bin => bin.outlier && bin.count > 0)
      .map(bin =>
        bin.to <= from
          ? { ...bin, from: from - 1.5 * width, to: from - 0.5 * width }
          : { ...bin, from: to + 0.5 * width, to: to + 1.5 * width },
      ),
  ]
}
