/** Something the reader noticed and went on: a stable code, how often, the first lines it stands on, a few examples. */
export interface ReadingWarning {
  readonly code: string
  readonly count: number
  /** Line numbers of the file, from 1; at most five. */
  readonly lines: readonly number[]
  /** At most five. */
  readonly examples: readonly string[]
  /** One sentence: what, how many, what was done, what to do. */
  readonly message: string
}

/** A record that is not part of the table, kept as it stood. */
export interface QuarantinedRow {
  readonly line: number
  readonly cells: readonly string[]
  readonly reason: string
}

/** Takes each row set aside as it comes, and each that lost cells: `kept` says that the rest of it is in the table. */
export type QuarantineSink = (row: QuarantinedRow, kept: boolean) => void

/** How a file was read. */
export interface ReadingReport {
  readonly source: string
  readonly format: 'csv' | 'parquet'
  readonly encoding: string
  readonly delimiter: string
  readonly quote: string
  readonly newline: '\n' | '\r\n' | '\r'
  /** Rows of data, the header not counted. */
  readonly rows: number
  /** Bytes of text, after decompression. */
  readonly bytes: number
  readonly warnings: readonly ReadingWarning[]
  /** Rows set aside; the first hundred are kept here. */
  readonly quarantined: readonly QuarantinedRow[]
  readonly quarantinedCount: number
}

const KEPT = 5
const KEPT_QUARANTINED = 100

interface Entry {
  count: number
  lines: number[]
  examples: string[]
  message: (count: number) => string
}

/** Gathers what the reader notices. Entries of one code (and subject, such as a column) are counted together. */
export class ReadingLog {
  readonly entries = new Map<string, Entry & { code: string }>()
  readonly quarantined: QuarantinedRow[] = []
  quarantinedCount = 0
  private readonly sink: QuarantineSink | undefined

  constructor(sink?: QuarantineSink) {
    this.sink = sink
  }

  /** `message` is asked at the end, with the total count. */
  warn(
    code: string,
    message: (count: number) => string,
    {
      subject = '',
      line,
      example,
      count = 1,
    }: { subject?: string; line?: number; example?: string; count?: number } = {},
  ): void {
    const key = `${code}\u0000${subject}`
    let entry = this.entries.get(key)
    if (!entry) this.entries.set(key, (entry = { code, count: 0, lines: [], examples: [], message }))
    entry.count += count
    entry.message = message
    if (line !== undefined && entry.lines.length < KEPT && !entry.lines.includes(line)) entry.lines.push(line)
    if (example !== undefined && entry.examples.length < KEPT && !entry.examples.includes(example)) {
      entry.examples.push(example.slice(0, 200))
    }
  }

  quarantine(row: QuarantinedRow): void {
    this.quarantinedCount++
    if (this.quarantined.length < KEPT_QUARANTINED) this.quarantined.push(row)
    this.sink?.(row, false)
  }

  /** A row of the table had cells that it has no column for. */
  surplus(row: QuarantinedRow): void {
    this.sink?.(row, true)
  }

  warnings(): ReadingWarning[] {
    return [...this.entries.values()].map(({ code, count, lines, examples, message }) => ({
      code,
      count,
      lines,
      examples,
      message: message(count),
    }))
  }
}
