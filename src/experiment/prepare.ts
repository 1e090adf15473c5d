import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { algorithms } from '../algorithms/index.ts'
import type { Candidate } from '../candidates/candidate.ts'
import { readCandidatesFile } from '../candidates/files.ts'
import { proposeCandidates } from '../candidates/index.ts'
import { nameOf } from '../data/source.ts'
import { takeRows, type Dataset, type Target } from '../data/dataset.ts'
import { readDataset, type ReadingReport } from '../data/read.ts'
import { rowKeys } from '../data/row-keys.ts'
import type { ColumnSchema, TableSchema, TaskSchema } from '../data/schema.ts'
import { makeTarget, type MadeTarget } from '../data/target.ts'
import { defaultObjective, metrics } from '../metrics/index.ts'
import { parseImageShape } from '../profile/image.ts'
import { profileDataset } from '../profile/index.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { givenHoldout, repeatsFor, requireRows, sampleRows, splitRows } from '../split/index.ts'
import type { Folds } from '../split/folds.ts'
import { InputError } from '../util/errors.ts'
import { count, quoted } from '../util/text.ts'
import { dataHashes, openData, saveData, taskOf } from './data.ts'
import { sampleImages, type ImageSample } from './images.ts'
import { openPlan, takeCandidateFiles } from './plan.ts'
import { requireSameTable, type Recording } from './recording.ts'
import { groupCodes, rowWeights, timeValues } from './roles.ts'
import { requireSameData, tableOf, type SourceHashes } from './sources.ts'
import { readDocument, writeDocument, type Store } from './store.ts'
import type { ExperimentEvent, ExperimentSpec, Objective } from './types.ts'

/** What tuning starts from. The table itself stays on disk, where the workers read it. */
export interface Prepared {
  readonly target: Target
  /** What a fitted pipeline has to know of the target and of the feature columns. */
  readonly task: TaskSchema
  readonly table: TableSchema
  readonly folds: Folds
  readonly weights?: Float64Array
  readonly profile: DatasetProfile
  readonly report: ReadingReport
  readonly candidates: readonly Candidate[]
  readonly objective: Objective
  /** With a budget only what the plan needs is found before training: finds the rest, as long as it is not late. */
  readonly completeProfile?: (isLate: () => boolean) => Promise<DatasetProfile>
  /** Rows as pictures, when the columns are pixels. */
  readonly images?: readonly ImageSample[]
}

type Emit = (event: ExperimentEvent) => void

/** Of the budget: once so much is used up, the parts of the profile that follow are left out, so that some is left for training. */
const PREPARING_SHARE = 0.5
/** When reading alone took so much of it, only the rows that are trained on are profiled. */
const READING_SHARE = 0.1

/**
 * Reads, types, profiles and splits the table and proposes candidates; a resumed experiment takes these from its folder.
 * `spent`: the share of the budget that is gone. `recording`: what is repeated, of which the candidates are taken.
 */
export async function prepareExperiment(
  store: Store,
  emit: Emit,
  spent: () => number = () => 0,
  recording?: Recording,
): Promise<Prepared> {
  const { paths, journal } = store
  const hashes = await requireSameData(store, recording)
  const isPrepared = journal.records.some(record => record.type === 'prepared')
  const ready =
    isPrepared && existsSync(paths.split) && existsSync(paths.profile) && existsSync(paths.candidates)
  return ready ? reopen(store) : prepareAnew(store, { hashes, emit, spent, ...(recording && { recording }) })
}

function reopen({ paths, spec }: Store): Prepared {
  const { dataset, target, folds, table, weights } = openData(paths)
  const profile = readDocument<DatasetProfile>(paths.profile)
  const images = sampleImages(dataset, target, profile)
  return {
    target,
    task: taskOf(target),
    table,
    folds,
    ...(weights && { weights }),
    profile,
    ...(images && { images }),
    report: readDocument<ReadingReport & object>(paths.reading),
    candidates: openPlan(paths, spec, { columns: table.columns.map(({ name }) => name), task: target.task }),
    objective: objectiveOf(spec.objective ?? defaultObjective(target.task)),
  }
}

async function prepareAnew(
  { paths, spec, journal }: Store,
  {
    hashes,
    emit,
    spent,
    recording,
  }: { hashes: SourceHashes; emit: Emit; spent: () => number; recording?: Recording },
): Promise<Prepared> {
  const roles = [spec.group, spec.time, spec.weight].filter(name => name !== undefined)
  emit({ type: 'stage', stage: 'read', detail: `reading ${nameOf(tableOf(spec))}` })
  const {
    dataset: table,
    schema,
    report,
  } = await readDataset(tableOf(spec), {
    target: spec.target,
    quarantine: join(paths.data, 'quarantine.csv'),
    ...(spec.features && { overrides: Object.fromEntries(spec.features.kinds) }),
    ...(spec.features?.names && { features: [...spec.features.names, ...roles] }),
  })
  requireRows(table.rows)
  const { normaliseLabels = false, dropLeaks = false } = spec
  const whole = makeTarget(table, spec.target, spec.task, { normaliseLabels })
  const made = thinned(whole, table.columns.length, spec.seed, emit)
  const { target, rows } = made
  requireRows(rows.length)
  const objective = objectiveOf(spec.objective ?? defaultObjective(target.task))
  const features = schema.columns.filter(
    column => column.use === 'feature' && column.name !== spec.target && !roles.includes(column.name),
  )
  if (features.length === 0) throw noFeatures(spec)

  // Told of all rows, whatever is trained on, unless that takes too long.
  const seen =
    rows.length < table.rows && spent() > READING_SHARE ? alone(table, made, emit) : { table, made: whole }
  emit({
    type: 'stage',
    stage: 'profile',
    detail: `profiling ${count(seen.table.rows)} rows × ${count(table.columns.length)} columns`,
  })
  // Only what the model will need: a test file may lack the columns of roles.
  const profileOf = async (isLate: () => boolean, compare: boolean) => {
    const test =
      compare && spec.test !== undefined
        ? (await readDataset(spec.test, { schema: { columns: features } })).dataset
        : undefined
    const found = await profileDataset(seen.table, schema, {
      target: spec.target,
      made: seen.made,
      report,
      seed: spec.seed,
      dropLeaks,
      ...(spec.image !== undefined && { image: parseImageShape(spec.image) }),
      isLate,
      ...(test && { test }),
    })
    return withoutPicture(found, spec.features?.names)
  }
  const hurried = spec.budgetSeconds !== undefined && !spec.definitionsOnly
  const profile = hurried
    ? await profileOf(() => true, false)
    : await profileOf(() => spent() > PREPARING_SHARE, true)
  tellChoices(profile, emit)
  if (!hurried) tellLeftOut(profile, emit)
  const leaks = new Set(profile.droppedLeaks)
  const kept = features.filter(({ name }) => !leaks.has(name))
  if (kept.length === 0) throw noFeatures(spec)
  const used = withPixels(kept, schema, profile)
  const dataset = featureTable(
    table,
    used.map(column => column.name),
    rows,
  )
  const weights = rowWeights(table, spec.weight, rows)
  const groups = groupCodes(table, spec.group, rows)
  const time = timeValues(table, spec.time, rows)
  const folds =
    spec.validation === undefined
      ? splitRows(target, {
          seed: spec.seed,
          repeats: repeatsFor(dataset.rows, dataset.columns.length),
          ...(groups && { groups }),
          ...(spec.validationFraction !== undefined && { share: spec.validationFraction }),
          ...(time ? { time } : { keys: rowKeys(dataset.columns, dataset.rows) }),
        })
      : givenHoldout(rows, table.rows - (await rowsOf(spec.validation, schema)), basename(spec.validation))
  const data = {
    dataset,
    target,
    folds,
    table: { columns: used } satisfies TableSchema,
    ...(weights && { weights }),
  }
  saveData(paths, data)
  if (recording) requireSameTable(recording, paths)

  emit({ type: 'stage', stage: 'plan', detail: 'planning candidate pipelines' })
  const known = { columns: used.map(({ name }) => name), task: target.task }
  // A plan that is there is somebody's: only the data had to be made again.
  const isPrepared = journal.records.some(({ type }) => type === 'prepared')
  const isPlanned = isPrepared && spec.candidates === undefined && existsSync(paths.candidates)
  const candidates = recording
    ? readCandidatesFile(recording.paths.candidates, { algorithms, ...known })
    : isPlanned
      ? openPlan(paths, spec, known)
      : spec.candidates === undefined
        ? proposeCandidates(profile, {
            task: target.task,
            rows: folds.folds[0]!.train.length,
            classes: target.classes.length,
            objective: objective.name,
            algorithms,
          })
        : takeCandidateFiles(paths, spec.candidates, known)
  writeDocument(paths.profile, profile)
  writeDocument(paths.reading, report)
  writeDocument(paths.candidates, { candidates })
  if (!isPrepared)
    journal.append({ type: 'prepared', ...hashes, rows: dataset.rows, files: dataHashes(paths) })
  const images = sampleImages(dataset, target, profile)
  return {
    target,
    task: taskOf(target),
    table: data.table,
    folds,
    ...(weights && { weights }),
    profile,
    report,
    candidates,
    objective,
    ...(images && { images }),
    ...(hurried && {
      completeProfile: async (isLate: () => boolean) => {
        const complete = await profileOf(() => isLate() || spent() > PREPARING_SHARE, !isLate())
        tellLeftOut(complete, emit)
        writeDocument(paths.profile, complete)
        return complete
      },
    }),
  }
}

/** Rows of a file that is read as others of its kind were. */
const rowsOf = async (file: string, schema: TableSchema): Promise<number> =>
  (await readDataset(file, { schema })).dataset.rows

/** Cells of a training table beyond which it is sampled; `GLASSPILOT_MAX_CELLS` sets another limit. */
const MAX_CELLS = 2e8
/** More rows cost time and hardly change a model; a limit of cells set by the user stands alone. */
const MAX_ROWS = 1_000_000

/** A table too large to train on in reasonable time and memory gives a sample of its rows, rare classes kept. */
function thinned(made: MadeTarget, columns: number, seed: number, emit: Emit): MadeTarget {
  const { target, rows } = made
  const asked = Number(process.env['GLASSPILOT_MAX_CELLS'])
  const limit = asked ? Math.floor(asked / columns) : Math.min(MAX_ROWS, Math.floor(MAX_CELLS / columns))
  if (rows.length <= limit) return made
  const kept = sampleRows(target, limit, seed)
  emit({
    type: 'stage',
    stage: 'read',
    detail: `${count(rows.length)} rows × ${count(columns)} columns are more than training takes: a sample of ${count(kept.length)} rows is used, rare classes kept whole (GLASSPILOT_MAX_CELLS sets the limit)`,
  })
  return {
    ...made,
    target: { ...target, values: Float64Array.from(kept, row => target.values[row]!) },
    rows: Int32Array.from(kept, row => rows[row]!),
  }
}

/** The rows that are trained on as a table of their own. */
function alone(table: Dataset, made: MadeTarget, emit: Emit): { table: Dataset; made: MadeTarget } {
  emit({
    type: 'warning',
    message: `reading took more than a tenth of the budget: the profile is of the ${count(made.rows.length)} rows that are trained on ("glasspilot profile" looks at all)`,
  })
  return { table: takeRows(table, made.rows), made: { ...made, rows: Int32Array.from(made.rows.keys()) } }
}

/** What was left out because time is short. */
function tellLeftOut({ leftOut = [] }: DatasetProfile, emit: Emit): void {
  if (leftOut.length > 0) {
    emit({
      type: 'warning',
      message: `the budget is too short for all of the profile; left out: ${leftOut.join(', ')} ("glasspilot profile" finds them, or give a longer --budget)`,
    })
  }
}

/** What was left out or joined because it was asked for. */
function tellChoices({ droppedLeaks = [], target }: DatasetProfile, emit: Emit): void {
  if (droppedLeaks.length > 0) {
    emit({
      type: 'warning',
      message: `left out, as each gives the target away (--drop-leaks): ${droppedLeaks.map(quoted).join(', ')}`,
    })
  }
  for (const { label, writings } of target?.joined ?? []) {
    emit({
      type: 'warning',
      message: `labels ${writings.map(quoted).join(', ')} are one class, ${quoted(label)} (--normalise-labels)`,
    })
  }
}

const noFeatures = ({ data, target, dropLeaks }: ExperimentSpec): InputError =>
  new InputError(
    'E_NO_FEATURES',
    `${nameOf(data)} has no column to learn from: expected at least one besides target "${target}" that varies${dropLeaks === true ? ', does not give the target away' : ''} and is no row id; see "glasspilot profile"`,
  )

const objectiveOf = (name: Objective['name']): Objective => ({ name, direction: metrics[name].direction })

/** A picture that lacks pixels the person left out is none. */
function withoutPicture(profile: DatasetProfile, chosen?: readonly string[]): DatasetProfile {
  const { image, ...rest } = profile
  const names = chosen && new Set(chosen)
  return !image || !names || image.columns.every(name => names.has(name)) ? profile : rest
}

/** Pixels that never change say nothing alone, but a picture is made of all its pixels. */
function withPixels(
  features: readonly ColumnSchema[],
  schema: TableSchema,
  { image }: DatasetProfile,
): readonly ColumnSchema[] {
  if (!image) return features
  const pixels = new Set(image.columns)
  const names = new Set(features.map(({ name }) => name))
  return schema.columns.flatMap(column => {
    if (names.has(column.name)) return [column]
    return pixels.has(column.name) ? [{ ...column, use: 'feature' as const }] : []
  })
}

function featureTable(table: Dataset, names: readonly string[], rows: Int32Array): Dataset {
  const wanted = new Set(names)
  const features = { ...table, columns: table.columns.filter(column => wanted.has(column.name)) }
  return rows.length === table.rows ? features : takeRows(features, rows)
}
