import type { CategoricalColumn, TextColumn } from '../data/dataset.ts'
import { stringAt } from '../data/dataset.ts'
import { plainNumber } from '../data/numbers.ts'

export interface StringSummary {
  readonly present: number
  readonly distinct: number
  readonly distinctExact: boolean
  readonly distinctWords: number
  /** Share of the present values that are numbers. */
  readonly numericFraction: number
  readonly meanLength: number
  /** Most frequent first; all of them when they are few. */
  readonly frequent: readonly { readonly value: string; readonly count: number }[]
  /** Different values that come less than a twentieth as often as the most frequent one. */
  readonly rare: number
  /** Most values are lists of numbers. */
  readonly sequence: boolean
}

/** Beyond this many different values or words they are no longer told apart one by one. */
const MAX_TRACKED = 1_000_000
const MAX_FREQUENT = 1000
const RARE_SHARE = 0.05

/** Statistics of a column of strings, from its different values and their counts. */
export function summarizeStrings(column: CategoricalColumn | TextColumn): StringSummary {
  const { counts, exact } = countStrings(column)
  const words = new Set<string>()
  let present = 0
  let numbers = 0
  let length = 0
  let sequences = 0
  let most = 0
  for (const [value, count] of counts) {
    present += count
    if (count > most) most = count
    length += count * value.length
    const number = plainNumber(value)
    if (number === number) numbers += count
    else if (isSequence(value)) sequences += count
    if (words.size < MAX_TRACKED) for (const word of value.split(/\s+/)) if (word !== '') words.add(word)
  }
  let rare = 0
  for (const count of counts.values()) if (count < RARE_SHARE * most) rare++
  const frequent = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_FREQUENT)
    .map(([value, count]) => ({ value, count }))
  return {
    present,
    distinct: counts.size,
    distinctExact: exact,
    distinctWords: words.size,
    numericFraction: present === 0 ? 0 : numbers / present,
    meanLength: present === 0 ? 0 : length / present,
    frequent,
    rare,
    sequence: present > 0 && sequences > 0.8 * present,
  }
}

function countStrings(column: CategoricalColumn | TextColumn): {
  counts: Map<string, number>
  exact: boolean
} {
  const counts = new Map<string, number>()
  if (column.kind === 'categorical') {
    const tally = new Float64Array(column.categories.length)
    for (const code of column.codes) if (code >= 0) tally[code]!++
    column.categories.forEach((category, code) => {
      if (tally[code]! > 0) counts.set(category, tally[code]!)
    })
    return { counts, exact: true }
  }
  let exact = true
  for (let row = 0; row < column.missing.length; row++) {
    const value = stringAt(column, row)
    if (value === undefined) continue
    const count = counts.get(value)
    if (count !== undefined) counts.set(value, count + 1)
    else if (counts.size < MAX_TRACKED) counts.set(value, 1)
    else exact = false
  }
  return { counts, exact }
}

/** `1,2,3` or `0.5 0.7 0.9`: at least three numbers. */
function isSequence(text: string): boolean {
  const body = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const parts = body.split(body.includes(',') ? ',' : body.includes(';') ? ';' : ' ')
  return parts.length >= 3 && parts.every(part => plainNumber(part) === plainNumber(part))
}
