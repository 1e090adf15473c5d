/** A cell as CSV has it: in quotes only where it must be. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

const NEEDS_QUOTES = /[,"\r\n\ufeff]|^ | $/

/** Cells of a row, without a line end. */
export const csvLine = (cells: readonly (string | number)[]): string => cells.map(csvCell).join(',')
