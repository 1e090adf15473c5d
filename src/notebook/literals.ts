/** A value that can stand in a cell as a literal. */
export type Literal =
  string | number | boolean | null | readonly Literal[] | { readonly [key: string]: Literal }

interface Dialect {
  readonly text: (value: string) => string
  readonly number: (value: number) => string
  readonly true: string
  readonly false: string
  readonly none: string
  readonly key: (name: string) => string
}

// What would break a line, hide, or turn the reading direction: control characters, NEL, soft hyphen, zero-width and
// bidirectional marks, line and paragraph separators, byte-order mark, lone surrogates.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const ASTRAL = /[\u{10000}-\u{10ffff}]/gu

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0')
const unit = (character: string) => `\\u${hex(character.charCodeAt(0), 4)}`
const quote = (value: string) => value.replace(/[\\"]/g, character => `\\${character}`).replace(/\n/g, '\\n')

const python: Dialect = {
  // \ud83d\ude00 would be two lone surrogates in Python: beyond the first plane it wants eight digits.
  text: value =>
    `"${quote(value)
      .replace(UNSEEN, unit)
      .replace(ASTRAL, character => `\\U${hex(character.codePointAt(0)!, 8)}`)}"`,
  number: value => {
    if (Number.isNaN(value)) return 'float("nan")'
    if (!Number.isFinite(value)) return value > 0 ? 'float("inf")' : 'float("-inf")'
    return Object.is(value, -0) ? '-0.0' : String(value)
  },
  true: 'True',
  false: 'False',
  none: 'None',
  key: name => python.text(name),
}

const typescript: Dialect = {
  // < never stands bare, so that no viewer takes a cell's text for a tag.
  text: value => `"${quote(value).replace(UNSEEN, unit).replace(/</g, '\\u003c')}"`,
  number: value => (Object.is(value, -0) ? '-0' : String(value)),
  true: 'true',
  false: 'false',
  none: 'null',
  // A plain "__proto__": key would set the prototype instead of a property.
  key: name => (name === '__proto__' ? '["__proto__"]' : typescript.text(name)),
}

const WIDTH = 96

function write(value: Literal, dialect: Dialect, indent: string): string {
  if (value === null) return dialect.none
  if (typeof value === 'string') return dialect.text(value)
  if (typeof value === 'number') return dialect.number(value)
  if (typeof value === 'boolean') return value ? dialect.true : dialect.false
  const inner = `${indent}    `
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', (value as readonly Literal[]).map(item => write(item, dialect, inner))]
    : [
        '{',
        '}',
        Object.entries(value).map(([name, item]) => `${dialect.key(name)}: ${write(item, dialect, inner)}`),
      ]
  const line = `${open}${items.join(', ')}${close}`
  if (items.length === 0 || (line.length + indent.length <= WIDTH && !line.includes('\n'))) return line
  const lines = Array.isArray(value) && value.every(isPlain) ? fill(items, WIDTH - inner.length) : items
  return `${open}\n${lines.map(item => `${inner}${item},\n`).join('')}${indent}${close}`
}

const isPlain = (value: Literal) => value === null || typeof value !== 'object'

/** As many items on a line as fit: a list of names is read across, not down. */
function fill(items: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 2 + item.length <= width)
      lines[lines.length - 1] = `${last}, ${item}`
    else lines.push(item)
  }
  return lines
}

/** The value as a Python expression; reading it gives the same value back, character for character. */
export const pythonLiteral = (value: Literal): string => write(value, python, '')

/** The value as a TypeScript expression. */
export const typescriptLiteral = (value: Literal): string => write(value, typescript, '')
