import { findColumn, type Dataset, type Target } from '../data/dataset.ts'
import type { DatasetProfile } from '../profile/profile.ts'

export interface ImageSample {
  readonly label: string
  /** Row by row, the colours of a pixel together. */
  readonly pixels: readonly number[]
}

const MOST = 20

/**
 * Rows to show as pictures when the columns are pixels: the first of each class, then of each class again, at most twenty.
 * `rows` are those of the table that have a target, in its order; all of them unless given.
 */
export function sampleImages(
  dataset: Dataset,
  target: Target,
  { image }: Pick<DatasetProfile, 'image'>,
  rows?: ArrayLike<number>,
): readonly ImageSample[] | undefined {
  if (!image) return undefined
  const columns = image.columns.map(name => findColumn(dataset, name))
  const taken = new Map<string, number>()
  const wanted = Math.max(1, Math.floor(MOST / Math.max(1, target.classes.length)))
  const samples: ImageSample[] = []
  for (let at = 0; at < target.values.length && samples.length < MOST; at++) {
    const value = target.values[at]!
    const label = target.task === 'regression' ? String(value) : target.classes[value]!
    const times = taken.get(label) ?? 0
    if (target.task !== 'regression' && times >= wanted) continue
    taken.set(label, times + 1)
    const row = rows?.[at] ?? at
    // Pixels that never change are no features, but they are part of the picture.
    samples.push({
      label,
      pixels: columns.map(column => (column?.kind === 'numeric' ? column.values[row]! : 0)),
    })
  }
  return samples
}
