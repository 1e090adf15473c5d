import { figure } from '../util/text.ts'
import { bars } from './bars.ts'
import type { ChartOptions } from './document.ts'
import { COLOURS } from './palette.ts'

export interface MissingValuesData {
  readonly columns: readonly { readonly name: string; readonly missingFraction: number }[]
}

const SHOWN = 20

/** Share of missing values of the columns that have any, most first. */
export function missingValues({ columns }: MissingValuesData, options: ChartOptions = {}): string {
  const holed = columns
    .filter(column => column.missingFraction > 0)
    .sort((a, b) => b.missingFraction - a.missingFraction)
  return bars(
    holed.slice(0, SHOWN).map(({ name, missingFraction }) => ({
      name,
      value: 100 * missingFraction,
      note: `${figure(100 * missingFraction, 3)} %`,
    })),
    {
      title: 'Missing values by column',
      description: `${holed.length} of ${columns.length} columns have missing values${holed.length > SHOWN ? `; the ${SHOWN} with most are shown` : ''}.`,
      axis: '% of rows without a value',
      colour: COLOURS.orange,
      ...options,
    },
  )
}
