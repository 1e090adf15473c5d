import Papa from 'papaparse'
import { isMissingText } from './missing.ts'
import { plainNumber } from './numbers.ts'
import { parseDate } from './dates.ts'

export type Newline = '\n' | '\r\n' | '\r'

/** How text is cut into cells. Found once, then given to the parser explicitly. */
export interface Dialect {
  readonly delimiter: string
  readonly quote: string
  /** The character that makes a quote literal inside quotes; the quote itself when doubled. */
  readonly escape: string
  readonly newline: Newline
  /** Blanks follow each delimiter and belong to it. */
  readonly padded: boolean
  /** Other readings of the sample were about as good. */
  readonly ambiguous: boolean
}

const DELIMITERS = [',', ';', '\t', '|', ', ', '; ', ' ', ':', '^', '~', '\u0001', '\u001f']
const QUOTES = ['"', "'"]
const SAMPLE_RECORDS = 1000

/** Finds the dialect of a sample that ends at a line end. `forced` comes from a `sep=;` line. */
export function sniffDialect(sample: string, forced?: string): Dialect {
  const newline = sniffNewline(sample)
  const present = DELIMITERS.filter(delimiter => sample.includes(delimiter))
  const delimiters = forced !== undefined ? [forced] : [...present, ...(present.includes(',') ? [] : [','])]
  const ranked = delimiters
    .flatMap(delimiter =>
      QUOTES.filter(quote => quote === '"' || opensCells(sample, quote, delimiter)).map(quote => {
        const escape = sniffEscape(sample, quote)
        const rows = parseSample(sample, { delimiter, quote, escape, newline })
        return { delimiter, quote, escape, rows, score: consistency(rows) * typedShare(rows) }
      }),
    )
    // Stable: at equal scores the earlier, commoner delimiter stays ahead.
    .sort((a, b) => b.score - a.score)
  const best = ranked[0]!
  const rival = ranked.find(other => other.delimiter.trim() !== best.delimiter.trim())
  return {
    delimiter: best.score > 0 ? best.delimiter : (forced ?? ','),
    quote: best.quote,
    escape: best.escape,
    newline,
    padded: isPadded(best.rows),
    ambiguous: rival !== undefined && rival.score > 0.9 * best.score && best.score > 0,
  }
}

/** The commonest line end; quoted line breaks are rare enough not to matter. */
export function sniffNewline(sample: string): Newline {
  let lf = 0
  let crlf = 0
  let cr = 0
  for (let i = 0; i < sample.length; i++) {
    const code = sample.charCodeAt(i)
    if (code === 10) lf++
    else if (code === 13) {
      if (sample.charCodeAt(i + 1) === 10) {
        crlf++
        i++
      } else cr++
    }
  }
  if (cr > lf + crlf) return '\r'
  return crlf > lf ? '\r\n' : '\n'
}

/** A quote other than `"` counts only where it opens and closes cells, so that apostrophes do not. */
function opensCells(sample: string, quote: string, delimiter: string): boolean {
  const opens = sample.split(delimiter + quote).length + sample.split(`\n${quote}`).length - 2
  const closes =
    sample.split(quote + delimiter).length +
    sample.split(`${quote}\n`).length +
    sample.split(`${quote}\r`).length -
    3
  return opens >= 2 && Math.abs(opens - closes) <= 0.1 * opens
}

/** A backslash before quotes inside cells, where quotes are not doubled, is the escape. */
function sniffEscape(sample: string, quote: string): string {
  const escaped = sample.split(`\\${quote}`).length - 1
  if (escaped === 0) return quote
  // A path such as "C:\" ends in a backslash too: an escaped quote is followed by text, not by the end of the cell.
  const followed = sample.match(quote === '"' ? /\\"[^,;|\t\r\n"]/g : /\\'[^,;|\t\r\n']/g)?.length ?? 0
  return followed > 0 && followed >= 0.3 * escaped ? '\\' : quote
}

export function parseSample(
  sample: string,
  { delimiter, quote, escape, newline }: Pick<Dialect, 'delimiter' | 'quote' | 'escape' | 'newline'>,
): string[][] {
  const config = { delimiter, quoteChar: quote, escapeChar: escape, newline, preview: SAMPLE_RECORDS }
  const { data } = new Papa.Parser(config).parse(sample, 0, false) as { data: string[][] }
  return data.filter(row => row.length > 1 || row[0]!.trim() !== '')
}

/** How much the rows agree on a width above one: (share of the commonest width)² · (1 − 1/width). */
function consistency(rows: readonly (readonly string[])[]): number {
  if (rows.length === 0) return 0
  const widths = new Map<number, number>()
  for (const row of rows) widths.set(row.length, (widths.get(row.length) ?? 0) + 1)
  let width = 1
  for (const [candidate, count] of widths) {
    const best = widths.get(width) ?? 0
    if (count > best || (count === best && candidate > width)) width = candidate
  }
  const share = widths.get(width)! / rows.length
  return width === 1 ? 0 : share * share * (1 - 1 / width)
}

/** Share of cells that are something on their own: a number, date, time, word, web address, sentence, or missing. */
function typedShare(rows: readonly (readonly string[])[]): number {
  let typed = 0
  let total = 0
  for (const row of rows.slice(0, 200)) {
    for (const cell of row.slice(0, 200)) {
      total++
      if (isTyped(cell)) typed++
    }
  }
  return total === 0 ? 0 : Math.max(1e-3, typed / total)
}

function isTyped(cell: string): boolean {
  const text = cell.trim()
  if (isMissingText(text)) return true
  const number = plainNumber(text)
  if (number === number) return true
  if (text.length <= 40 && /\d/.test(text)) {
    if (['ymd', 'dmy', 'mdy'].some(order => !Number.isNaN(parseDate(text, order as 'ymd')))) return true
    if (/^[-+(]?[$€£¥₩]? ?\d[\d.,' \u00a0]*[%)€]?$/.test(text) && !/\d[;|\t]/.test(text)) return true
    if (/^\d{1,2}:\d{2}(?::\d{2})?$/.test(text)) return true
  }
  if (/^https?:\/\/\S+$/.test(text) || /^[^\s@,;|]+@[^\s@,;|]+$/.test(text)) return true
  if (/^[\p{L}\p{N}_.'&/+-]+(?: [\p{L}\p{N}_.'&()/+-]+){0,8}$/u.test(text)) return true
  // A quote without its partner was torn from it by the wrong delimiter.
  if (text.split('"').length % 2 === 0) return false
  // A sentence may hold any mark, but not one that other readings would cut at.
  return text.length > 20 && text.includes(' ') && /^[\p{L}\p{N}"'(]/u.test(text) && !/[;|\t]/.test(text)
}

/** Blanks behind nearly every delimiter; a header is often written without them, and says nothing of the rows. */
function isPadded([header, ...below]: readonly (readonly string[])[]): boolean {
  const rows = below.length > 0 || !header ? below : [header]
  let blank = 0
  let total = 0
  for (const row of rows) {
    for (const cell of row.slice(1)) {
      if (cell === '') continue
      total++
      if (cell.charCodeAt(0) === 32) blank++
    }
  }
  return total > 0 && blank >= 0.95 * total
}
