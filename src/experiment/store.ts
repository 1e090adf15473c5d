import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Candidate } from '../candidates/candidate.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { isDiskError, makeFolder, sha256, sweepTemporary, writeFileAtomic } from '../util/files.ts'
import { requireSameSpec } from './changes.ts'
import { FORMAT_VERSION, requireVersion } from './format.ts'
import { openJournal, readJournal, type Journal, type JournalRecord } from './journal.ts'
import { lockFolder, requireUnlocked } from './lock.ts'
import type { ExperimentSpec, Trial } from './types.ts'

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
  trials: join(folder, 'trials'),
  trial: (id: number) => join(folder, 'trials', String(id).padStart(4, '0')),
  leaderboard: join(folder, 'leaderboard.csv'),
  leaderboardJson: join(folder, 'leaderboard.json'),
  timings: join(folder, 'timings.csv'),
  anytime: join(folder, 'anytime.csv'),
  notebooks: join(folder, 'notebooks'),
  model: join(folder, 'model'),
  evaluation: join(folder, 'evaluation.json'),
  report: join(folder, 'report.html'),
  reportJson: join(folder, 'report.json'),
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
  const text = readFileSync(path, 'utf8')
  let value: { formatVersion?: unknown; glasspilot?: unknown }
  try {
    value = JSON.parse(text) as typeof value
  } catch (error) {
    throw new InputError(
      'E_BAD_FORMAT',
      `${path} is not valid JSON (${(error as Error).message}): expected what Glasspilot wrote; mend it, or run "glasspilot repair"`,
    )
  }
  requireVersion(path, value.formatVersion, value.glasspilot)
  return value as T
}

/** The identity of a candidate's definition; what is tried first is no part of it. */
export const definitionHash = (candidate: Candidate): string =>
  sha256(JSON.stringify({ ...candidate, starts: undefined })).slice(0, 16)

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
  requireUnused(paths, folder)
  let unlock: () => void
  try {
    makeFolder(paths.folder)
    unlock = lockFolder(paths.lock)
  } catch (error) {
    if (error instanceof InputError && !isDiskError(error)) throw error
    throw new InputError(
      'E_CANNOT_CREATE',
      `folder ${paths.folder} cannot be made (${messageOf(error)}): expected a place that can be written; choose another --output`,
      { exit: 'cannotCreate', cause: error },
    )
  }
  try {
    // Another process may have made its experiment here, and ended, since we looked.
    requireUnused(paths, folder)
    writeDocument(paths.spec, { glasspilot: version, spec })
    const journal = openJournal(paths.journal)
    journal.append({ type: 'created', version, formatVersion: FORMAT_VERSION, spec })
    return openedStore(paths, spec, journal, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** What a process that died before it wrote anything of worth may have left. */
const isLeftover = (name: string): boolean => name.startsWith('.lock') || name.startsWith('.tmp-')

function requireUnused(paths: Layout, folder: string): void {
  if (!existsSync(paths.folder) || readdirSync(paths.folder).every(isLeftover)) return
  requireUnlocked(paths.lock)
  const isOurs = existsSync(paths.spec)
  throw new InputError(
    'E_FOLDER_EXISTS',
    `output folder ${paths.folder} is not empty: expected a new folder; ${isOurs ? `continue it with "glasspilot resume ${folder}" or ` : ''}choose another --output`,
    { exit: 'cannotCreate' },
  )
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
  const { spec, glasspilot } = readDocument<{ spec: ExperimentSpec; glasspilot: string }>(paths.spec)
  const unlock = lockForWriting(paths)
  try {
    requireJournal(paths)
    const journal = openJournal(paths.journal)
    requireSameSpec(paths.spec, spec, askedBefore(journal.records))
    sweepTemporary(paths.folder)
    // A power cut can take the first record with it.
    if (journal.records.length === 0)
      journal.append({ type: 'created', version: glasspilot, formatVersion: FORMAT_VERSION, spec })
    return openedStore(paths, spec, journal, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

function lockForWriting(paths: Layout): () => void {
  try {
    return lockFolder(paths.lock)
  } catch (error) {
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
    if (code !== 'EROFS' && code !== 'EACCES') throw error
    throw new InputError(
      'E_CANNOT_CREATE',
      `folder ${paths.folder} cannot be written (${messageOf(error)}): expected to go on there; mount it for writing, or work on a copy`,
      { exit: 'cannotCreate', cause: error },
    )
  }
}

const askedBefore = (records: readonly JournalRecord[]): ExperimentSpec | undefined => {
  const first = records[0]
  return first?.type === 'created' ? first.spec : undefined
}

/** Trials without a journal are not forgotten in silence. */
function requireJournal(paths: Layout): void {
  if (existsSync(paths.journal) || !existsSync(paths.trials)) return
  throw new InputError(
    'E_JOURNAL_MISSING',
    `journal ${paths.journal} is gone but there are trials: expected both; restore it from a copy, or run "glasspilot repair ${paths.folder}"`,
    { exit: 'io' },
  )
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

/** The last word on every trial, by id. `definitions` leaves out trials of candidates that were edited since, and those that learnt from them. */
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
  if (definitions)
    for (const { id, stack = [] } of trials.values())
      if (!stack.every(base => trials.has(base))) trials.delete(id)
  return [...trials.values()].sort((a, b) => a.id - b.id)
}
