/** Typed columns out of the words of a column. */
import type { Column } from './dataset.ts'
import { isMissingText } from './missing.ts'
import type { WordStore } from './stores.ts'
import { TextStore } from './stores.ts'

/** Distinct texts with their counts. */
export type Values = [text: string, count: number][]

export const tokensIn = (entries: Values, known: ReadonlySet<string>): string[] => [
  ...new Set(entries.map(([text]) => text.trim()).filter(text => text !== '' && known.has(text))),
]

/** Each distinct text is parsed once. */
export function convert(
  store: WordStore,
  parse: (text: string) => number,
): { values: Float32Array | Float64Array; nonFinite: number } {
  const values = new Float64Array(store.length)
  let nonFinite = 0
  let survives = true
  const meaning = store.text ? undefined : Float64Array.from(store.words, parse)
  for (let row = 0; row < values.length; row++) {
    let value = meaning ? meaning[store.codes[row]!]! : parse(store.at(row))
    if (value === Infinity || value === -Infinity) {
      nonFinite++
      value = NaN
    }
    if (Math.fround(value) !== value && value === value) survives = false
    values[row] = value
  }
  return { values: survives ? Float32Array.from(values) : values, nonFinite }
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
    const recoded = store.words.map(codeOf)
    for (let row = 0; row < codes.length; row++) codes[row] = recoded[store.codes[row]!]!
  }
  return { kind: 'categorical', name, codes, categories }
}

export function text(store: WordStore, name: string, missing: ReadonlySet<string>): Column {
  const texts = store.text ?? new TextStore()
  if (!store.text) for (let row = 0; row < store.length; row++) texts.push(store.words[store.codes[row]!]!)
  const holes = new Uint8Array(store.length)
  for (let row = 0; row < store.length; row++) if (isMissingText(store.at(row), missing)) holes[row] = 1
  return { kind: 'text', name, ...texts.finish(), missing: holes }
}
