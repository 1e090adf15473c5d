import { InputError } from '../util/errors.ts'
import { count, figure, quoted } from '../util/text.ts'
import type { Column, Dataset, Target, Task } from './dataset.ts'
import { findColumn, stringAt } from './dataset.ts'
import type { NumberFormat } from './numbers.ts'
import { findNumberFormat, parseNumber, PLAIN } from './numbers.ts'
import type { TaskSchema } from './schema.ts'
import { unknownColumn } from './unknown-column.ts'

export interface MadeTarget {
  readonly target: Target
  /** Row numbers of the dataset that have a usable target, ascending; `target.values` runs along them. */
  readonly rows: Int32Array
  /** The rule that decided the task, with its numbers. */
  readonly taskReason: string
  /** Rows without a target. */
  readonly missing: number
  /** Rows whose target is no finite number, where a number is learnt. */
  readonly invalid: number
  /** The most frequent of those, at most ten. */
  readonly invalidValues?: readonly { readonly value: string; readonly count: number }[]
  /** Writings that were joined into one class, each set under the label it goes by. */
  readonly joined?: readonly JoinedLabels[]
}

export interface JoinedLabels {
  readonly label: string
  readonly writings: readonly string[]
}

export interface TargetOptions {
  /** Takes labels that differ only in case and spaces for one class. */
  readonly normaliseLabels?: boolean
}

/** The limits of SageMaker Autopilot's own inference. */
const FEW_NUMBERS = 5
const NON_INTEGER_SHARE = 0.01
const ORDINAL_SPREAD = 10
const DISTINCT_SHARE = 0.015
const MAX_INTEGER_CLASSES = 100
const MAX_CLASSES = 2000
const INVALID_SHOWN = 10

/** The column to be learnt as classes or values; the task is inferred when not given. */
export function makeTarget(
  dataset: Dataset,
  name: string,
  task?: Task,
  { normaliseLabels = false }: TargetOptions = {},
): MadeTarget {
  const column = findColumn(dataset, name)
  if (!column) {
    const names = dataset.columns.map(item => item.name)
    throw unknownColumn('E_TARGET_NOT_FOUND', name, names, dataset.name)
  }
  const written = labelsOf(column, dataset.rows)
  const { labels, joined } = normaliseLabels ? joinWritings(written) : { labels: written, joined: [] }
  const total = labels.counts.reduce((sum, n) => sum + n, 0)
  if (total === 0) {
    throw new InputError(
      'E_TARGET_EMPTY',
      `target ${quoted(name)} has no value in any of ${count(dataset.rows)} rows; choose another column`,
    )
  }
  const decided =
    task === undefined ? inferTask(name, labels, dataset.rows) : { task, reason: `you asked for ${task}` }
  const made =
    decided.task === 'regression' ? makeValues(name, labels) : makeClasses(name, labels, decided.task)
  const { target } = made
  return {
    ...made,
    ...(normaliseLabels && target.task !== 'regression'
      ? { target: { ...target, labels: 'normalised' as const }, joined }
      : {}),
    taskReason: decided.reason,
    missing: dataset.rows - total,
  }
}

/** A column as labels: which distinct text stands in each row, and what number it means. */
interface Labels {
  /** −1 missing. */
  readonly codes: Int32Array
  readonly texts: readonly string[]
  readonly counts: readonly number[]
  /** NaN where a text is no finite number. */
  readonly numbers: Float64Array
}

function labelsOf(column: Column, rows: number): Labels {
  const index = new Map<string | number, number>()
  const texts: string[] = []
  const counts: number[] = []
  const codes = new Int32Array(rows).fill(-1)
  const numeric = column.kind === 'numeric' || column.kind === 'datetime'
  for (let row = 0; row < rows; row++) {
    const key = numeric ? column.values[row]! : stringAt(column, row)
    if (key === undefined || key !== key) continue
    let code = index.get(key)
    if (code === undefined) {
      code = texts.push(String(key)) - 1
      counts.push(0)
      index.set(key, code)
    }
    counts[code]!++
    codes[row] = code
  }
  const format = numeric ? PLAIN : formatOf(texts, counts)
  const numbers = Float64Array.from(texts, text => {
    const value = numeric ? Number(text) : parseNumber(text, format)
    return Number.isFinite(value) ? value : NaN
  })
  return { codes, texts, counts, numbers }
}

/** One label for all its writings: the most frequent of them, without outer and repeated spaces. */
function joinWritings({ codes, texts, counts, numbers }: Labels): {
  labels: Labels
  joined: JoinedLabels[]
} {
  const groups = new Map<string, number[]>()
  texts.forEach((text, code) => {
    const plain = normalLabel(text)
    const group = groups.get(plain)
    if (group) group.push(code)
    else groups.set(plain, [code])
  })
  const members = [...groups.values()]
  const place = new Int32Array(texts.length)
  const leaders = members.map((group, i) => {
    for (const code of group) place[code] = i
    return group.reduce((a, b) =>
      counts[b]! > counts[a]! || (counts[b] === counts[a] && texts[b]! < texts[a]!) ? b : a,
    )
  })
  const labels = {
    codes: codes.map(code => (code < 0 ? -1 : place[code]!)),
    texts: leaders.map(code => texts[code]!.trim().replace(/\s+/g, ' ')),
    counts: members.map(group => group.reduce((sum, code) => sum + counts[code]!, 0)),
    numbers: Float64Array.from(leaders, code => numbers[code]!),
  }
  const joined = members.flatMap((group, i) =>
    group.length > 1
      ? [{ label: labels.texts[i]!, writings: group.map(code => texts[code]!).sort(compare) }]
      : [],
  )
  return { labels, joined }
}

/** What all writings of a label have in common: no case, no outer or repeated spaces, one form of each letter. */
export const normalLabel = (label: string): string =>
  label.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()

const formatOf = (texts: readonly string[], counts: readonly number[]): NumberFormat =>
  findNumberFormat(
    texts.map((text, i) => [text, counts[i]!] as const),
    false,
  )?.format ?? PLAIN

/** Autopilot's rules, in its order. `rows` counts every row, those without a target included. */
function inferTask(
  name: string,
  { texts, counts, numbers }: Labels,
  rows: number,
): { task: Task; reason: string } {
  const distinct = texts.length
  if (distinct === 1) throw singleClass(name, texts[0]!, counts[0]!)
  if (distinct === 2) return { task: 'binary', reason: 'the target has two different values' }
  let finite = 0
  let integers = 0
  let min = Infinity
  let max = -Infinity
  numbers.forEach((value, i) => {
    if (value !== value) return
    finite += counts[i]!
    if (Number.isInteger(value)) integers += counts[i]!
    min = Math.min(min, value)
    max = Math.max(max, value)
  })
  const of = `${count(distinct)} different values in ${count(rows)} rows`
  if (finite <= 0.5 * rows) {
    if (distinct <= MAX_CLASSES) return { task: 'multiclass', reason: `the target is mostly words: ${of}` }
    throw new InputError(
      'E_TOO_MANY_CLASSES',
      `target ${quoted(name)} is mostly words with ${of}: at most ${count(MAX_CLASSES)} classes can be learnt; choose another target or pass --problem-type`,
    )
  }
  if (distinct <= FEW_NUMBERS) {
    return {
      task: 'multiclass',
      reason: `the target holds numbers, but only ${distinct} different ones (at most ${FEW_NUMBERS} are classes)`,
    }
  }
  const broken = 1 - integers / finite
  if (broken >= NON_INTEGER_SHARE) {
    return {
      task: 'regression',
      reason: `${figure(100 * broken, 3)} % of the target's numbers are not whole (1 % or more are values)`,
    }
  }
  const ordinal = min >= 0 && max <= ORDINAL_SPREAD * distinct
  if (!ordinal && distinct / rows >= DISTINCT_SHARE) {
    return {
      task: 'regression',
      reason: `the target's whole numbers run from ${figure(min)} to ${figure(max)} with ${of}: a quantity, not a list of classes`,
    }
  }
  if (distinct <= MAX_INTEGER_CLASSES) {
    return {
      task: 'multiclass',
      reason: `the target holds whole numbers from ${figure(min)} to ${figure(max)} with ${of}: they look like classes`,
    }
  }
  // Autopilot stops here and asks; more whole numbers than a person would name as classes are a quantity.
  return {
    task: 'regression',
    reason: `the target holds ${of}, whole numbers from ${figure(min)} to ${figure(max)}: more than ${MAX_INTEGER_CLASSES}, so a quantity (pass --problem-type MulticlassClassification if they are classes)`,
  }
}

const singleClass = (name: string, label: string, n: number) =>
  new InputError(
    'E_TARGET_SINGLE_CLASS',
    `target ${quoted(name)} has the one value ${quoted(label)} in all ${count(n)} rows that have any: at least two are needed; choose another target or add rows of another class`,
  )

function makeValues(
  name: string,
  { codes, texts, numbers, counts }: Labels,
): Pick<MadeTarget, 'target' | 'rows' | 'invalid' | 'invalidValues'> {
  const kept: number[] = []
  codes.forEach((code, row) => {
    if (code >= 0 && !Number.isNaN(numbers[code]!)) kept.push(row)
  })
  const rows = Int32Array.from(kept)
  const invalid = counts.reduce((sum, n, i) => (Number.isNaN(numbers[i]!) ? sum + n : sum), 0)
  if (rows.length === 0) {
    throw new InputError(
      'E_TARGET_EMPTY',
      `target ${quoted(name)} has no number in any row: regression needs numbers; pass --problem-type MulticlassClassification`,
    )
  }
  const values = Float64Array.from(rows, row => numbers[codes[row]!]!)
  if (values.every(value => value === values[0])) {
    throw new InputError(
      'E_TARGET_CONSTANT',
      `target ${quoted(name)} is ${figure(values[0]!)} in all ${count(rows.length)} rows: there is nothing to learn; choose another column`,
    )
  }
  const invalidValues = texts
    .flatMap((value, i) => (Number.isNaN(numbers[i]!) ? [{ value, count: counts[i]! }] : []))
    .sort((a, b) => b.count - a.count || compare(a.value, b.value))
    .slice(0, INVALID_SHOWN)
  return {
    target: { name, task: 'regression', classes: [], values },
    rows,
    invalid,
    ...(invalid > 0 && { invalidValues }),
  }
}

function makeClasses(
  name: string,
  { codes, texts, counts }: Labels,
  task: 'binary' | 'multiclass',
): Pick<MadeTarget, 'target' | 'rows' | 'invalid'> {
  if (texts.length === 1) throw singleClass(name, texts[0]!, counts[0]!)
  if (task === 'binary' && texts.length > 2) {
    throw new InputError(
      'E_TOO_MANY_CLASSES',
      `target ${quoted(name)} has ${count(texts.length)} different values: binary classification needs two; pass --problem-type MulticlassClassification`,
    )
  }
  if (texts.length > MAX_CLASSES) {
    throw new InputError(
      'E_TOO_MANY_CLASSES',
      `target ${quoted(name)} has ${count(texts.length)} different values: at most ${count(MAX_CLASSES)} classes can be learnt; pass --problem-type Regression if it is a quantity`,
    )
  }
  const order = [...texts.keys()].sort((a, b) =>
    task === 'binary'
      ? counts[b]! - counts[a]! || compare(texts[a]!, texts[b]!)
      : compare(texts[a]!, texts[b]!),
  )
  const place = new Int32Array(texts.length)
  order.forEach((code, i) => (place[code] = i))
  const rows: number[] = []
  codes.forEach((code, row) => {
    if (code >= 0) rows.push(row)
  })
  const kept = Int32Array.from(rows)
  const values = Float64Array.from(kept, row => place[codes[row]!]!)
  return { target: { name, task, classes: order.map(code => texts[code]!), values }, rows: kept, invalid: 0 }
}

/** By code unit, whatever the machine's language. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A label without what files of one origin tend to differ in: case, outer spaces, a final full stop. */
const plainLabel = (label: string): string => label.trim().toLowerCase().replace(/\.$/, '')

/** The target of a labelled test file, in the classes or numbers learnt; NaN for labels never seen and for missing ones. */
export function encodeTarget(column: Column, { task, classes, labels: written }: TaskSchema): Float64Array {
  const rows =
    column.kind === 'categorical'
      ? column.codes.length
      : column.kind === 'text'
        ? column.missing.length
        : column.values.length
  const { codes, texts, numbers } = labelsOf(column, rows)
  if (task === 'regression') return Float64Array.from(codes, code => (code < 0 ? NaN : numbers[code]!))
  const byText = new Map(classes.map((label, i) => [label, i]))
  // `1.0` in one file and `1` in the other are the same class.
  const byNumber = new Map<number, number>()
  classes.forEach((label, i) => {
    const value = parseNumber(label, PLAIN)
    if (value === value) byNumber.set(value, i)
  })
  // So are `Yes`, ` yes` and `yes.`, as long as no two classes are told apart by that alone.
  const plain = written === 'normalised' ? normalLabel : plainLabel
  const plainly = new Map(classes.map((label, i) => [plain(label), i]))
  if (plainly.size < classes.length) plainly.clear()
  const place = texts.map(
    (text, i) => byText.get(text) ?? byNumber.get(numbers[i]!) ?? plainly.get(plain(text)) ?? NaN,
  )
  return Float64Array.from(codes, code => (code < 0 ? NaN : place[code]!))
}
