import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'

/** The names that a file of several begins with. */
export interface Header {
  readonly path: string
  readonly names: readonly string[]
}

const NEWLINE = 10
const QUOTE = 34
const MAX_HEADER_BYTES = 1 << 22

/** Where the first line ends, its line end included, a quoted name with a line end taken whole; undefined: not yet. */
export function headerEnd(head: Buffer): number | undefined {
  let open = false
  for (let i = 0; i < Math.min(head.length, MAX_HEADER_BYTES); i++) {
    if (head[i] === QUOTE) open = !open
    else if (head[i] === NEWLINE && !open) return i + 1
  }
  return head.length >= MAX_HEADER_BYTES ? head.indexOf(NEWLINE) + 1 || head.length : undefined
}

export async function firstLine(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    head = Buffer.concat([head, chunk])
    const end = headerEnd(head)
    if (end !== undefined) return head.subarray(0, end)
  }
  return head
}

const cut = (line: Buffer, delimiter: string): string[] =>
  line
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(delimiter)

/** The delimiter that cuts a header into most names. */
export function delimiterOf(line: Buffer): string {
  const cuts = [',', ';', '\t', '|'].map(delimiter => ({ delimiter, names: cut(line, delimiter).length }))
  return cuts.reduce((best, one) => (one.names > best.names ? one : best)).delimiter
}

/** The names of a header line: enough to compare two, whatever their mark at the start, quotes and line ends. */
export const namesIn = (line: Buffer): readonly string[] =>
  cut(line, delimiterOf(line)).map(name => /^\s*"([^"]*)"\s*$/.exec(name)?.[1] ?? name)

/** Refuses a file whose names are not those of the first, and says which differs. */
export function checkHeader({ path, names }: Header, first: Header): void {
  if (names.length === first.names.length && names.every((name, i) => name === first.names[i])) return
  throw new InputError(
    'E_DIFFERENT_HEADER',
    `${quoted(path)} has another header than ${quoted(first.path)}: ${difference(names, first.names)}; files read as one table need one header, in one order`,
  )
}

function difference(names: readonly string[], first: readonly string[]): string {
  const here = new Set(names)
  const there = new Set(first)
  const lacking = first.filter(name => !here.has(name))
  const extra = names.filter(name => !there.has(name))
  const parts = [
    lacking.length > 0 ? `it lacks ${list(lacking)}` : '',
    extra.length > 0 ? `it has ${list(extra)} besides` : '',
  ].filter(part => part !== '')
  if (parts.length > 0) return parts.join(' and ')
  const at = first.findIndex((name, i) => name !== names[i])
  if (at < 0) return `it has ${names.length} columns where ${first.length} were expected`
  return `its column ${at + 1} is ${quoted(names[at] ?? '')} where ${quoted(first[at]!)} was expected`
}

const list = (names: readonly string[]): string =>
  names.slice(0, 5).map(quoted).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
