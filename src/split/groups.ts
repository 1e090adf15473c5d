import type { Target } from '../data/dataset.ts'
import { InputError } from '../util/errors.ts'
import type { Rng } from '../util/rng.ts'

/**
 * Part of each row such that a group is wholly in one part. Groups, largest first (ties at random), go to the part that
 * then has the smallest excess: of rows, and for classification of each class against its even share.
 */
export function assignGroups(
  { task, classes, values }: Target,
  groups: Int32Array,
  parts: number,
  rng: Rng,
): Int32Array {
  const kinds = task === 'regression' ? 1 : classes.length
  const members = new Map<number, number[]>()
  groups.forEach((group, row) => {
    const rows = members.get(group)
    if (rows) rows.push(row)
    else members.set(group, [row])
  })
  if (members.size < 2) {
    throw new InputError(
      'E_TOO_FEW_GROUPS',
      `the group column has ${members.size} different value: at least 2 groups are needed to set one aside; choose another column`,
    )
  }
  const used = Math.min(parts, members.size)
  const total = new Float64Array(kinds)
  const kindOf = (row: number) => (task === 'regression' ? 0 : values[row]!)
  for (let row = 0; row < values.length; row++) total[kindOf(row)]!++
  const held = Array.from({ length: used }, () => new Float64Array(kinds))
  const part = new Int32Array(values.length)
  const ordered = rng.shuffle([...members.values()]).sort((a, b) => b.length - a.length)
  for (const rows of ordered) {
    const tally = new Float64Array(kinds)
    for (const row of rows) tally[kindOf(row)]!++
    const present = [...tally.keys()].filter(kind => tally[kind]! > 0)
    let best = 0
    let least = Infinity
    for (let candidate = 0; candidate < used; candidate++) {
      // Rise of Σ (share − 1/parts)² when the group joins the part.
      let rise = 0
      for (const kind of present) {
        const before = held[candidate]![kind]! / total[kind]! - 1 / used
        const after = before + tally[kind]! / total[kind]!
        rise += after * after - before * before
      }
      if (rise < least) [best, least] = [candidate, rise]
    }
    tally.forEach((n, kind) => (held[best]![kind]! += n))
    for (const row of rows) part[row] = best
  }
  return part
}
