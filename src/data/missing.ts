/** Cells that mean "no value" in a column of numbers or dates, blanks aside; outer blanks are ignored. */
export const MISSING_TOKENS: readonly string[] = [
  'NA',
  'N/A',
  'n/a',
  '#N/A',
  '#NA',
  'N.A.',
  'na',
  'NaN',
  'nan',
  'NAN',
  '-nan',
  '-NaN',
  'null',
  'NULL',
  'Null',
  '<NA>',
  'NaT',
  'None',
  'none',
  'NONE',
  'nil',
  '?',
  '??',
  '???',
  '-',
  '--',
  '---',
  '.',
  '..',
  '...',
  '_',
  '\\N',
  '(null)',
  '*',
  '#REF!',
  '#DIV/0!',
  '#VALUE!',
  '#NAME?',
  '#NUM!',
  '#NULL!',
  'missing',
  'Missing',
  'MISSING',
]

/** Among words these are more often a word (no garage, a surname, a dash for "none") than a hole. */
const WORDS_TOO = new Set([
  'None',
  'none',
  'NONE',
  'nil',
  '.',
  '_',
  '*',
  '..',
  '...',
  'na',
  'missing',
  'Missing',
  'MISSING',
])

const ALL = new Set(MISSING_TOKENS)

export const isBlankText = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 32 && code !== 0xa0) return false
  }
  return true
}

/** True for blank cells and the tokens above, or in `tokens` when given. */
export const isMissingText = (text: string, tokens: ReadonlySet<string> = ALL): boolean =>
  text.length === 0 ||
  isBlankText(text) ||
  (text.length <= 32 && (tokens.has(text) || tokens.has(text.trim())))

/**
 * Which tokens that occur in a column of words mean "missing". A token is kept as a word when the column is codes of its
 * shape (`NA` among `US`, `DE`, `FR`) or mostly different words in which it is rare (a surname `Null`). Tokens the user
 * `asked` for always mean it.
 */
export function wordMissingTokens(
  values: readonly (readonly [text: string, count: number])[],
  asked: ReadonlySet<string> = new Set(),
): string[] {
  const known = asked.size === 0 ? ALL : new Set([...ALL, ...asked])
  const tokens = values.filter(([text]) => known.has(text.trim()) && !isBlankText(text))
  if (tokens.length === 0) return []
  const words = values.filter(([text]) => !isMissingText(text, known))
  const total = words.reduce((sum, [, count]) => sum + count, 0)
  return tokens
    .filter(([text, count]) => {
      const token = text.trim()
      if (asked.has(token)) return true
      // Plus and minus, or a single sign with a dash for its contrary.
      if (token === '-' && words.length === 1 && words[0]![0].trim().length === 1) return false
      if (WORDS_TOO.has(token)) return false
      if (!/^[A-Za-z]+$/.test(token)) return true
      const alike = words.filter(
        ([word]) =>
          word.length === token.length &&
          /^[A-Z]+$/.test(word) === /^[A-Z]+$/.test(token) &&
          /^[A-Za-z]+$/.test(word),
      )
      if (alike.length >= 3 && alike.length >= 0.9 * words.length) return false
      return !(words.length > 0.5 * total && words.length >= 10 && count <= Math.max(2, 0.01 * total))
    })
    .map(([text]) => text.trim())
}
