import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Papa from 'papaparse'

/** Unpacks the polluted files of the suite into a temporary folder; undefined when there are none. */
export function unpackPollock(suites: string | undefined): string | undefined {
  const archive = join(suites ?? '', 'pollock-polluted_files.tar.xz')
  if (suites === undefined || !existsSync(archive)) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-pollock-'))
  execFileSync('tar', ['xJf', archive, '-C', folder])
  return folder
}

export interface PollockCase {
  readonly name: string
  readonly path: string
  readonly expected: readonly (readonly string[])[]
  /** The expected table has a header. */
  readonly headed: boolean
}

export function pollockCases(folder: string): PollockCase[] {
  const root = join(folder, 'polluted_files')
  return readdirSync(join(root, 'csv')).map(name => ({
    name,
    path: join(root, 'csv', name),
    expected: Papa.parse<string[]>(readFileSync(join(root, 'clean', name), 'utf8'), {
      delimiter: ',',
      newline: '\n',
      skipEmptyLines: true,
    }).data,
    headed: name !== 'file_no_header.csv',
  }))
}

export const familyOf = (name: string): string =>
  name.startsWith('row_') ? name.replace(/\.csv$/, '').replace(/_?(row)?\d+.*$/, '') : name

/** Precision, recall and F1 of two multisets. */
function overlap(found: readonly string[], expected: readonly string[]): number {
  if (found.length === 0 && expected.length === 0) return 3
  const counts = new Map<string, number>()
  for (const item of expected) counts.set(item, (counts.get(item) ?? 0) + 1)
  let hits = 0
  for (const item of found) {
    const left = counts.get(item) ?? 0
    if (left > 0) {
      hits++
      counts.set(item, left - 1)
    }
  }
  const precision = found.length === 0 ? 0 : hits / found.length
  const recall = expected.length === 0 ? 0 : hits / expected.length
  return precision + recall + (hits === 0 ? 0 : (2 * precision * recall) / (precision + recall))
}

type Table = readonly (readonly string[])[]

/** The benchmark's score of one file, 0 … 10: read at all, and header, records and cells as multisets. */
export function pollockScore(
  found: { header: readonly string[]; rows: Table } | undefined,
  { expected, headed }: PollockCase,
): number {
  if (!found) return 0
  const clean = (cell: string) => cell.trim()
  const records = (rows: Table) => rows.map(row => row.map(clean).join('\u0001'))
  const cells = (rows: Table) => rows.flatMap(row => row.map(clean))
  const [header, body] = headed ? [expected[0] ?? [], expected.slice(1)] : [[], expected]
  return (
    1 +
    overlap(found.header.map(clean), header.map(clean)) +
    overlap(records(found.rows), records(body)) +
    overlap(cells(found.rows), cells(body))
  )
}
