import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Mustache from 'mustache'
import { GlasspilotError } from '../util/errors.ts'
import { pythonLiteral, typescriptLiteral } from './literals.ts'
import type { Literal } from './literals.ts'
import { markdownText } from './markdown.ts'

/**
 * What a template may name. `text` is shown (markdown), `literal` is written as a value (code), `image` is base64 of a
 * picture (markdown), `flag` only decides, a list repeats its section. Keys are ours, never the user's.
 */
export interface Shape {
  readonly [name: string]: 'text' | 'literal' | 'image' | 'flag' | readonly [Shape]
}

/** Bytes of a picture as they stand in a data address: the one kind of value that goes into markdown as it is. */
export interface Base64 {
  readonly base64: string
}

export type ViewOf<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends 'text'
    ? string
    : S[K] extends 'literal'
      ? Literal
      : S[K] extends 'image'
        ? Base64
        : S[K] extends 'flag'
          ? boolean
          : S[K] extends readonly [infer Item extends Shape]
            ? readonly ViewOf<Item>[]
            : never
}

export type CellLanguage = 'markdown' | 'python' | 'typescript'

export interface CellTemplate<S extends Shape> {
  readonly language: CellLanguage
  readonly render: (view: ViewOf<S>) => string
}

const FOLDER = fileURLToPath(new URL('../../templates/notebooks/', import.meta.url))
const EXTENSIONS = { markdown: 'md', python: 'py', typescript: 'ts' } as const
const ESCAPES = {
  markdown: (value: string | Base64) =>
    typeof value === 'string' ? markdownText(value) : checkedBase64(value),
  python: pythonLiteral,
  typescript: typescriptLiteral,
}

function checkedBase64({ base64 }: Base64): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw new TypeError('a picture is not base64')
  return base64
}

/** Reads `templates/notebooks/<name>.<md|py|ts>.mustache` and checks it against what it may name. */
export function loadTemplate<S extends Shape>(
  name: string,
  language: CellLanguage,
  shape: S,
): CellTemplate<S> {
  const file = `${name}.${EXTENSIONS[language]}.mustache`
  return parseTemplate(readFileSync(`${FOLDER}${file}`, 'utf8'), language, shape, file)
}

export function parseTemplate<S extends Shape>(
  source: string,
  language: CellLanguage,
  shape: S,
  file: string,
): CellTemplate<S> {
  const text = source.trimEnd()
  check(Mustache.parse(text) as readonly Span[], [shape], language, file)
  return {
    language,
    render: view => Mustache.render(text, view, {}, { escape: ESCAPES[language] }).trim(),
  }
}

/** Mustache's syntax tree: kind, name or text, start, end, children of a section. */
type Span = readonly [
  kind: string,
  value: string,
  start: number,
  end: number,
  children?: readonly Span[] | string,
]

/** Mustache is silent about names it does not find and lets {{{ }}} and {{& }} pass unescaped: here both are errors. */
function check(spans: readonly Span[], scopes: readonly Shape[], language: CellLanguage, file: string): void {
  for (const [kind, value, , , children] of spans) {
    if (kind === 'text' || kind === '!') continue
    if (kind !== 'name' && kind !== '#' && kind !== '^')
      refuse(file, `{{${kind}${value}}}`, 'tags that are escaped')
    const scope = scopes.find(names => Object.hasOwn(names, value))
    const declared = scope?.[value]
    if (declared === undefined)
      refuse(file, `{{${value}}}`, `one of ${scopes.flatMap(Object.keys).join(', ')}`)
    if (kind === 'name') {
      const wanted = language === 'markdown' ? ['text', 'image'] : ['literal']
      if (!wanted.some(kind => kind === declared))
        refuse(file, `{{${value}}}`, `a name declared as ${wanted.join(' or ')}`)
      continue
    }
    if (declared !== 'flag' && typeof declared === 'string')
      refuse(file, `{{${kind}${value}}}`, 'a flag or a list')
    const inner =
      Array.isArray(declared) && kind === '#' ? [(declared as readonly [Shape])[0], ...scopes] : scopes
    check(children as readonly Span[], inner, language, file)
  }
}

function refuse(file: string, tag: string, expected: string): never {
  throw new GlasspilotError('E_TEMPLATE', `template ${file} has ${tag}: expected ${expected}`, {
    exit: 'bug',
  })
}
