import { figure, printable } from '../util/text.ts'
import { displayWidth } from './display-width.ts'
import { fit, type TerminalOptions } from './terminal.ts'

export interface ContributionLine {
  readonly name: string
  readonly cell?: string
  readonly value: number
}

/** One line per part: name, cell, a bar to the left for less and to the right for more, signed figure. Nothing is wider than `width`. */
export function terminalContributions(
  lines: readonly ContributionLine[],
  { width = 80, ascii = false }: TerminalOptions = {},
): string {
  const notes = lines.map(({ value }) => `${value > 0 ? '+' : value < 0 ? (ascii ? '-' : '−') : ' '}${figure(Math.abs(value), 3)}`) // prettier-ignore
  const widest = (texts: readonly string[], most: number) =>
    Math.min(most, Math.max(0, ...texts.map(text => displayWidth(printable(text).replace(/\s+/g, ' ')))))
  const nameWidth = widest(lines.map(({ name }) => name), Math.floor(width / 4)) // prettier-ignore
  const cellWidth = widest(lines.map(({ cell }) => cell ?? ''), Math.floor(width / 5)) // prettier-ignore
  const noteWidth = widest(notes, width)
  const half = Math.max(1, Math.floor((width - nameWidth - cellWidth - noteWidth - 5) / 2))
  const high = Math.max(0, ...lines.map(({ value }) => Math.abs(value)))
  const full = ascii ? '#' : '█'
  const middle = ascii ? '|' : '│'
  return lines
    .map(({ name, cell = '', value }, i) => {
      const size = high > 0 ? Math.round((Math.abs(value) / high) * half) : 0
      const bar = full.repeat(size)
      const drawn =
        value < 0
          ? `${bar.padStart(half)}${middle}${' '.repeat(half)}`
          : `${' '.repeat(half)}${middle}${bar.padEnd(half)}`
      return `${fit(name, nameWidth, { ascii })} ${fit(cell, cellWidth, { ascii })} ${drawn} ${fit(notes[i]!, noteWidth, { ascii, end: true })}`
    })
    .join('\n')
}
