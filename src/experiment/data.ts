import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { openCache, writeCache } from '../data/cache.ts'
import type { Dataset, Target } from '../data/dataset.ts'
import type { TableSchema, TaskSchema } from '../data/schema.ts'
import type { Folds } from '../split/folds.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { sha256, writeFileAtomic } from '../util/files.ts'
import { pack, unpack } from '../util/pack.ts'
import { readDocument, writeDocument, type Layout } from './store.ts'

/** The training table as every trial sees it: rows that have a target, feature columns only. */
export interface ExperimentData {
  readonly dataset: Dataset
  /** Aligned with the rows of `dataset`. */
  readonly target: Target
  readonly folds: Folds
  /** The feature columns. */
  readonly table: TableSchema
  readonly weights?: Float64Array
}

/** Writes the binary cache that every worker reads, so that none parses CSV. */
export function saveData(paths: Layout, { dataset, target, folds, table, weights }: ExperimentData): void {
  writeCache(paths.data, dataset)
  writeFileAtomic(paths.split, pack({ target, folds, ...(weights && { weights }) }))
  writeDocument(paths.schema, table)
}

/** Opens what `saveData` wrote; refuses what is missing or damaged with the way to have it again. */
export function openData(paths: Layout): ExperimentData {
  try {
    const split = unpack(readFileSync(paths.split)) as Pick<ExperimentData, 'target' | 'folds' | 'weights'>
    return { dataset: openCache(paths.data), table: readDocument<TableSchema>(paths.schema), ...split }
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isGone && !(error instanceof InputError)) throw error
    throw new InputError(
      isGone ? 'E_IO' : (error as InputError).code,
      `${paths.data} does not hold the data of the experiment (${messageOf(error)}): expected what was made of the table; run "glasspilot repair ${paths.folder}"`,
      { exit: isGone ? 'io' : (error as InputError).exit, cause: error },
    )
  }
}

/** SHA-256 of every file that was made of the data alone, by path within the folder. */
export function dataHashes(paths: Layout): Record<string, string> {
  const names = readdirSync(paths.data).filter(name => name.endsWith('.col'))
  const files = [...names.map(name => join(paths.data, name)), join(paths.data, 'index.json'), paths.split, paths.schema, paths.reading] // prettier-ignore
  return Object.fromEntries(
    files
      .filter(path => existsSync(path))
      .sort()
      .map(path => [`data/${basename(path)}`, sha256(readFileSync(path))]),
  )
}

/** What a fitted pipeline has to know of its target. */
export const taskOf = ({ task, name, classes, labels }: Target): TaskSchema => ({
  task,
  target: name,
  classes,
  ...(labels && { labels }),
})

/** The rows that are scored, fold after fold: the order of every trial's `outputs`. */
export function scoredRows({ folds }: Folds): Int32Array {
  const rows = new Int32Array(folds.reduce((sum, fold) => sum + fold.validation.length, 0))
  let offset = 0
  for (const { validation } of folds) {
    rows.set(validation, offset)
    offset += validation.length
  }
  return rows
}

/** Row-major outputs of each row once: the mean where it was scored several times. Rows in order of their first score. */
export function onePerRow(
  rows: Int32Array,
  outputs: Float64Array,
  width: number,
): { readonly rows: Int32Array; readonly outputs: Float64Array } {
  const places = new Map<number, number>()
  for (const row of rows) if (!places.has(row)) places.set(row, places.size)
  if (places.size === rows.length) return { rows, outputs }
  const times = new Float64Array(places.size)
  for (const row of rows) times[places.get(row)!]!++
  const mean = new Float64Array(places.size * width)
  for (const [i, row] of rows.entries()) {
    const place = places.get(row)!
    for (let k = 0; k < width; k++) mean[place * width + k]! += outputs[i * width + k]! / times[place]!
  }
  return { rows: Int32Array.from(places.keys()), outputs: mean }
}

/** Values of the listed rows. */
export const takeValues = (values: Float64Array, rows: Int32Array): Float64Array =>
  Float64Array.from(rows, row => values[row]!)
