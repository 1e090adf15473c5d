import { figure, printable } from '../util/text.ts'
import { largestClasses } from './confusion-matrix.ts'
import type { ConfusionData } from './confusion-matrix.ts'
import { displayWidth } from './display-width.ts'

export interface TerminalOptions {
  /** Columns of the terminal; 80 unless given. Nothing is wider. */
  readonly width?: number
  /** Plain ASCII, for terminals and files without Unicode. */
  readonly ascii?: boolean
}

/** A text in exactly `width` columns: cut with an ellipsis, or filled with spaces. */
export function fit(text: string, width: number, { ascii = false, end = false } = {}): string {
  const line = printable(text).replace(/\s+/g, ' ')
  const missing = width - displayWidth(line)
  if (missing >= 0) return end ? ' '.repeat(missing) + line : line + ' '.repeat(missing)
  const ellipsis = ascii ? '.' : '…'
  let kept = ''
  let used = 0
  for (const character of line) {
    const next = displayWidth(character)
    if (used + next > width - 1) break
    kept += character
    used += next
  }
  return width > 0 ? kept + ellipsis + ' '.repeat(width - 1 - used) : ''
}

const EIGHTHS = ' ▏▎▍▌▋▊▉█'
const LEVELS = '▁▂▃▄▅▆▇█'
const ASCII_LEVELS = '_.-=+*#@'

/** One line per row: name, bar from zero, figure. Negative and missing values have no bar. */
export function terminalBars(
  rows: readonly { readonly name: string; readonly value: number }[],
  { width = 80, ascii = false }: TerminalOptions = {},
): string {
  const notes = rows.map(row => figure(row.value, 4))
  const noteWidth = Math.max(0, ...notes.map(displayWidth))
  const nameWidth = Math.min(
    Math.max(0, ...rows.map(row => displayWidth(printable(row.name)))),
    Math.floor(width / 3),
  )
  const barWidth = Math.max(0, width - nameWidth - noteWidth - 2)
  const high = Math.max(0, ...rows.map(row => row.value).filter(Number.isFinite))
  return rows
    .map(({ name, value }, i) => {
      const share = high > 0 && value > 0 ? value / high : 0
      const drawn = ascii ? '#'.repeat(Math.round(share * barWidth)) : block(share * barWidth)
      const bar = drawn + ' '.repeat(Math.max(0, barWidth - displayWidth(drawn)))
      return `${fit(name, nameWidth, { ascii })} ${bar} ${fit(notes[i]!, noteWidth, { ascii, end: true })}`.trimEnd()
    })
    .join('\n')
}

function block(length: number): string {
  const eighths = Math.round(length * 8)
  const rest = eighths % 8
  return '█'.repeat(Math.floor(eighths / 8)) + (rest > 0 ? EIGHTHS[rest]! : '')
}

/** A row of small bars; missing values are gaps, and more values than columns are averaged. */
export function sparkline(
  values: readonly number[],
  { width = 80, ascii = false }: TerminalOptions = {},
): string {
  const slots = Math.min(width, values.length)
  const means = Array.from({ length: slots }, (_, i) => {
    const slice = values
      .slice(Math.floor((i * values.length) / slots), Math.floor(((i + 1) * values.length) / slots))
      .filter(Number.isFinite)
    return slice.reduce((sum, value) => sum + value, 0) / slice.length
  })
  const finite = means.filter(Number.isFinite)
  const low = Math.min(...finite)
  const high = Math.max(...finite)
  const levels = ascii ? ASCII_LEVELS : LEVELS
  return means
    .map(value => {
      if (!Number.isFinite(value)) return ' '
      return levels[high > low ? Math.round(((value - low) / (high - low)) * (levels.length - 1)) : 0]!
    })
    .join('')
}

/** Actual class down, predicted across. When not all classes fit the width, those with most rows are shown and the rest counted. */
export function confusionTable(
  data: ConfusionData,
  { width = 80, ascii = false }: TerminalOptions = {},
): string {
  const cell = Math.max(4, ...data.counts.flat().map(value => String(value).length)) + 1
  const nameWidth = Math.min(Math.max(6, ...data.labels.map(name => displayWidth(printable(name)))), 16)
  const room = Math.max(1, Math.floor((width - nameWidth - 2) / cell))
  const { labels, counts } = largestClasses(data, Math.min(room, 15))
  const rule = ascii ? '|' : '│'
  const head = `${fit('actual', nameWidth, { ascii })} ${rule}${labels.map(name => ` ${fit(name, cell - 1, { ascii, end: true })}`).join('')}`
  const line = `${(ascii ? '-' : '─').repeat(nameWidth + 1)}${ascii ? '+' : '┼'}${(ascii ? '-' : '─').repeat(cell * labels.length)}`
  const rows = labels.map(
    (name, i) =>
      `${fit(name, nameWidth, { ascii })} ${rule}${counts[i]!.map(value => String(value).padStart(cell)).join('')}`,
  )
  const hidden = data.labels.length - labels.length
  const note = hidden > 0 ? [fit(`${hidden} more classes are not shown`, width, { ascii }).trimEnd()] : []
  return [head, line, ...rows, ...note].join('\n')
}
