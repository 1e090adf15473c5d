import { InputError } from '../util/errors.ts'
import { quoted } from '../util/text.ts'

/** Some of the columns of a record: places in it, by name or by number. */
export type Selection = (names: readonly string[]) => readonly number[]

/**
 * The part of JSONPath that batch transform takes for records: `$` (all), `$[2]`, `$[-1]`, `$[1:]`, `$[:3]`, `$[1:6:2]`, `$[0,2]`,
 * `$.name`, `$['a','b']`, `$[*]`. Numbers below 0 count from the end.
 */
export function parseSelection(path: string): Selection {
  const text = path.trim()
  if (text === '$' || text === '$[*]' || text === '$.*') return names => [...names.keys()]
  const property = /^\$\.([^.[\]'"*\s]+)$/.exec(text)
  if (property) return names => [placeOf(property[1], names, path)]
  const inside = /^\$\[(.+)\]$/s.exec(text)?.[1]
  if (inside === undefined) throw unreadable(path)
  const parts = inside.split(':').map(part => part.trim())
  if ((parts.length === 2 || parts.length === 3) && parts.every(part => /^(?:-?\d+)?$/.test(part))) {
    const [from, to, step] = parts.map(part => (part === '' ? undefined : Number(part)))
    if (step !== undefined && step <= 0) throw unreadable(path)
    return ({ length }) => {
      const place = (n: number) => Math.max(0, Math.min(length, n < 0 ? length + n : n))
      const places: number[] = []
      for (let i = place(from ?? 0); i < place(to ?? length); i += step ?? 1) places.push(i)
      return places
    }
  }
  const items = itemsOf(inside, path)
  return names => items.map(item => placeOf(item, names, path))
}

/** `0, -1` or `'a', "b, c"`: one after another, quotes taken off. */
function itemsOf(inside: string, path: string): (string | number)[] {
  const items: (string | number)[] = []
  let at = 0
  const pass = (wanted: (character: string) => boolean) => {
    const from = at
    while (at < inside.length && wanted(inside[at]!)) at++
    return inside.slice(from, at)
  }
  const blanks = () => pass(character => character.trim() === '')
  const name = (quote: string): string => {
    let text = ''
    for (at++; at < inside.length && inside[at] !== quote; at++) {
      if (inside[at] === '\\') at++
      text += inside[at] ?? ''
    }
    if (inside[at++] !== quote) throw unreadable(path)
    return text
  }
  const number = (): number => {
    const sign = inside[at] === '-' ? -1 : 1
    if (sign < 0) at++
    const digits = pass(character => character >= '0' && character <= '9')
    if (digits === '') throw unreadable(path)
    return sign * Number(digits)
  }
  for (;;) {
    blanks()
    const first = inside[at]
    items.push(first === '"' || first === "'" ? name(first) : number())
    blanks()
    if (at === inside.length) return items
    if (inside[at++] !== ',') throw unreadable(path)
  }
}

function placeOf(item: string | number, names: readonly string[], path: string): number {
  const place = typeof item === 'string' ? names.indexOf(item) : item < 0 ? names.length + item : item
  if (place >= 0 && place < names.length) return place
  throw new InputError(
    'E_FILTER',
    `filter ${quoted(path)} asks for ${typeof item === 'string' ? `column ${quoted(item)}` : `cell ${item}`} of a record that has ${names.length} cells: expected one that is there; correct the filter`,
    { exit: 'usage' },
  )
}

const unreadable = (path: string) =>
  new InputError(
    'E_FILTER',
    `filter ${quoted(path)} is not understood: expected $, $[2], $[1:], $[0,2], $.name or $['a','b']; correct the filter`,
    { exit: 'usage' },
  )
