import { isMissingText } from './missing.ts'
import { plainNumber } from './numbers.ts'

/** Texts looked at to tell whether a column holds sequences. */
const SAMPLE = 1000
const SHARE = 0.95
/** Two numbers in a cell may be a range or a decimal comma; numbers with blanks between them a telephone number. */
const LEAST = { list: 1, comma: 3, blank: 8 }

/** How many numbers a column's sequences have: the commonest length, and whether all have it. */
export interface SequenceShape {
  readonly length: number
  readonly same: boolean
}

/** `1.0, 2.0, …`, `1;2;3`, `[1, 2, 3]` in nearly every text: what it says of their lengths; undefined for other columns. */
export function sequenceShape(
  values: readonly (readonly [text: string, count: number])[],
): SequenceShape | undefined {
  const step = Math.max(1, Math.floor(values.length / SAMPLE))
  const lengths = new Map<number, number>()
  let seen = 0
  let read = 0
  for (let i = 0; i < values.length; i += step) {
    const length = sequenceLength(values[i]![0])
    seen++
    if (length === undefined) continue
    read++
    lengths.set(length, (lengths.get(length) ?? 0) + 1)
  }
  if (read === 0 || read < SHARE * seen) return undefined
  const [length] = [...lengths].reduce((best, one) => (one[1] > best[1] ? one : best))
  // Lists of one number each are numbers in brackets.
  return Math.max(...lengths.keys()) < 2 ? undefined : { length, same: lengths.size === 1 }
}

/** How many numbers (or holes) the text lists; undefined when it lists anything else. */
export function sequenceLength(text: string): number | undefined {
  const body = text.trim()
  const list = body.startsWith('[') && body.endsWith(']')
  const inner = list ? body.slice(1, -1).trim() : body
  if (list && inner === '') return 0
  const mark = [',', ';', '|'].find(mark => inner.includes(mark))
  const parts = mark === undefined ? inner.split(/\s+/) : inner.split(mark)
  const least = list ? LEAST.list : mark === undefined ? LEAST.blank : LEAST.comma
  if (parts.length < least) return undefined
  let numbers = 0
  for (const part of parts) {
    const number = plainNumber(part)
    if (number === number) numbers++
    else if (!isMissingText(part)) return undefined
  }
  return numbers > 0 ? parts.length : undefined
}
