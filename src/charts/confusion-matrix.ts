import { axisX, axisY, cell, text } from '@observablehq/plot'
import { draw, labels as shortLabels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { inkOver, sequential } from './palette.ts'

export interface ConfusionData {
  readonly labels: readonly string[]
  /** `counts[actual][predicted]`. */
  readonly counts: readonly (readonly number[])[]
}

/** As many classes as a matrix can show and still be read. */
export const CONFUSION_CLASSES = 15
const CELL = 40
const MARGIN = 90

/** The classes with most rows, in their old order, when there are too many to show. */
export function largestClasses({ labels, counts }: ConfusionData, limit = CONFUSION_CLASSES): ConfusionData {
  if (labels.length <= limit) return { labels, counts }
  const totals = counts.map(row => row.reduce((sum, value) => sum + value, 0))
  const kept = totals
    .map((_, index) => index)
    .sort((a, b) => totals[b]! - totals[a]! || a - b)
    .slice(0, limit)
    .sort((a, b) => a - b)
  return {
    labels: kept.map(i => labels[i]!),
    counts: kept.map(i => kept.map(j => counts[i]![j]!)),
  }
}

/** Actual class down, predicted class across; the shade is the share of the actual class. */
export function confusionMatrix(data: ConfusionData, options: ChartOptions = {}): string {
  const { labels, counts } = largestClasses(data)
  const names = shortLabels(labels, 12)
  const totals = data.counts.map(row => row.reduce((sum, value) => sum + value, 0))
  const cells = names.flatMap((actual, i) => {
    const total = totals[data.labels.indexOf(labels[i]!)]!
    return names.map((predicted, j) => {
      const value = counts[i]![j]!
      return { actual, predicted, value, share: total > 0 ? value / total : 0 }
    })
  })
  const hidden = data.labels.length - labels.length
  return draw(
    {
      width: MARGIN + CELL * names.length + 20,
      height: MARGIN + CELL * names.length + 10,
      marginLeft: MARGIN,
      marginBottom: MARGIN - 20,
      marginTop: 30,
      padding: 0.04,
      x: { domain: names, label: 'predicted' },
      y: { domain: names, label: 'actual' },
      marks: [
        cell(cells, { x: 'predicted', y: 'actual', fill: at => sequential(at.share) }),
        text(cells, {
          x: 'predicted',
          y: 'actual',
          text: at => String(at.value),
          fill: at => inkOver(at.share),
        }),
        axisX({ tickRotate: names.some(name => name.length > 5) ? -40 : 0, tickSize: 0 }),
        axisY({ tickSize: 0 }),
      ],
    },
    {
      title: 'Confusion matrix',
      description: `Rows are actual classes, columns are predicted ones, figures are rows of data.${hidden > 0 ? ` ${hidden} classes with fewer rows are not shown.` : ''}`,
      ...options,
    },
  )
}
