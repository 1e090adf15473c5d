import type { DateOrder } from './dates.ts'
import { parseDate } from './dates.ts'
import { isMissingText } from './missing.ts'
import type { NumberFormat } from './numbers.ts'
import { isInfinityToken, parseNumber, plainNumber } from './numbers.ts'
import { NumberStore, WordStore } from './stores.ts'

/** Takes the cells of one column, row by row; `line` says where in the file the row stands. */
export interface ColumnBuilder {
  push(cell: string, line: () => number): void
}

/** A column that so far holds plain numbers and missing tokens only; anything else contradicts it. */
export class PlainNumberBuilder implements ColumnBuilder {
  readonly store: NumberStore
  /** Missing tokens met, blanks aside. */
  readonly tokens = new Map<string, number>()
  missing = 0
  nonFinite = 0
  /** The first cell that is no plain number: the column must be read again as words. */
  contradiction: { cell: string; line: number } | undefined
  /** The words for "missing"; the usual ones when left out. */
  readonly known: ReadonlySet<string> | undefined

  /** `wide`: some values are known to need float64. */
  constructor(capacity: number, known?: ReadonlySet<string>, wide = false) {
    this.store = new NumberStore(capacity, wide)
    this.known = known
  }

  push(cell: string, line: () => number): void {
    if (!this.contradiction) this.store.push(this.valueOf(cell, line))
  }

  /** The number in a cell; NaN for what is none, with its reason counted. */
  valueOf(cell: string, line: () => number): number {
    const value = plainNumber(cell)
    if (value !== value) return this.odd(cell, line)
    if (value !== Infinity && value !== -Infinity) return value
    this.nonFinite++
    return NaN
  }

  /** What a cell that is no number means: NaN, with its reason counted. */
  odd(cell: string, line: () => number): number {
    if (isMissingText(cell, this.known)) {
      this.missing++
      const token = cell.trim()
      if (token !== '') this.tokens.set(token, (this.tokens.get(token) ?? 0) + 1)
    } else if (isInfinityToken(cell)) this.nonFinite++
    else this.contradiction ??= { cell: cell.slice(0, 200), line: line() }
    return NaN
  }
}

/** Any column, kept as text without loss until its type is known. */
export class WordBuilder implements ColumnBuilder {
  readonly store: WordStore
  constructor(capacity: number, keepDictionary = false) {
    this.store = new WordStore(capacity, keepDictionary)
  }
  push(cell: string): void {
    this.store.push(cell)
  }
}

/** Numbers or dates whose writing is known from a schema. What cannot be read is missing and counted. */
export class ParsedBuilder implements ColumnBuilder {
  readonly store: NumberStore
  unreadable = 0
  nonFinite = 0
  firstLine = 0
  readonly examples: string[] = []
  readonly reads: 'number' | 'moment'
  private readonly parse: (cell: string) => number
  private readonly known: ReadonlySet<string>

  constructor(
    capacity: number,
    known: ReadonlySet<string>,
    writing: { number: NumberFormat } | { order: DateOrder },
  ) {
    this.store = new NumberStore(capacity)
    this.known = known
    this.reads = 'number' in writing ? 'number' : 'moment'
    this.parse =
      'number' in writing ? cell => parseNumber(cell, writing.number) : cell => parseDate(cell, writing.order)
  }

  push(cell: string, line: () => number): void {
    let value = this.parse(cell)
    if (value !== value) {
      if (!isMissingText(cell, this.known)) {
        if (isInfinityToken(cell)) this.nonFinite++
        else this.refuse(cell, line)
      }
    } else if (value === Infinity || value === -Infinity) {
      this.nonFinite++
      value = NaN
    }
    this.store.push(value)
  }

  private refuse(cell: string, line: () => number): void {
    if (this.unreadable++ === 0) this.firstLine = line()
    if (this.examples.length < 5 && !this.examples.includes(cell)) this.examples.push(cell.slice(0, 200))
  }
}
