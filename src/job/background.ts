import { existsSync } from 'node:fs'
import { takeRows } from '../data/dataset.ts'
import { openData } from '../experiment/data.ts'
import { layout, readDocument } from '../experiment/store.ts'
import { playersOf } from '../explain/players.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import type { Background } from '../serve/explain.ts'

const ROWS = 25 // of training, that stand for what is not known

/** Opens what a server explains answers with; undefined where a folder holds a model alone. */
export function backgroundFor(folder: string): (() => Promise<Background>) | undefined {
  const paths = layout(folder)
  if (![paths.split, paths.profile, paths.schema].every(existsSync)) return undefined
  return async () => {
    const { dataset } = openData(paths)
    const kept = Math.min(ROWS, dataset.rows)
    const profile = readDocument<DatasetProfile>(paths.profile)
    return {
      players: playersOf(
        dataset.columns.map(({ name }) => name),
        profile,
      ),
      rows: takeRows(
        dataset,
        Int32Array.from({ length: kept }, (_, i) => Math.floor((i * dataset.rows) / kept)),
      ),
    }
  }
}
