import type { Column, Dataset, NumericColumn } from '../data/dataset.ts'
import { findColumn, takeColumn } from '../data/dataset.ts'
import type { ReadingReport } from '../data/read.ts'
import type { ColumnSchema, TableSchema } from '../data/schema.ts'
import type { MadeTarget } from '../data/target.ts'
import { rowCount } from '../transforms/levels.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { count, figure } from '../util/text.ts'
import { findAnomalies } from './anomalies.ts'
import { pearson, strength } from './association.ts'
import { associate } from './associations.ts'
import type { Examined } from './columns.ts'
import { profileColumn } from './columns.ts'
import { findLinearCopies } from './copies.ts'
import { countValues } from './counts.ts'
import { findDrift } from './drift.ts'
import { findGroupHints, findTimeHints } from './hints.ts'
import { findImage, type ImageShape } from './image.ts'
import { findInsights } from './insights.ts'
import { judgeTarget } from './judge.ts'
import { outlierLimits, summarizeNumbers } from './numeric.ts'
import type {
  ColumnProfile,
  DatasetProfile,
  Insight,
  RepeatedSample,
  RowSample,
  TargetProfile,
} from './profile.ts'
import type { RepeatedRows } from './rows.ts'
import { findEqualColumns, findRepeatedRows } from './rows.ts'
import { sampleTable } from './sampled.ts'
import { showCell } from './show.ts'
import { summarize } from './summary.ts'
import { profileLongColumn, shareError, summarizeLong } from './whole.ts'

export type { DatasetProfile } from './profile.ts'

export interface ProfileOptions {
  readonly target?: string
  readonly made?: MadeTarget
  readonly report?: ReadingReport
  readonly seed: number
  /** Rows that are to be predicted, read with the same schema: whether they are like these. */
  readonly test?: Dataset
  /** Longer tables are looked at by an even sample of this many rows; a million unless said. */
  readonly exactRows?: number
  /** Columns that give the target away are left out of the features. */
  readonly dropLeaks?: boolean
  /** The columns of numbers are the pixels of such a picture; found by names and likeness without. */
  readonly image?: ImageShape
  /** Asked before each costly part: once it is so, those that follow are left out, and named in the profile. */
  readonly isLate?: () => boolean
  /** Told what is being looked at. */
  readonly onStage?: (stage: string) => void
}

const SAMPLE_ROWS = 10
const SAMPLE_COLUMNS = 20
const OUTLIER_ROWS = 5
const CORRELATED_COLUMNS = 10
const ASSOCIATED_COLUMNS = 12
const NOT_COMPARED: RepeatedRows = { duplicates: 0, conflicts: 0, settled: 0, largest: [] }
/** Columns examined before other work gets a turn. */
const BREATH = 64

/**
 * Statistics of every column and what a person should know before training. Above a million rows, what takes sorting or fitting
 * is done on an even sample of the rows, and the figures that are estimates say how far off they may be.
 */
export async function profileDataset(
  given: Dataset,
  givenSchema: TableSchema,
  {
    target,
    made,
    report,
    seed,
    test,
    exactRows,
    dropLeaks = false,
    image: declared,
    isLate = () => false,
    onStage = () => undefined,
  }: ProfileOptions,
): Promise<DatasetProfile> {
  const { dataset, schema } = made
    ? withTarget(given, givenSchema, made)
    : { dataset: given, schema: givenSchema }
  const { rows } = dataset
  const lacking: string[] = []
  const inTime = (part: string): boolean => {
    if (!isLate()) return true
    lacking.push(part)
    return false
  }
  onStage('statistics of the columns')
  const sampled = sampleTable(dataset, made, seed, exactRows)
  // What is looked at row by row: the table, or a sample of it.
  const seen = sampled ?? { dataset, ...(made && { made }) }
  const plain = await examineColumns(dataset, schema, sampled?.dataset)
  const targetName = made?.target.name ?? target
  const targetColumn = targetName === undefined ? undefined : findColumn(seen.dataset, targetName)
  const usable = seen.dataset.columns.filter(
    (column, j) => column.name !== targetName && plain[j]!.profile.use === 'feature',
  )
  const image = findImage(
    seen.dataset.columns.filter(column => column.name !== targetName),
    seed,
    declared,
  )
  // A picture is made of all its pixels.
  const pixels = new Set(image?.columns)
  const mayDrop = (name: string) => dropLeaks && !pixels.has(name)
  const judged =
    seen.made && (dropLeaks || inTime('prediction power'))
      ? await judgeTarget(usable, seen.made, {
          seed,
          onStage,
          mayDrop,
          mayModel: () => inTime('quick model'),
        })
      : undefined
  const dropped = new Set(judged?.dropped)
  const used = usable.filter(column => !dropped.has(column.name))
  const whole = sampled ? namesakes(dataset, used) : used
  const examined = plain.map(item => {
    const prediction = judged?.columns.get(item.profile.name)
    if (!prediction) return item
    const leak = dropped.has(item.profile.name) ? leftOut(item.profile, prediction.power) : {}
    return { ...item, profile: { ...item.profile, prediction, ...leak } }
  })
  const byName = new Map(examined.map(item => [item.profile.name, item]))
  const compares = inTime('equal rows and columns')
  if (compares) onStage('equal rows and columns')
  const wholeTarget = targetName === undefined ? undefined : findColumn(dataset, targetName)
  const told = wholeTarget && (made?.joined ? asTold(wholeTarget, made) : wholeTarget)
  const repeated = compares ? findRepeatedRows(whole, told, rows, exactRows) : NOT_COMPARED
  const equalColumns = compares ? findEqualColumns(used, whole) : []
  const linearCopies = compares ? findLinearCopies(onePerGroup(used, equalColumns), seed) : []
  const correlated = inTime('correlations')
  if (correlated) onStage('correlations')
  const strengths = correlated ? rankNumeric(used, seen.made) : []
  const powerOf = (column: Column) => byName.get(column.name)?.profile.prediction?.power ?? 0
  const byPower = <T extends Column>(columns: readonly T[]) =>
    judged ? [...columns].sort((a, b) => powerOf(b) - powerOf(a)) : columns
  const numeric = byPower(strengths.map(item => item.column))
  const correlation = correlate(numeric.slice(0, CORRELATED_COLUMNS))
  const associations =
    correlated &&
    associate(
      [
        ...(targetColumn ? [asTold(targetColumn, seen.made)] : []),
        ...byPower(used.filter(({ kind }) => kind === 'numeric' || kind === 'categorical')),
      ].slice(0, ASSOCIATED_COLUMNS),
      seen.dataset.rows,
    )
  const looked = inTime('unusual rows')
  if (looked) onStage('unusual rows')
  const shown = [...(targetColumn ? [targetColumn] : []), ...byPower(used)]
  const anomalies = looked && findAnomalies(used, shown, seen.dataset.rows, seed, sampled?.rows)
  const compared = test && inTime('differences between training and test rows') ? test : undefined
  if (compared) onStage('differences between training and test rows')
  const drift = compared && (await findDrift(whole, rows, compared, seed))
  const targetProfile = made && profileTarget(made, seen.made!)
  const insights = findInsights({
    rows,
    features: examined.filter(({ profile }) => profile.name !== targetName),
    ...(targetProfile && { target: { profile: targetProfile, examined: byName.get(targetProfile.name)! } }),
    repeated,
    equalColumns,
    linearCopies: image ? [] : linearCopies,
    timeHints: findTimeHints(whole, byName),
    groupHints: image ? [] : findGroupHints(used, byName, rows),
    targetCorrelation: new Map(
      made && made.target.task !== 'multiclass'
        ? strengths.map(({ column, strength }) => [column.name, strength])
        : [],
    ),
    pixels,
    dropped,
    joined: made?.joined ?? [],
    ...(judged?.quickModel && { quickModel: judged.quickModel }),
    ...(judged?.rowOrder && { rowOrder: judged.rowOrder }),
    ...(drift && { drift }),
    ...(report && { report }),
  }).map(insight => sayEstimated(insight, byName, sampled?.rows.length ?? rows, repeated))
  const conflicts = made && describeConflicts(repeated, made, rows)
  const wholeShown = sampled ? namesakes(dataset, shown.slice(0, SAMPLE_COLUMNS)) : shown
  const duplicateSample = showRepeated(repeated, wholeShown)
  const targetOutliers = made && targetProfile && showOutliers(made, seen.made!, targetProfile, wholeShown)
  const first = new Set(wholeShown)
  const rest = dataset.columns.filter(column => !first.has(column))
  return {
    formatVersion: 1,
    dataset: dataset.name,
    rows,
    columnCount: dataset.columns.length,
    summary: summarize({ rows, columns: examined.map(({ profile }) => profile), insights }),
    ...(targetOutliers && { targetOutliers }),
    ...(targetProfile && { target: targetProfile }),
    columns: examined.map(({ profile }) => profile),
    duplicateRows: repeated.duplicates,
    duplicateFraction: rows === 0 ? 0 : repeated.duplicates / rows,
    ...(repeated.errors && { duplicateError: repeated.errors.duplicates }),
    ...(duplicateSample && { duplicateSample }),
    ...(conflicts && { conflicts }),
    ...(sampled && {
      sampled: { rows: sampled.rows.length, of: rows, shareError: shareError(sampled.rows.length) },
    }),
    ...(lacking.length > 0 && { leftOut: lacking }),
    ...(judged && { judged: judged.on }),
    ...(dropped.size > 0 && { droppedLeaks: [...dropped] }),
    ...(judged?.quickModel && { quickModel: judged.quickModel }),
    ...(associations && { associations }),
    ...(anomalies && { anomalies }),
    ...(drift && { drift }),
    insights,
    sample: sampleRows(rows, [...wholeShown, ...rest], seed),
    ...(correlation && { correlation }),
    ...(image && { image }),
  }
}

/** The table with the target as it is learnt: numbers that were kept as written are numbers here, and its reason says what was inferred. */
function withTarget(dataset: Dataset, { columns }: TableSchema, { target, rows, taskReason }: MadeTarget) {
  const written = findColumn(dataset, target.name)
  const numeric = target.task === 'regression' && written?.kind === 'categorical'
  const values = numeric ? new Float64Array(dataset.rows).fill(NaN) : undefined
  if (values) rows.forEach((row, i) => (values[row] = target.values[i]!))
  const learnt = (column: Column): Column =>
    values && column.name === target.name ? { kind: 'numeric', name: column.name, values } : column
  const told = (column: ColumnSchema): ColumnSchema =>
    column.name === target.name
      ? {
          ...column,
          ...(numeric && { kind: 'numeric' as const }),
          reason: `it is the target; ${taskReason}; --problem-type decides otherwise`,
        }
      : column
  return {
    dataset: { ...dataset, columns: dataset.columns.map(learnt) },
    schema: { columns: columns.map(told) },
  }
}

/** The columns of the whole table that these are samples of. */
function namesakes(dataset: Dataset, columns: readonly Column[]): Column[] {
  const byName = new Map(dataset.columns.map(column => [column.name, column]))
  return columns.map(column => byName.get(column.name)!)
}

/** One column of each set of equal ones, and all that are in no set. */
function onePerGroup(columns: readonly Column[], groups: readonly (readonly string[])[]): Column[] {
  const repeats = new Set(groups.flatMap(group => group.slice(1)))
  return columns.filter(column => !repeats.has(column.name))
}

/** The target as it is learnt: the numbers of a quantity, the labels of classes. */
function asTold(column: Column, made: MadeTarget | undefined): Column {
  if (!made || made.target.task === 'regression') return column
  const codes = new Int32Array(rowCount(column)).fill(-1)
  made.rows.forEach((row, i) => (codes[row] = made.target.values[i]!))
  return { kind: 'categorical', name: column.name, codes, categories: made.target.classes }
}

const leftOut = ({ reason }: ColumnProfile, power: number): Pick<ColumnProfile, 'use' | 'reason'> => ({
  use: 'ignored',
  reason: `${reason}; it gives the target away (prediction power ${figure(power, 3)}) and was left out by --drop-leaks (W_LEAKAGE)`,
})

function describeConflicts(
  { conflicts, settled, errors }: RepeatedRows,
  { target }: MadeTarget,
  rows: number,
): DatasetProfile['conflicts'] {
  if (conflicts === 0) return undefined
  const bestAccuracy = target.task === 'regression' ? undefined : (rows - conflicts + settled) / rows
  return {
    rows: conflicts,
    fraction: conflicts / rows,
    ...(bestAccuracy !== undefined && { bestAccuracy }),
    ...(errors && { error: errors.conflicts }),
  }
}

function showRepeated({ largest }: RepeatedRows, shown: readonly Column[]): RepeatedSample | undefined {
  if (largest.length === 0) return undefined
  const columns = shown.slice(0, SAMPLE_COLUMNS)
  return {
    columns: columns.map(column => column.name),
    rows: largest.map(({ row, count }) => ({ count, values: columns.map(column => showCell(column, row)) })),
  }
}

/** Says so in the finding itself when its numbers are estimates. */
function sayEstimated(
  insight: Insight,
  examined: ReadonlyMap<string, Examined>,
  rows: number,
  { errors }: RepeatedRows,
): Insight {
  const off =
    insight.id === 'W_DUPLICATES'
      ? errors?.duplicates
      : insight.id === 'W_CONFLICTING_LABELS'
        ? errors?.conflicts
        : undefined
  const estimated = insight.column !== undefined && examined.get(insight.column)?.profile.errors
  const how =
    off !== undefined
      ? ` (± ${count(off)} rows)`
      : estimated
        ? ` (Estimated from ${count(rows)} of the rows.)`
        : ''
  return how === '' ? insight : { ...insight, fact: insight.fact + how }
}

async function examineColumns(
  dataset: Dataset,
  schema: TableSchema,
  sample: Dataset | undefined,
): Promise<Examined[]> {
  const schemas = new Map(schema.columns.map(column => [column.name, column]))
  const examined: Examined[] = []
  for (const column of dataset.columns) {
    if (examined.length % BREATH === BREATH - 1) await new Promise(resolve => setImmediate(resolve))
    const told = schemas.get(column.name)
    const part = sample?.columns[examined.length]
    examined.push(part ? profileLongColumn(column, part, told) : profileColumn(column, told, dataset.rows))
  }
  return examined
}

function profileTarget(
  { target, taskReason, missing, invalid, invalidValues, joined }: MadeTarget,
  seen: MadeTarget,
): TargetProfile {
  const base = {
    name: target.name,
    task: target.task,
    taskReason,
    missing,
    invalid,
    ...(invalidValues && { invalidValues }),
    ...(joined && { joined }),
  }
  const rows = target.values.length
  if (target.task === 'regression') {
    const counts = countValues(seen.target.values)
    if (seen.target !== target && counts.present > 0) {
      const { numeric, errors } = summarizeLong(target.values, counts)
      return { ...base, numeric, ...(errors.ranks !== undefined && { errors: { ranks: errors.ranks } }) }
    }
    const numeric = summarizeNumbers(counts)
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

/** The rows whose target lies furthest from the middle, of those that are outliers. */
function showOutliers(
  { target, rows }: MadeTarget,
  seen: MadeTarget,
  { numeric }: TargetProfile,
  shown: readonly Column[],
): RowSample | undefined {
  if (!numeric || numeric.outlierFraction <= 0) return undefined
  const { values } = target
  const distance = (at: number) => Math.abs(values[at]! - numeric.median)
  const [low, high] = outlierLimits(countValues(seen.target.values))
  const outside: number[] = []
  for (let at = 0; at < values.length; at++) if (values[at]! < low || values[at]! > high) outside.push(at)
  const columns = shown.slice(0, SAMPLE_COLUMNS)
  return {
    columns: columns.map(column => column.name),
    rows: outside
      .sort((a, b) => distance(b) - distance(a) || a - b)
      .slice(0, OUTLIER_ROWS)
      .map(at => ({
        row: rows[at]!,
        value: values[at]!,
        values: columns.map(column => showCell(column, rows[at]!)),
      })),
  }
}

/** Ten rows by chance, in file order. */
function sampleRows(total: number, all: readonly Column[], seed: number): DatasetProfile['sample'] {
  const rng = createRng(hashSeed(seed, 'sample'))
  const chosen = new Set<number>()
  while (chosen.size < Math.min(SAMPLE_ROWS, total)) chosen.add(rng.int(total))
  const columns = all.slice(0, SAMPLE_COLUMNS)
  return {
    columns: columns.map(column => column.name),
    rows: [...chosen].sort((a, b) => a - b).map(row => columns.map(column => showCell(column, row))),
  }
}
