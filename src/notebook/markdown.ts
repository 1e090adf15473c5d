import { printable } from '../util/text.ts'

const LONGEST = 400

/**
 * Text from outside as markdown that shows it and nothing else: one line, no markup, no HTML, no links, no formulas.
 * Punctuation that means something becomes a character reference. `$` and `\` stand in code, the one place where a
 * formula renderer that reads the finished page leaves them alone.
 */
export function markdownText(text: string): string {
  const line = printable(text)
    .replace(/[\n\u0085\u2028\u2029]/g, ' ↵ ')
    .replace(/[\t\u00a0]/g, ' ')
  const characters = [...line]
  const short = characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : line
  return (
    Buffer.from(short)
      .toString()
      .split(/([$\\]+)/)
      // Odd parts are the runs of $ and \.
      .map((part, i) => (i % 2 === 1 ? `\`${part}\`` : escapePart(part)))
      .join('')
      // Where a line starts, more has meaning: lists, headings, rules, indented code.
      .replace(/^[ #\-+=:]/, reference)
      .replace(/^(\d+)([.)])(?=\s|$)/, (_, digits: string, sign: string) => digits + reference(sign))
  )
}

const reference = (character: string) => `&#${character.codePointAt(0)};`

const escapePart = (text: string) =>
  text
    .replace(/[&<>`*{}[\]|@~]/g, reference)
    // Inside a word an underscore is a letter like any other.
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, reference)
    // Addresses are made into links without any markup.
    .replace(/:(?=\/\/)/g, reference)
    .replace(/(?<=www)\./gi, reference)
