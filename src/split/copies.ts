import type { Target } from '../data/dataset.ts'
import type { Rng } from '../util/rng.ts'

/** Rows that are equal in all features. */
export interface Copies {
  /** Set of each row, −1 where the row has no equal. */
  readonly setOf: Int32Array
  /** Rows of each set, at least 2. */
  readonly sizes: Int32Array
  /** Rows in sets. */
  readonly rows: number
}

/** Below this share of different rows, rows agree because there are few kinds of them, not because they were copied. */
const LEAST_DISTINCT = 0.05
/** A class whose rows are all copies of one, and so few, is always trained on; of more rows it has to be scored. */
const RARE_ROWS = 10
/** Bands of a quantity that every part gets its share of. */
const BANDS = 25
const ROWS_PER_BAND = 20

/** Sets of rows with equal keys, numbered as they first appear; undefined when no row has an equal. */
export function findCopies(keys: Float64Array): Copies | undefined {
  const sorted = keys.slice().sort()
  const numberOf = new Map<number, number>()
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) numberOf.set(sorted[i]!, -1)
  if (numberOf.size === 0) return undefined
  const setOf = new Int32Array(keys.length).fill(-1)
  const sizes = new Int32Array(numberOf.size)
  let found = 0
  let rows = 0
  for (let row = 0; row < keys.length; row++) {
    let set = numberOf.get(keys[row]!)
    if (set === undefined) continue
    if (set < 0) numberOf.set(keys[row]!, (set = found++))
    setOf[row] = set
    sizes[set]!++
    rows++
  }
  return { setOf, sizes, rows }
}

/** Whether copies can be kept together: there are enough different rows to share out. */
export function canKeepTogether({ setOf, sizes, rows }: Copies, parts: number): boolean {
  const distinct = setOf.length - rows + sizes.length
  return distinct >= 2 * parts && distinct >= LEAST_DISTINCT * setOf.length
}

/**
 * Part of each row such that copies are in one part, −1 for rows that are always trained on. Sets, largest first (ties at
 * random), go where each class then lies nearest to its even share; single rows fill up what their class lacks.
 */
export function assignCopies(target: Target, { setOf, sizes }: Copies, parts: number, rng: Rng): Int32Array {
  const { kindOf, kinds } = kindsOf(target)
  const part = new Int32Array(setOf.length).fill(-1)
  const members = membersOf(setOf, sizes)
  const { always, single } = loneClasses(target, setOf, members)
  const total = new Float64Array(kinds)
  for (let row = 0; row < setOf.length; row++) if (!always(row)) total[kindOf[row]!]!++
  const held = Array.from({ length: parts }, () => new Float64Array(kinds))
  const size = new Float64Array(parts)
  const put = (row: number, at: number) => {
    part[row] = at
    held[at]![kindOf[row]!]!++
    size[at]!++
  }
  const order = rng.shuffle(Int32Array.from(sizes.keys())).sort((a, b) => sizes[b]! - sizes[a]!)
  for (const set of order) {
    const rows = members[set]!
    if (always(rows[0]!) || single(rows[0]!)) continue
    const at = bestPart(rows, kindOf, held, total, size)
    for (const row of rows) put(row, at)
  }
  const left: number[][] = Array.from({ length: kinds }, () => [])
  for (let row = 0; row < setOf.length; row++)
    if (part[row]! < 0 && !always(row)) left[kindOf[row]!]!.push(row)
  left.forEach((rows, kind) => {
    for (const row of rng.shuffle(rows)) put(row, emptiest(held, kind, size))
  })
  return part
}

/** The part where Σ (share − 1/parts)² over the classes of the rows rises least; of equal ones the smaller, then the last. */
function bestPart(
  rows: readonly number[],
  kindOf: Int32Array,
  held: readonly Float64Array[],
  total: Float64Array,
  size: Float64Array,
): number {
  const tally = new Map<number, number>()
  for (const row of rows) tally.set(kindOf[row]!, (tally.get(kindOf[row]!) ?? 0) + 1)
  let best = -1
  let least = Infinity
  for (let at = held.length - 1; at >= 0; at--) {
    let rise = 0
    for (const [kind, n] of tally) rise += (n * (2 * held[at]![kind]! + n)) / total[kind]! ** 2
    if (rise < least || (rise === least && size[at]! < size[best]!)) [best, least] = [at, rise]
  }
  return best
}

/** The part with the fewest rows of a class; of equal ones the smaller, then the first. */
function emptiest(held: readonly Float64Array[], kind: number, size: Float64Array): number {
  let best = 0
  for (let at = 1; at < held.length; at++) {
    const lead = held[at]![kind]! - held[best]![kind]!
    if (lead < 0 || (lead === 0 && size[at]! < size[best]!)) best = at
  }
  return best
}

function membersOf(setOf: Int32Array, sizes: Int32Array): number[][] {
  const members: number[][] = Array.from(sizes, () => [])
  setOf.forEach((set, row) => void (set >= 0 && members[set]!.push(row)))
  return members
}

/** Classes, or bands of a quantity from its smallest values to its largest. */
function kindsOf({ task, classes, values }: Target): { kindOf: Int32Array; kinds: number } {
  if (task !== 'regression') return { kindOf: Int32Array.from(values), kinds: classes.length }
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b)
  const kindOf = new Int32Array(values.length)
  const kinds = Math.max(1, Math.min(BANDS, Math.floor(values.length / ROWS_PER_BAND)))
  order.forEach((row, rank) => (kindOf[row] = Math.floor((rank * kinds) / values.length)))
  return { kindOf, kinds }
}

/** Rows of classes that have no two different rows: `always` trained on when few, else dealt as `single` rows. */
function loneClasses(
  { task, classes, values }: Target,
  setOf: Int32Array,
  members: readonly (readonly number[])[],
): { always: (row: number) => boolean; single: (row: number) => boolean } {
  if (task === 'regression') return { always: () => false, single: () => false }
  // One different row per class: its set, −2 − row for a single row, or undefined when there are more.
  const only = new Map<number, number | undefined>()
  const counts = new Float64Array(classes.length)
  values.forEach((label, row) => {
    const id = setOf[row]! >= 0 ? setOf[row]! : -2 - row
    counts[label]!++
    if (!only.has(label)) only.set(label, id)
    else if (only.get(label) !== id) only.set(label, undefined)
  })
  const lone = new Set<number>()
  for (const [label, id] of only) {
    const rows = id === undefined ? [] : id >= 0 ? members[id]! : [-2 - id]
    if (rows.length > 0 && rows.every(row => values[row] === label)) lone.add(label)
  }
  return {
    always: row => lone.has(values[row]!) && counts[values[row]!]! <= RARE_ROWS,
    single: row => lone.has(values[row]!) && counts[values[row]!]! > RARE_ROWS,
  }
}

/** Groups that share a copied row become one; undefined when that would leave too few to share out. */
export function joinGroups(
  groups: Int32Array,
  { setOf, sizes }: Copies,
  parts: number,
): Int32Array | undefined {
  const parent = new Map<number, number>()
  const rootOf = (group: number): number => {
    let root = group
    while (parent.has(root)) root = parent.get(root)!
    while (parent.has(group)) {
      const next = parent.get(group)!
      if (next !== root) parent.set(group, root)
      group = next
    }
    return root
  }
  const first = new Int32Array(sizes.length).fill(-1)
  setOf.forEach((set, row) => {
    if (set < 0) return
    if (first[set]! < 0) first[set] = row
    const [a, b] = [rootOf(groups[first[set]!]!), rootOf(groups[row]!)]
    if (a !== b) parent.set(b, a)
  })
  if (parent.size === 0) return groups
  const joined = groups.map(rootOf)
  const counts = new Map<number, number>()
  for (const group of joined) counts.set(group, (counts.get(group) ?? 0) + 1)
  let largest = 0
  for (const n of counts.values()) largest = Math.max(largest, n)
  return counts.size >= 2 * parts && largest <= groups.length / 2 ? joined : undefined
}
