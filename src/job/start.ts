import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { backendNamed } from '../backends/index.ts'
import { defaultWorkers } from '../backends/local/machine.ts'
import { resolveTable } from '../data/catalogue.ts'
import { readRecording } from '../experiment/recording.ts'
import { createStore, type Store } from '../experiment/store.ts'
import type { ExperimentEvent, ExperimentSpec } from '../experiment/types.ts'
import { InputError } from '../util/errors.ts'
import { runJob, type JobResult } from './job.ts'
import { nameFrom } from './names.ts'
import { VERSION } from './version.ts'

/** What a new experiment is asked for; everything but the data has a default. */
export interface ExperimentRequest extends Partial<Omit<ExperimentSpec, 'data'>> {
  /** Path of a CSV or Parquet file, of a folder of them, or the name of a dataset; several are read as one table. */
  readonly data: string | readonly string[]
  /** Folder to write; `glasspilot-<name>` in the working directory unless given. It must be new or empty. */
  readonly output?: string
}

/** Makes the folder of a new experiment. `note` is something a person should know about the data. */
export async function startExperiment(request: ExperimentRequest): Promise<{ store: Store; note?: string }> {
  const { data, output, ...given } = request
  const found = await resolveTable([data].flat(), { keep: true })
  const target = given.target ?? found.target
  if (target === undefined) {
    const shown = [data].flat().join(' ')
    throw new InputError(
      'E_NO_TARGET',
      `no target column was named for ${shown}: expected --target COLUMN, the column to predict; see the columns with "glasspilot profile ${shown}"`,
      { exit: 'usage' },
    )
  }
  const test = given.test ?? found.test
  if (test !== undefined && !existsSync(test)) {
    throw new InputError(
      'E_NO_SUCH_FILE',
      `--test file ${test} does not exist: expected a CSV file with the same columns; check the path`,
      { exit: 'noInput' },
    )
  }
  requireValidation(given)
  requireShare(given)
  const name = given.name ?? nameFrom(found.name)
  const spec: ExperimentSpec = {
    mode: 'auto',
    maxCandidates: 250,
    seed: 0,
    workers: backendNamed(given.backend ?? 'local').usualWorkers ?? defaultWorkers(),
    backend: 'local',
    definitionsOnly: false,
    ...given,
    name,
    data: typeof found.train === 'string' ? resolve(found.train) : found.train.map(path => resolve(path)),
    target,
    ...(test !== undefined && { test: resolve(test) }),
    ...(given.validation !== undefined && { validation: resolve(given.validation) }),
  }
  const store = createStore(output ?? freeFolder(`glasspilot-${name}`), spec, VERSION)
  return { store, ...(found.note !== undefined && { note: found.note }) }
}

/** A share of the rows says all about how they are set aside. */
function requireShare({ validationFraction: share, validation, group, time }: Partial<ExperimentSpec>): void {
  if (share === undefined) return
  if (!(share > 0 && share < 1)) {
    throw new InputError(
      'E_USAGE',
      `--validation-fraction is ${share}: expected a share of the rows between 0 and 1, such as 0.2; give one`,
      { exit: 'usage' },
    )
  }
  const others = { '--validation': validation, '--group': group, '--time': time }
  const other = Object.entries(others).find(([, value]) => value !== undefined)
  if (!other) return
  throw new InputError(
    'E_USAGE',
    `--validation-fraction cannot stand beside ${other[0]}, which decides itself which rows are held out: expected one of them; leave one away`,
    { exit: 'usage' },
  )
}

/** A file to validate with says all about how rows are set aside. */
function requireValidation({ validation, group, time }: Partial<ExperimentSpec>): void {
  if (validation === undefined) return
  if (!existsSync(validation)) {
    throw new InputError(
      'E_NO_SUCH_FILE',
      `--validation file ${validation} does not exist: expected a CSV file with the same columns; check the path`,
      { exit: 'noInput' },
    )
  }
  const other = group === undefined ? (time === undefined ? undefined : '--time') : '--group'
  if (other === undefined) return
  throw new InputError(
    'E_USAGE',
    `--validation cannot stand beside ${other}: the file decides which rows are held out; leave one of them away`,
    { exit: 'usage' },
  )
}

export interface ReplayRequest {
  /** Folder of the experiment to repeat. */
  readonly replay: string
  /** The same table, where it lies elsewhere now. */
  readonly data?: readonly string[]
  readonly output?: string
  readonly workers?: number
  readonly trialMemory?: number
}

/** Makes the folder of an experiment that repeats another: asked the same, it decides by what that one recorded. */
export async function startReplay({ replay, data, output, ...given }: ReplayRequest): Promise<Store> {
  const recording = readRecording(replay)
  if (recording.spec.backend !== 'local') {
    throw new InputError(
      'E_NOTHING_TO_REPLAY',
      `experiment ${replay} was run by "${recording.spec.backend}": expected one whose trials ran here; give --replay another folder`,
      { exit: 'usage' },
    )
  }
  const ofThatMachine = ['candidates', 'workers', 'trialMemory']
  const asked = Object.fromEntries(
    Object.entries(recording.spec).filter(([name]) => !ofThatMachine.includes(name)),
  ) as unknown as ExperimentSpec
  const table = data && (await resolveTable(data, { keep: true })).train
  const spec: ExperimentSpec = {
    ...asked,
    workers: defaultWorkers(),
    ...given,
    definitionsOnly: false,
    replay: recording.folder,
    ...(table !== undefined && {
      data: typeof table === 'string' ? resolve(table) : table.map(path => resolve(path)),
    }),
  }
  return createStore(output ?? freeFolder(`glasspilot-${spec.name}-replay`), spec, VERSION)
}

/** The name itself, or with the first free number behind it. */
function freeFolder(name: string): string {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? name : `${name}-${n}`
    if (!existsSync(folder)) return folder
  }
}

export interface RunOptions extends ExperimentRequest {
  /** Told of stages and trials as they happen. */
  readonly onEvent?: (event: ExperimentEvent) => void
  /** Aborted to stop in order: finished trials are kept and the folder can be resumed. */
  readonly signal?: AbortSignal
}

/**
 * Runs a whole experiment: read, profile, plan, tune, rank, export, score. Throws an InputError when the data or a setting
 * cannot be used; then no folder is left behind.
 */
export async function runExperiment({ onEvent, signal, ...request }: RunOptions): Promise<JobResult> {
  const { store, note } = await startExperiment(request)
  if (note !== undefined) onEvent?.({ type: 'warning', message: note })
  try {
    return await runJob(store, {
      emit: event => onEvent?.(event),
      signal: signal ?? new AbortController().signal,
    })
  } catch (error) {
    store.discardUnused()
    throw error
  } finally {
    store.close()
  }
}
