import { axisX, axisY, cell, text } from '@observablehq/plot'
import { count } from '../util/text.ts'
import { draw, labels as shortLabels } from './document.ts'
import type { ChartOptions } from './document.ts'
import { inkOver, sequential } from './palette.ts'
import { roomFor } from './ticks.ts'

export interface ConfusionData {
  readonly labels: readonly string[]
  /** `counts[actual][predicted]`. */
  readonly counts: readonly (readonly number[])[]
}

/** As many classes as a matrix can show and still be read. */
export const CONFUSION_CLASSES = 15
const FEW = 6 // classes, whose cells are wider
const TURNED = 5 // characters from which names are turned

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
  const side = names.length <= FEW ? 58 : 42
  const turned = names.some(name => name.length > TURNED) && names.some(name => name.length * 7 > side)
  const [left, below] = [18 + roomFor(names, 100), turned ? 76 : 40]
  const hidden = data.labels.length - labels.length
  return draw(
    {
      width: left + side * names.length + 20,
      height: 12 + side * names.length + below,
      marginLeft: left,
      marginBottom: below,
      marginTop: 12,
      padding: 0.04,
      x: { domain: names, label: 'predicted' },
      y: { domain: names, label: 'actual' },
      marks: [
        cell(cells, { x: 'predicted', y: 'actual', fill: at => sequential(at.share) }),
        text(cells, {
          x: 'predicted',
          y: 'actual',
          text: at => count(at.value),
          fill: at => inkOver(at.share),
        }),
        axisX({ tickRotate: turned ? -40 : 0, tickSize: 0 }),
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
