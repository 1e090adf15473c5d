import type { ForestModel } from '../models/forest.ts'
import { emptyColumn } from '../pipeline/columns.ts'
import { applyTransforms, featureNames, findReader, type FittedTransforms } from '../pipeline/features.ts'

/**
 * The column every feature of a forest was made of, by name; a feature of several columns stands for itself. Undefined where
 * later transforms mix features, so that none belongs to a column any more.
 */
export function featureOwners(fitted: FittedTransforms, forest?: ForestModel): string[] | undefined {
  const owners: string[] = []
  for (const group of fitted.groups) {
    for (const { transform, states } of group.encode) {
      const reader = findReader(transform)
      if (reader.stage === 'combine')
        owners.push(...reader.apply(group.columns.map(emptyColumn), states[0]).map(({ name }) => name))
      else
        for (const [place, column] of group.columns.entries())
          for (const _ of reader.apply(emptyColumn(column), states[place])) owners.push(column.name)
    }
  }
  if (!keepsFeatures(fitted, owners.length)) return undefined
  for (const { columns } of forest?.encoders ?? [])
    owners.push([...new Set(columns.map(feature => owners[feature]!))].join(' × '))
  return owners
}

/** Whether the steps after the readers leave every feature in its place, scaled or filled at most. */
function keepsFeatures(fitted: FittedTransforms, width: number): boolean {
  if (fitted.merged.length === 0 && fitted.groups.every(({ then }) => then.length === 0)) return true
  const after = featureNames(fitted)
  const before = namesBefore(fitted)
  return after.length === width && after.every((name, i) => name === before[i])
}

const namesBefore = ({ groups }: FittedTransforms): string[] => {
  const empty = groups.flatMap(group => group.columns.map(emptyColumn))
  const bare = { groups: groups.map(group => ({ ...group, then: [] })), merged: [] }
  return applyTransforms(bare, { name: 'no rows', rows: 0, columns: empty }).columns.map(({ name }) => name)
}
