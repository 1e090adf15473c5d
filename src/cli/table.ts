import { printable } from '../util/text.ts'

/**
 * Lines up cells in columns, two spaces apart; `align` has an `l` or `r` per column. Rows wider than the terminal are cut
 * at its edge.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  align: string,
): string {
  const safe = rows.map(row => row.map(printable))
  const used = head.map((name, j) => name !== '' || safe.some(row => row[j] !== ''))
  const widths = head.map((name, j) => Math.max(name.length, ...safe.map(row => row[j]!.length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, j) => (align[j] === 'r' ? cell.padStart(widths[j]!) : cell.padEnd(widths[j]!)))
      .filter((_, j) => used[j])
      .join('  ')
      .trimEnd()
      .slice(0, Math.max(40, columns))
  return [line(head), line(widths.map(width => '─'.repeat(width))), ...safe.map(line)].join('\n')
}
