import { stringAt, type Column, type Dataset } from '../data/dataset.ts'
import { InputError } from '../util/errors.ts'
import { count, quoted } from '../util/text.ts'
import type { ExperimentSpec } from './types.ts'

const NAMED = 10 // changes told by name

/** What may change between runs: where the data lie (they are known by their hash), how long and how widely to go on. */
const MAY_CHANGE: ReadonlySet<string> = new Set([
  'name',
  'data',
  'test',
  'validation',
  'candidates',
  'maxCandidates',
  'budgetSeconds',
  'workers',
  'trialMemory',
  'cloud',
])

/** Refuses a description of the experiment that is not the one it began with; lists what differs. */
export function requireSameSpec(path: string, now: ExperimentSpec, before: ExperimentSpec | undefined): void {
  if (!before) return
  const changed = changedOptions(now, before, MAY_CHANGE)
  if (changed.length === 0) return
  throw new InputError(
    'E_OPTIONS_CHANGED',
    `${path} asks for something else than the experiment began with: ${listed(changed)}; expected the same options; put them back (or "glasspilot repair"), or start a new experiment`,
  )
}

/** Refuses options said again that are not those an experiment began with. */
export function requireSameOptions(
  folder: string,
  given: Partial<ExperimentSpec>,
  before: ExperimentSpec,
): void {
  const said = Object.fromEntries(
    Object.keys(given).map(name => [name, before[name as keyof ExperimentSpec]]),
  ) as Partial<ExperimentSpec>
  const changed = changedOptions(given, said)
  if (changed.length === 0) return
  throw new InputError(
    'E_OPTIONS_CHANGED',
    `experiment ${folder} cannot go on with other options: ${listed(changed)}; expected the same, or none; start a new experiment with "glasspilot run"`,
    { exit: 'usage' },
  )
}

/** Each option that differs: what it was, what it is. */
export function changedOptions(
  now: Partial<ExperimentSpec>,
  before: Partial<ExperimentSpec>,
  except: ReadonlySet<string> = new Set(),
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof ExperimentSpec)[]
  return names
    .filter(name => !except.has(name))
    .map(name => ({ name, was: shown(before[name]), is: shown(now[name]) }))
    .filter(({ was, is }) => was !== is)
    .map(({ name, was, is }) => `${name} was ${was} and is ${is}`)
}

const shown = (value: unknown): string => (value === undefined ? 'not given' : JSON.stringify(value))

const listed = (changes: readonly string[]): string => {
  const more = changes.length > NAMED ? `; and ${changes.length - NAMED} more` : ''
  return changes.slice(0, NAMED).join('; ') + more
}

/** How a table differs from what was made of it before: its rows, its columns, its cells. */
export function changedData(
  now: Dataset,
  before: { readonly rows: number; readonly names: readonly string[]; readonly dataset: Dataset },
): string {
  const names = now.columns.map(({ name }) => name)
  const [kept, known] = [new Set(names), new Set(before.names)]
  const gone = before.names.filter(name => !kept.has(name))
  const added = names.filter(name => !known.has(name))
  const isSameLength = now.rows === before.rows
  const changes = [
    ...(isSameLength ? [] : [`${count(before.rows)} rows were, ${count(now.rows)} are`]),
    ...gone.map(name => `column ${quoted(name)} is gone`),
    ...added.map(name => `column ${quoted(name)} is new`),
    ...(isSameLength && before.dataset.rows === now.rows ? changedCells(now, before.dataset) : []),
  ]
  return changes.length > 0
    ? listed(changes)
    : 'the same rows and columns, in other bytes or with other cells in the target or in a column that is not learnt from'
}

function changedCells(now: Dataset, before: Dataset): string[] {
  const columns = new Map(now.columns.map(column => [column.name, column]))
  return before.columns.flatMap(old => {
    const column = columns.get(old.name)
    if (!column) return []
    if (column.kind !== old.kind) return [`column ${quoted(old.name)} was ${old.kind} and is ${column.kind}`]
    const rows = Array.from({ length: now.rows }, (_, row) => row)
    const other = rows.filter(row => cell(column, row) !== cell(old, row))
    if (other.length === 0) return []
    const row = other[0]!
    const example = `first in row ${row + 1}: ${cell(old, row)} is now ${cell(column, row)}`
    return [`column ${quoted(old.name)} has ${count(other.length)} other cells (${example})`]
  })
}

/** A cell as text to compare and to show. */
function cell(column: Column, row: number): string {
  if (column.kind === 'categorical' || column.kind === 'text') {
    const text = stringAt(column, row)
    return text === undefined ? 'missing' : quoted(text)
  }
  const value = column.values[row]!
  return Number.isNaN(value) ? 'missing' : String(value)
}
