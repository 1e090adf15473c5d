/** What a spreadsheet takes for the beginning of a formula, also in full width. */
const STARTS_FORMULA = /^[=+\-@\t\r\n\0\uFF1D\uFF0B\uFF0D\uFF20]/
const NUMBER = /^[-+]?\d{1,400}(?:\.\d{0,400})?(?:[eE][-+]?\d{1,9})?$/

/** A cell that no spreadsheet computes: an apostrophe in front of what would be a formula; numbers stay numbers. */
export const spreadsheetSafe = (cell: string): string =>
  STARTS_FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
