import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../src/algorithms/index.ts'
import type { Candidate, Step } from '../src/candidates/candidate.ts'
import { proposeCandidates } from '../src/candidates/index.ts'
import type { Dataset, Target, Task } from '../src/data/dataset.ts'
import { takeRows } from '../src/data/dataset.ts'
import { readDataset } from '../src/data/read.ts'
import type { ColumnSchema } from '../src/data/schema.ts'
import { makeTarget } from '../src/data/target.ts'
import { fitCandidate } from '../src/experiment/fit-candidate.ts'
import { defaults } from '../src/params/space.ts'
import { profileDataset } from '../src/profile/index.ts'
import type { Folds } from '../src/split/folds.ts'
import { createRng } from '../src/util/rng.ts'
import { note } from './harness.ts'

// Real tables with the candidates that are planned for them, and the loss of any candidate on them.

export interface Planned {
  readonly dataset: Dataset
  readonly target: Target
  readonly features: readonly ColumnSchema[]
  readonly candidates: readonly Candidate[]
}

export const step = (transform: string, params = {}): Step => ({ transform, params })

/** The value of `--name=value` on the command line. */
export const argument = (name: string): string | undefined =>
  process.argv.find(text => text.startsWith(`--${name}=`))?.slice(name.length + 3)

/** The folder of real tables; ends the program when there is none. */
export function requireDatasets(bench: string): string {
  const data = process.env['GLASSPILOT_DATASETS']
  if (data && existsSync(data)) return data
  note(`bench ${bench} needs real tables: set GLASSPILOT_DATASETS to their folder`)
  process.exit(66)
}

/** At most `most` rows of a table, the same ones each time, and its plan. */
export async function openPlanned(
  data: string,
  name: string,
  most: number,
  without: readonly string[] = [],
): Promise<Planned> {
  const manifest = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as {
    name: string
    target: string
    task: Task
  }[]
  const { target: targetName, task } = manifest.find(entry => entry.name === name)!
  const read = await readDataset(join(data, `${name}.csv.gz`), { target: targetName })
  const stays = ({ name: column }: { readonly name: string }) => !without.includes(column)
  const table = { ...read.dataset, columns: read.dataset.columns.filter(stays) }
  const schema = { columns: read.schema.columns.filter(stays) }
  const made = makeTarget(table, targetName, task)
  const profile = await profileDataset(table, schema, { target: targetName, made, seed: 0 })
  const pixels = new Set(profile.image?.columns) // those that never change are part of the picture
  const features = schema.columns.filter(
    column => (column.use === 'feature' || pixels.has(column.name)) && column.name !== targetName,
  )
  const rows = createRng(1).shuffle(Int32Array.from(made.rows.keys())).slice(0, most).sort()
  const columns = table.columns.filter(column => features.some(feature => feature.name === column.name))
  const { target } = made
  const options = { task: target.task, rows: rows.length, classes: target.classes.length, algorithms }
  return {
    dataset: takeRows(
      { ...table, columns },
      Int32Array.from(rows, row => made.rows[row]!),
    ),
    target: { ...target, values: Float64Array.from(rows, row => target.values[row]!) },
    features,
    candidates: proposeCandidates(profile, options),
  }
}

/** Loss (log loss or root mean squared error) on rows that were not learnt from, with the default parameters. */
export async function lossOf(
  { dataset, target, features }: Planned,
  candidate: Candidate,
  folds: Folds,
): Promise<{ loss: number; seconds: number }> {
  const metric = target.task === 'regression' ? 'RMSE' : 'LogLoss'
  const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
  const trial = await fitCandidate(
    { dataset, target, folds, table: { columns: features } },
    candidate,
    algorithm,
    defaults(candidate.space),
    { objective: metric, seed: 1, signal: new AbortController().signal, seconds: Infinity },
  )
  return { loss: trial.metrics[metric]!, seconds: trial.fitSeconds }
}
