import type { ColumnSchema } from '../data/schema.ts'

const DELIMITERS = [',', ';', '\t', '|']

/** The delimiter under which the first line holds most names of features, or as many cells as there are features. */
export function delimiterOf(text: string, features: readonly ColumnSchema[]): string {
  const end = text.search(/\S[^\r\n]*/)
  if (end < 0) return ','
  const rest = text.slice(end)
  const stop = rest.search(/[\r\n]/)
  const line = stop < 0 ? rest : rest.slice(0, stop)
  if (line.includes(',') && !/[;\t|]/.test(line)) return ','
  const names = new Set(features.map(({ name }) => name))
  const fit = (delimiter: string) => {
    const cells = line.split(delimiter).map(bare)
    return 2 * cells.filter(cell => names.has(cell)).length + Number(cells.length === features.length)
  }
  return DELIMITERS.reduce((best, mark) => (fit(mark) > fit(best) ? mark : best))
}

const bare = (cell: string): string =>
  cell.trim().startsWith('"') ? cell.trim().slice(1, -1).replaceAll('""', '"') : cell.trim()

/** Whether a first line names the columns: as the content type says, or as most of the names are there. */
export function csvNames(
  first: readonly string[],
  contentType: string,
  features: readonly ColumnSchema[],
): boolean {
  const says = /header\s*=\s*"?(present|absent)/i.exec(contentType)?.[1].toLowerCase()
  if (says) return says === 'present'
  const cells = new Set(first)
  return features.filter(({ name }) => cells.has(name)).length > features.length / 2
}
