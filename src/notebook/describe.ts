import type { Candidate, ColumnGroup, Step } from '../candidates/candidate.ts'
import type { Distribution, ParamValue, Params } from '../params/space.ts'
import { count, figure } from '../util/text.ts'
import type { Literal } from './literals.ts'
import { short } from './words.ts'

const NAMES = 6
/** Lists longer than this are written once and named in the definitions. */
const LONG_LIST = 24

const value = (item: ParamValue) => (typeof item === 'number' ? figure(item, 6) : String(item))

export const paramsInWords = (params: Params): string =>
  Object.entries(params)
    .map(([name, item]) => `${name} = ${value(item)}`)
    .join(', ')

/** `one-hot (max_categories = 100), then scale`. */
export const stepsInWords = (steps: readonly Step[], joint: string): string =>
  steps
    .map(({ transform, params }) =>
      Object.keys(params).length > 0 ? `${transform} (${paramsInWords(params)})` : transform,
    )
    .join(joint)

/** The first names and how many there are. */
export const columnsInWords = (columns: readonly string[]): string =>
  columns.length <= NAMES
    ? columns.map(name => short(name)).join(', ')
    : `${columns.slice(0, NAMES).map(name => short(name)).join(', ')} … (${count(columns.length)} columns)` // prettier-ignore

export function rangeInWords(distribution: Distribution): {
  range: string
  scale: string
  start: string
  when: string
} {
  const { when: condition } = distribution
  return {
    range:
      distribution.type === 'choice'
        ? distribution.choices.map(value).join(', ')
        : `${value(distribution.low)} to ${value(distribution.high)}${distribution.type === 'int' ? ', whole' : ''}`,
    scale: distribution.type === 'choice' ? 'choice' : distribution.log ? 'logarithmic' : 'linear',
    start: value(distribution.default),
    when: condition ? `${condition.param} is ${condition.in.map(value).join(' or ')}` : '',
  }
}

/** Long lists of columns of all candidates, each once, under keys such as `numeric-1`. */
export function longLists(candidates: readonly Candidate[]): Map<string, readonly string[]> {
  const keys = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()
  for (const group of candidates.flatMap(candidate => candidate.groups)) {
    const text = JSON.stringify(group.columns)
    if (group.columns.length <= LONG_LIST || keys.has(text)) continue
    const key = `list-${keys.size + 1}`
    keys.set(text, key)
    lists.set(key, group.columns)
  }
  return lists
}

/** The candidate as its cell states it: long lists of columns by their key, all else in full. */
export function definition(candidate: Candidate, lists: ReadonlyMap<string, readonly string[]>): Literal {
  const keys = new Map([...lists].map(([key, columns]) => [JSON.stringify(columns), key]))
  const named = (group: ColumnGroup) => ({
    ...group,
    columns: keys.get(JSON.stringify(group.columns)) ?? group.columns,
  })
  // Through JSON: what is undefined disappears, as it does in candidates.json.
  return JSON.parse(JSON.stringify({ ...candidate, groups: candidate.groups.map(named) })) as Literal
}
