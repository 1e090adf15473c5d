/** Typed columns out of the words of a column. */
import type { Column } from './dataset.ts'
import { isMissingText } from './missing.ts'
import type { NumberFormat } from './numbers.ts'
import { isInfinityToken, parseNumber } from './numbers.ts'
import type { WordStore } from './stores.ts'
import { NumberStore, TextStore } from './stores.ts'
import { findHoles, holesOf } from './text-facts.ts'

/** Distinct texts with their counts. */
export type Values = [text: string, count: number][]

export const tokensIn = (entries: Values, known: ReadonlySet<string>): string[] => [
  ...new Set(entries.map(([text]) => text.trim()).filter(text => text !== '' && known.has(text))),
]

/** What became of all cells of a long column, where `entries` shows a part of them only. */
export interface Seen {
  readonly total: number
  readonly parsed: number
  /** At most MAX_UNREADABLE different ones, and how often any stood there. */
  readonly unreadable: Values
}

const MAX_UNREADABLE = 1000

interface Converted {
  readonly values: Float32Array | Float64Array
  readonly nonFinite: number
  readonly seen?: Seen
}

/** Each distinct text is parsed once. */
export function convert(
  store: WordStore,
  known: ReadonlySet<string>,
  parse: (text: string) => number,
): Converted {
  return store.text ? convertTexts(store.text, known, parse) : convertWords(store, known, parse)
}

function convertWords(
  { words, counts, codes, length }: WordStore,
  known: ReadonlySet<string>,
  parse: (text: string) => number,
): Converted {
  const meanings = Float64Array.from(words, word => (isMissingText(word, known) ? NaN : parse(word)))
  let nonFinite = 0
  let wide = false
  meanings.forEach((value, code) => {
    if (value === Infinity || value === -Infinity) {
      nonFinite += counts[code]!
      meanings[code] = NaN
    } else wide ||= value === value && Math.fround(value) !== value
  })
  const values = wide ? new Float64Array(length) : new Float32Array(length)
  for (let row = 0; row < length; row++) values[row] = meanings[codes[row]!]!
  return { values, nonFinite }
}

function convertTexts(
  text: TextStore,
  known: ReadonlySet<string>,
  parse: (text: string) => number,
): Converted {
  const refused = new Map<string, number>()
  let missing = 0
  let lost = 0
  let nonFinite = 0
  const read = (cell: string): number => {
    if (isMissingText(cell, known)) {
      missing++
      return NaN
    }
    const value = parse(cell)
    if (value === Infinity || value === -Infinity) {
      nonFinite++
      return NaN
    }
    if (value === value) return value
    lost++
    const key = refused.has(cell) || refused.size < MAX_UNREADABLE - 1 ? cell : 'others'
    refused.set(key, (refused.get(key) ?? 0) + 1)
    return value
  }
  const total = text.length
  const values = new NumberStore(total)
  for (let row = 0; row < total; row++) values.push(read(text.at(row)))
  const present = total - missing
  return {
    values: values.finish(),
    nonFinite,
    seen: { total: present, parsed: present - lost - nonFinite, unreadable: [...refused] },
  }
}

/** A column read as numbers of one writing, to see what is left over. */
export interface Attempt extends Seen {
  readonly format: NumberFormat
  readonly values: Float32Array | Float64Array
  readonly nonFinite: number
}

export function tryNumbers(
  store: WordStore,
  format: NumberFormat,
  present: Values,
  total: number,
  known: ReadonlySet<string>,
): Attempt {
  const { values, nonFinite, seen } = convert(store, known, text =>
    isInfinityToken(text) ? Infinity : parseNumber(text, format),
  )
  if (seen) return { format, values, nonFinite, ...seen }
  const unreadable = present.filter(
    ([text]) => Number.isNaN(parseNumber(text, format)) && !isInfinityToken(text),
  )
  const lost = unreadable.reduce((sum, [, n]) => sum + n, 0)
  return { format, values, nonFinite, unreadable, total, parsed: total - lost - nonFinite }
}

/** Codes in order of first appearance, the missing words taken out. */
export function categorical(store: WordStore, name: string, missing: ReadonlySet<string>): Column {
  const categories: string[] = []
  const index = new Map<string, number>()
  const codeOf = (word: string): number => {
    if (isMissingText(word, missing)) return -1
    let code = index.get(word)
    if (code === undefined) index.set(word, (code = categories.push(word) - 1))
    return code
  }
  const codes = new Int32Array(store.length)
  if (store.text) for (let row = 0; row < codes.length; row++) codes[row] = codeOf(store.text.at(row))
  else {
    const recoded = Int32Array.from(store.words, codeOf)
    // Words have their codes in the same order; only missing ones shift those that follow.
    if (recoded.every((code, i) => code === i)) codes.set(store.codes.subarray(0, codes.length))
    else for (let row = 0; row < codes.length; row++) codes[row] = recoded[store.codes[row]!]!
  }
  return { kind: 'categorical', name, codes, categories }
}

export function text(store: WordStore, name: string, missing: ReadonlySet<string>): Column {
  if (store.text) {
    const holes = findHoles(store.text, holesOf(missing))
    return { kind: 'text', name, ...store.text.finish(), missing: holes }
  }
  const texts = new TextStore(store.length)
  const isHole = store.words.map(word => isMissingText(word, missing))
  const holes = new Uint8Array(store.length)
  for (let row = 0; row < store.length; row++) {
    const code = store.codes[row]!
    texts.push(store.words[code]!)
    if (isHole[code]) holes[row] = 1
  }
  return { kind: 'text', name, ...texts.finish(), missing: holes }
}
