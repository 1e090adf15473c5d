import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

// Every regular expression of the sources, on strings made to send one back and forth: a slow one could be hung by a file.

const SIZE = 1 << 16
const MOST_MS = 5
const LITERAL =
  /(?<=(?:[(,=:!&|?{}[;>]|return)\s*)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)/g

function literals(): [source: string, path: string][] {
  const root = resolve(import.meta.dirname, '../src')
  const found = new Map<string, string>()
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
  for (const path of paths.filter(name => name.endsWith('.ts'))) {
    const code = readFileSync(join(root, path), 'utf8').replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
    for (const [, source, flags] of code.matchAll(LITERAL)) {
      try {
        found.set(new RegExp(source!, flags).toString(), path)
      } catch {
        // A division or a path in a template is no expression.
      }
    }
  }
  return [...found]
}

const fill = (piece: string, end = ''): string =>
  piece.repeat(Math.ceil(SIZE / piece.length)).slice(0, SIZE - end.length) + end

const PIECES = [
  'a',
  '1',
  ' ',
  '\t',
  '\n',
  '"',
  "'",
  ',',
  '.',
  '-',
  '_',
  '\\',
  '\\"',
  'a ',
  '1,',
  '1.',
  ' \n',
  'é',
  '🙂',
  '#',
  '(',
  '+1',
  ':',
  'ab1 ',
  '0',
]
const HOSTILE = PIECES.flatMap(piece => [fill(piece), fill(piece, '!x')])

/** The least of five, so that a busy machine does not count. */
function milliseconds(run: () => void): number {
  let least = Infinity
  for (let k = 0; k < 5 && least > 1; k++) {
    const start = performance.now()
    run()
    least = Math.min(least, performance.now() - start)
  }
  return least
}

describe('regular expressions', () => {
  const all = literals()
  it('are found in the sources', () => expect(all.length).toBeGreaterThan(50))

  it.each(all)('%s (%s) takes no longer than its text', literal => {
    const end = literal.lastIndexOf('/')
    const flags = literal.slice(end + 1).replace(/[gy]/g, '')
    const expression = new RegExp(literal.slice(1, end), `${flags}g`)
    const run = (text: string) => milliseconds(() => void text.replace(expression, ''))
    // A quadratic one takes four times as long for twice the text, one that copies every match twice.
    const isSlow = (text: string) => {
      const whole = run(text)
      return whole > MOST_MS && (whole > 250 || whole > 3 * run(text.slice(SIZE / 2)))
    }
    // One that is slow is so every time.
    const slow = HOSTILE.filter(text => Array.from({ length: 5 }).every(() => isSlow(text)))
    expect(slow.map(text => text.slice(0, 6) + text.slice(-3))).toEqual([])
  })
})
