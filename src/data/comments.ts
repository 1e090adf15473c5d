/** Lines that begin with `#`, between the rows or before them, and are no rows. */

const MARK = '#'

/** A record that is a comment, in a file that has comments: a row of the table's own width may begin with `#` too. */
export const isComment = (cells: readonly string[], width: number): boolean =>
  cells[0]!.startsWith(MARK) && cells.length !== width

/** Whether records that begin with `#` are comments here: few, and of other widths than the table's. */
export function hasComments(records: readonly (readonly string[])[], width: number): boolean {
  if (width < 2) return false
  const marked = records.filter(cells => cells[0]!.startsWith(MARK))
  const other = marked.filter(cells => cells.length !== width)
  return other.length > 0 && marked.length <= 0.5 * records.length && other.length >= 0.5 * marked.length
}

/** The text without lines that begin with `#`, for finding the delimiter; as it is when most lines do. */
export function withoutComments(text: string): string {
  if (!text.startsWith(MARK) && !text.includes(`\n${MARK}`)) return text
  const lines = text.split('\n')
  const kept = lines.filter(line => !line.startsWith(MARK))
  return kept.filter(line => line.trim() !== '').length > 0.5 * lines.length ? kept.join('\n') : text
}
