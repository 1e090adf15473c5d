import { isBlankText } from './missing.ts'
import { plainNumber } from './numbers.ts'
import { parseDate } from './dates.ts'
import type { ReadPlan } from './plan.ts'

/** How often the cells of each column look like a number, a date, a word … in the sample. */
export type Shapes = readonly ReadonlyMap<string, number>[]

const SAMPLE_ROWS = 200
/** A shape never seen in a column is unlikely there, not impossible. */
const UNSEEN = 0.002

export function columnShapes({ layout, sample }: ReadPlan): Shapes {
  const rows = sample
    .slice(layout.skipRecords)
    .filter(row => row.length === layout.width)
    .slice(0, SAMPLE_ROWS)
  return Array.from({ length: layout.width }, (_, j) => {
    const shares = new Map<string, number>()
    for (const row of rows) {
      const shape = shapeOf(row[j]!)
      shares.set(shape, (shares.get(shape) ?? 0) + 1 / rows.length)
    }
    return shares
  })
}

function shapeOf(cell: string): string {
  const text = cell.trim()
  if (isBlankText(text)) return 'blank'
  const number = plainNumber(text)
  if (number === number) return Number.isInteger(number) ? 'whole' : 'number'
  if (
    text.length <= 40 &&
    ['ymd', 'dmy', 'mdy'].some(order => !Number.isNaN(parseDate(text, order as 'ymd')))
  )
    return 'date'
  if (/^\d{1,2}:\d{2}/.test(text)) return 'time'
  if (/^https?:/.test(text)) return 'address'
  if (/^[$€£¥₩]/.test(text)) return 'money'
  if (text.length > 60) return 'sentence'
  if (text.includes(' ')) return 'words'
  return /\d/.test(text) ? 'code' : 'word'
}

/** The row with its width made right: too many cells lose blank ones, too few gain them, where the shapes fit best. */
export function fitRow(cells: readonly string[], shapes: Shapes): string[] {
  let fitted = [...cells]
  while (fitted.length > shapes.length) {
    const blanks = fitted.flatMap((cell, i) => (isBlankText(cell) ? [i] : []))
    if (blanks.length === 0) break
    fitted = best(
      blanks.map(at => fitted.toSpliced(at, 1)),
      shapes,
    )
  }
  while (fitted.length < shapes.length) {
    const places = Array.from({ length: fitted.length + 1 }, (_, i) => fitted.length - i)
    fitted = best(
      places.map(at => fitted.toSpliced(at, 0, '')),
      shapes,
    )
  }
  return fitted.slice(0, shapes.length)
}

/** On average each cell looks like at least a tenth of its column. */
export const fits = (row: readonly string[], shapes: Shapes): boolean =>
  likelihood(row, shapes) > row.length * Math.log(0.1)

function likelihood(row: readonly string[], shapes: Shapes): number {
  let fit = 0
  for (let j = 0; j < Math.min(row.length, shapes.length); j++) {
    fit += Math.log(UNSEEN + (shapes[j]!.get(shapeOf(row[j]!)) ?? 0))
  }
  return fit
}

/** Earlier ones win ties. */
function best(rows: readonly string[][], shapes: Shapes): string[] {
  let found = rows[0]!
  let highest = -Infinity
  for (const row of rows) {
    const fit = likelihood(row, shapes)
    if (fit > highest + 1e-9) [found, highest] = [row, fit]
  }
  return found
}
