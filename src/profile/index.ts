import type { Column, Dataset, NumericColumn } from '../data/dataset.ts'
import { findColumn, stringAt, takeColumn } from '../data/dataset.ts'
import type { ReadingReport } from '../data/read.ts'
import type { TableSchema } from '../data/schema.ts'
import type { MadeTarget } from '../data/target.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { pearson, strength } from './association.ts'
import type { Examined } from './columns.ts'
import { profileColumn } from './columns.ts'
import { countValues } from './counts.ts'
import { findImage } from './image.ts'
import { findInsights } from './insights.ts'
import { summarizeNumbers } from './numeric.ts'
import type { DatasetProfile, TargetProfile } from './profile.ts'
import { findEqualColumns, findRepeatedRows } from './rows.ts'

export type { DatasetProfile } from './profile.ts'

export interface ProfileOptions {
  readonly target?: string
  readonly made?: MadeTarget
  readonly report?: ReadingReport
  readonly seed: number
}

const SAMPLE_ROWS = 10
const SAMPLE_COLUMNS = 20
const CORRELATED_COLUMNS = 10
/** Columns examined before other work gets a turn. */
const BREATH = 64

/** Statistics of every column and what a person should know before training. */
export async function profileDataset(
  dataset: Dataset,
  schema: TableSchema,
  { target, made, report, seed }: ProfileOptions,
): Promise<DatasetProfile> {
  const examined = await examineColumns(dataset, schema)
  const targetName = made?.target.name ?? target
  const features = examined.filter(({ profile }) => profile.name !== targetName)
  const targetColumn = targetName === undefined ? undefined : findColumn(dataset, targetName)
  const used = dataset.columns.filter(
    (column, j) => column.name !== targetName && examined[j]!.profile.use === 'feature',
  )
  const repeated = findRepeatedRows(used, targetColumn, dataset.rows)
  const ranked = rankNumeric(used, made)
  const targetProfile = made && profileTarget(made)
  const image = findImage(
    dataset.columns.filter(column => column.name !== targetName),
    seed,
  )
  const insights = findInsights({
    rows: dataset.rows,
    features,
    ...(targetProfile && {
      target: {
        profile: targetProfile,
        examined: examined.find(({ profile }) => profile.name === targetName)!,
      },
    }),
    repeated,
    equalColumns: findEqualColumns(used),
    targetCorrelation: new Map(
      made && made.target.task !== 'multiclass'
        ? ranked.map(({ column, strength }) => [column.name, strength])
        : [],
    ),
    pixels: new Set(image?.columns),
    ...(report && { report }),
  })
  const correlation = correlate(ranked.slice(0, CORRELATED_COLUMNS).map(item => item.column))
  return {
    formatVersion: 1,
    dataset: dataset.name,
    rows: dataset.rows,
    columnCount: dataset.columns.length,
    ...(targetProfile && { target: targetProfile }),
    columns: examined.map(({ profile }) => profile),
    duplicateRows: repeated.duplicates,
    duplicateFraction: dataset.rows === 0 ? 0 : repeated.duplicates / dataset.rows,
    insights,
    sample: sampleRows(dataset, seed),
    ...(correlation && { correlation }),
    ...(image && { image }),
  }
}

async function examineColumns(dataset: Dataset, schema: TableSchema): Promise<Examined[]> {
  const schemas = new Map(schema.columns.map(column => [column.name, column]))
  const examined: Examined[] = []
  for (const column of dataset.columns) {
    if (examined.length % BREATH === BREATH - 1) await new Promise(resolve => setImmediate(resolve))
    examined.push(profileColumn(column, schemas.get(column.name), dataset.rows))
  }
  return examined
}

function profileTarget({ target, taskReason, missing, invalid }: MadeTarget): TargetProfile {
  const base = { name: target.name, task: target.task, taskReason, missing, invalid }
  const rows = target.values.length
  if (target.task === 'regression') {
    const numeric = summarizeNumbers(countValues(target.values))
    return { ...base, ...(numeric && { numeric }) }
  }
  const counts = new Float64Array(target.classes.length)
  for (const label of target.values) counts[label]!++
  const classes = target.classes
    .map((label, i) => ({ label, count: counts[i]!, fraction: counts[i]! / rows }))
    .sort((a, b) => b.count - a.count)
  return { ...base, classes }
}

/** Numeric features, those that the target explains best first; in file order without a target. */
function rankNumeric(
  columns: readonly Column[],
  made: MadeTarget | undefined,
): { column: NumericColumn; strength: number }[] {
  const numeric = columns.filter(column => column.kind === 'numeric')
  if (!made) return numeric.map(column => ({ column, strength: 0 }))
  return numeric
    .map(column => {
      const whole = made.rows.length === column.values.length
      const values = whole ? column.values : (takeColumn(column, made.rows) as NumericColumn).values
      return { column, strength: strength(values, made.target) }
    })
    .sort((a, b) => b.strength - a.strength)
}

function correlate(columns: readonly NumericColumn[]): DatasetProfile['correlation'] {
  if (columns.length < 2) return undefined
  const values = columns.map(() => new Array<number>(columns.length).fill(1))
  for (let i = 0; i < columns.length; i++) {
    for (let j = 0; j < i; j++) {
      const r = pearson(columns[i]!.values, columns[j]!.values)
      values[i]![j] = values[j]![i] = Number.isNaN(r) ? 0 : r
    }
  }
  return { columns: columns.map(column => column.name), values }
}

/** Ten rows by chance, in file order. */
function sampleRows(dataset: Dataset, seed: number): DatasetProfile['sample'] {
  const rng = createRng(hashSeed(seed, 'sample'))
  const chosen = new Set<number>()
  while (chosen.size < Math.min(SAMPLE_ROWS, dataset.rows)) chosen.add(rng.int(dataset.rows))
  const columns = dataset.columns.slice(0, SAMPLE_COLUMNS)
  return {
    columns: columns.map(column => column.name),
    rows: [...chosen].sort((a, b) => a - b).map(row => columns.map(column => show(column, row))),
  }
}

function show(column: Column, row: number): string {
  if (column.kind === 'numeric') return Number.isNaN(column.values[row]!) ? '' : String(column.values[row])
  if (column.kind === 'datetime') {
    const value = column.values[row]!
    return Number.isNaN(value) ? '' : new Date(value).toISOString().replace('T00:00:00.000Z', '')
  }
  return stringAt(column, row) ?? ''
}
