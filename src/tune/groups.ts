import { active, type Condition, type Params, type ParamValue, type Space } from '../params/space.ts'

/** Parameters that are always present together, so that they may be modelled jointly. */
export interface Group {
  readonly when?: Condition
  /** In the order of the space. */
  readonly names: readonly string[]
}

/** Splits a conditional space by condition; the group of a condition's parameter comes first, as it does in the space. */
export function groupsOf(space: Space): readonly Group[] {
  const groups = new Map<string, { when?: Condition; names: string[] }>()
  for (const [name, { when }] of Object.entries(space)) {
    const key = when ? JSON.stringify([when.param, when.in]) : ''
    const group = groups.get(key) ?? (when ? { when, names: [] } : { names: [] })
    group.names.push(name)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** Fills each active group by `pick`, and returns the values in the order of the space. */
export function fillGroups(
  space: Space,
  pick: (names: readonly string[]) => Readonly<Record<string, ParamValue>>,
): Params {
  const chosen: Record<string, ParamValue> = {}
  for (const { names } of groupsOf(space)) {
    if (active(space[names[0]!]!, chosen)) Object.assign(chosen, pick(names))
  }
  return Object.fromEntries(
    Object.keys(space)
      .filter(name => Object.hasOwn(chosen, name))
      .map(name => [name, chosen[name]!]),
  )
}
