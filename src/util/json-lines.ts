/** A value read from JSON text, and where each part of it stands. */
export interface PlacedJson {
  readonly value: unknown
  /** Line, from 1, of the value at a path; of the nearest part around it where the path leads nowhere. */
  lineOf(path: readonly PropertyKey[]): number
}

/** What keeps a text from being JSON, and where. */
export class JsonFault extends Error {
  readonly line: number
  constructor(line: number, problem: string) {
    super(problem)
    this.line = line
  }
}

const keyOf = (path: readonly PropertyKey[]) => JSON.stringify(path.map(String))

/** Reads JSON and keeps the line of every value; a key that stands twice in one object is refused. */
export function readPlacedJson(text: string): PlacedJson {
  const reader = new Reader(text)
  const value = reader.document()
  return {
    value,
    lineOf(path) {
      for (let length = path.length; length > 0; length--) {
        const line = reader.lines.get(keyOf(path.slice(0, length)))
        if (line !== undefined) return line
      }
      return 1
    },
  }
}

const DEEPEST = 100
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }

class Reader {
  readonly lines = new Map<string, number>()
  private readonly text: string
  private at = 0
  private line = 1

  constructor(text: string) {
    this.text = text
  }

  document(): unknown {
    const value = this.value([])
    this.space()
    if (this.at < this.text.length) this.fail(`expected the end of the file, found ${this.here()}`)
    return value
  }

  private fail(problem: string): never {
    throw new JsonFault(this.line, problem)
  }

  private here(): string {
    return this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end of the file'
  }

  private space(): void {
    for (; this.at < this.text.length && ' \t\r\n\ufeff'.includes(this.text[this.at]!); this.at++)
      if (this.text[this.at] === '\n') this.line++
  }

  private take(expected: string, where: string): void {
    this.space()
    if (this.text[this.at] !== expected)
      this.fail(`expected ${JSON.stringify(expected)} ${where}, found ${this.here()}`)
    this.at++
  }

  private value(path: readonly PropertyKey[]): unknown {
    this.space()
    if (path.length > DEEPEST) this.fail(`more than ${DEEPEST} levels of brackets`)
    this.lines.set(keyOf(path), this.line)
    const first = this.text[this.at]
    if (first === '{') return this.object(path)
    if (first === '[') return this.array(path)
    if (first === '"') return this.string()
    let end = this.at
    while (end < this.text.length && !' \t\r\n,:[]{}"'.includes(this.text[end]!)) end++
    const found = this.text.slice(this.at, end)
    if (Object.hasOwn(WORDS, found)) {
      this.at += found.length
      return WORDS[found]
    }
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(found))
      this.fail(`expected a value, found ${found === '' ? this.here() : JSON.stringify(found.slice(0, 40))}`)
    this.at += found.length
    return Number(found)
  }

  private object(path: readonly PropertyKey[]): object {
    const entries = new Map<string, unknown>()
    this.at++
    this.space()
    if (this.text[this.at] === '}') this.at++
    else {
      for (;;) {
        this.space()
        if (this.text[this.at] !== '"') this.fail(`expected a name in double quotes, found ${this.here()}`)
        const name = this.string()
        if (entries.has(name)) this.fail(`${JSON.stringify(name)} stands twice`)
        this.take(':', `after ${JSON.stringify(name)}`)
        entries.set(name, this.value([...path, name]))
        this.space()
        if (this.text[this.at] === '}') break
        this.take(',', `or "}" after ${JSON.stringify(name)}`)
      }
      this.at++
    }
    return Object.fromEntries(entries)
  }

  private array(path: readonly PropertyKey[]): unknown[] {
    const items: unknown[] = []
    this.at++
    this.space()
    if (this.text[this.at] === ']') this.at++
    else {
      for (;;) {
        items.push(this.value([...path, items.length]))
        this.space()
        if (this.text[this.at] === ']') break
        this.take(',', 'or "]" in a list')
      }
      this.at++
    }
    return items
  }

  private string(): string {
    let end = this.at + 1
    while (end < this.text.length && this.text[end] !== '"' && this.text[end] !== '\n')
      end += this.text[end] === '\\' ? 2 : 1
    const found = this.text.slice(this.at, end + 1)
    try {
      const value = JSON.parse(found) as string
      this.at += found.length
      return value
    } catch {
      return this.fail('a text in double quotes does not end on its line, or holds a wrong escape')
    }
  }
}

const WIDTH = 100

/** JSON for people: what fits on a line stands on one. */
export function readableJson(value: unknown, indent = ''): string {
  const flat = oneLine(value)
  if (indent.length + flat.length <= WIDTH || typeof value !== 'object' || value === null) return flat
  const inner = `${indent}  `
  const parts = Array.isArray(value)
    ? value.map(item => `${inner}${readableJson(item, inner)}`)
    : Object.entries(value).map(
        ([name, item]) => `${inner}${JSON.stringify(name)}: ${readableJson(item, inner)}`,
      )
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const parts = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}
