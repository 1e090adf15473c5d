import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Candidate } from '../candidates/candidate.ts'
import { InputError } from '../util/errors.ts'
import { sha256, writeFileAtomic } from '../util/files.ts'
import { openJournal, readJournal, type Journal, type JournalRecord } from './journal.ts'
import { lockFolder } from './lock.ts'
import type { ExperimentSpec, Trial } from './types.ts'

export const FORMAT_VERSION = 1

/** Where everything of one experiment lies. */
export const layout = (folder: string) => ({
  folder,
  spec: join(folder, 'experiment.json'),
  profile: join(folder, 'profile.json'),
  candidates: join(folder, 'candidates.json'),
  journal: join(folder, 'events.jsonl'),
  lock: join(folder, '.lock'),
  data: join(folder, 'data'),
  split: join(folder, 'data', 'split.bin'),
  schema: join(folder, 'data', 'schema.json'),
  reading: join(folder, 'data', 'reading.json'),
  trial: (id: number) => join(folder, 'trials', String(id).padStart(4, '0')),
  leaderboard: join(folder, 'leaderboard.csv'),
  leaderboardJson: join(folder, 'leaderboard.json'),
  timings: join(folder, 'timings.csv'),
  anytime: join(folder, 'anytime.csv'),
  notebooks: join(folder, 'notebooks'),
  model: join(folder, 'model'),
  evaluation: join(folder, 'evaluation.json'),
  report: join(folder, 'report.html'),
})
export type Layout = ReturnType<typeof layout>

/** Writes a derived or input document: pretty JSON with its format version first. */
export const writeDocument = (path: string, value: object): void =>
  writeFileAtomic(path, `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...value }, null, 2)}\n`)

/** Reads a document and checks its version. */
export function readDocument<T>(path: string): T {
  if (!existsSync(path)) {
    throw new InputError(
      'E_NOT_AN_EXPERIMENT',
      `${path} does not exist: expected the folder of a Glasspilot experiment; check the path`,
      { exit: 'noInput' },
    )
  }
  let value: { formatVersion?: unknown }
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as { formatVersion?: unknown }
  } catch (error) {
    throw new InputError(
      'E_BAD_FORMAT',
      `${path} is not valid JSON (${(error as Error).message}): expected what Glasspilot wrote; mend it, or run "glasspilot repair"`,
    )
  }
  if (value.formatVersion !== FORMAT_VERSION) {
    throw new InputError(
      'E_BAD_VERSION',
      `${path} has format version ${JSON.stringify(value.formatVersion)}: this program reads version ${FORMAT_VERSION}; use the version that wrote it`,
    )
  }
  return value as T
}

/** The identity of a candidate's definition. */
export const definitionHash = (candidate: Candidate): string => sha256(JSON.stringify(candidate)).slice(0, 16)

export interface Store {
  readonly paths: Layout
  readonly spec: ExperimentSpec
  readonly journal: Journal
  close(): void
  /** Takes the folder away again when nothing but its making is in the journal: the input was refused. */
  discardUnused(): void
}

/** Makes a new experiment folder. It must not exist, or be empty. */
export function createStore(folder: string, spec: ExperimentSpec, version: string): Store {
  const paths = layout(resolve(folder))
  if (existsSync(paths.folder) && readdirSync(paths.folder).length > 0) {
    const isOurs = existsSync(paths.spec)
    throw new InputError(
      'E_FOLDER_EXISTS',
      `output folder ${paths.folder} is not empty: expected a new folder; ${isOurs ? `continue it with "glasspilot resume ${folder}" or ` : ''}choose another --output`,
      { exit: 'cannotCreate' },
    )
  }
  try {
    mkdirSync(paths.folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new InputError(
      'E_CANNOT_CREATE',
      `folder ${paths.folder} cannot be made (${(error as Error).message}): expected a place that can be written; choose another --output`,
      { exit: 'cannotCreate' },
    )
  }
  const unlock = lockFolder(paths.lock)
  writeDocument(paths.spec, { glasspilot: version, spec })
  const journal = openJournal(paths.journal)
  journal.append({ type: 'created', version })
  return openedStore(paths, spec, journal, unlock)
}

const openedStore = (paths: Layout, spec: ExperimentSpec, journal: Journal, unlock: () => void): Store => ({
  paths,
  spec,
  journal,
  close: () => {
    journal.close()
    unlock()
  },
  discardUnused: () => {
    if (journal.records.every(({ type }) => type === 'created'))
      rmSync(paths.folder, { recursive: true, force: true })
  },
})

/** Opens an experiment to go on with it. */
export function openStore(folder: string): Store {
  const paths = layout(resolve(folder))
  const { spec } = readDocument<{ spec: ExperimentSpec }>(paths.spec)
  const unlock = lockFolder(paths.lock)
  try {
    const journal = openJournal(paths.journal)
    return openedStore(paths, spec, journal, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** An experiment for reading only: never blocked by a writer. */
export function readExperiment(folder: string): {
  paths: Layout
  spec: ExperimentSpec
  records: readonly JournalRecord[]
  trials: readonly Trial[]
} {
  const paths = layout(resolve(folder))
  const { spec } = readDocument<{ spec: ExperimentSpec }>(paths.spec)
  const records = readJournal(paths.journal)
  return { paths, spec, records, trials: finishedTrials(records) }
}

/** The last word on every trial, by id. `definitions` leaves out trials of candidates that were edited since. */
export function finishedTrials(
  records: readonly JournalRecord[],
  definitions?: ReadonlyMap<string, string>,
): Trial[] {
  const trials = new Map<number, Trial>()
  for (const record of records) {
    if (record.type !== 'trial') continue
    const { trial, definition } = record
    if (definitions && definitions.get(trial.candidate) !== definition) continue
    trials.set(trial.id, trial)
  }
  return [...trials.values()].sort((a, b) => a.id - b.id)
}
