import { count, figure } from '../util/text.ts'
import { bars } from './bars.ts'
import { label } from './document.ts'
import type { ChartOptions } from './document.ts'

export interface ClassBalanceData {
  readonly target: string
  readonly classes: readonly { readonly label: string; readonly count: number; readonly fraction: number }[]
}

const SHOWN = 20

/** Rows of each class, most frequent first. */
export function classBalance({ target, classes }: ClassBalanceData, options: ChartOptions = {}): string {
  const shown = classes.slice(0, SHOWN)
  return bars(
    shown.map(({ label: name, count: rows, fraction }) => ({
      name,
      value: rows,
      note: `${count(rows)} (${figure(100 * fraction, 3)} %)`,
    })),
    {
      title: `Rows of each class of ${label(target, 60)}`,
      description:
        classes.length > SHOWN
          ? `The ${SHOWN} largest of ${classes.length} classes.`
          : `${classes.length} classes.`,
      axis: 'rows',
      ...options,
    },
  )
}
