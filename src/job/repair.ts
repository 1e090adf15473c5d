import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { backendNamed } from '../backends/index.ts'
import { anytimeCsv, anytimeOf, chooseModel } from '../experiment/anytime.ts'
import { readOutputs, readPipeline } from '../experiment/assemble.ts'
import { requireSameSpec } from '../experiment/changes.ts'
import { dataHashes } from '../experiment/data.ts'
import { readJournal } from '../experiment/journal.ts'
import { lockFolder } from '../experiment/lock.ts'
import { withEnsemble, writeLeaderboard } from '../experiment/leaderboard.ts'
import { prepareExperiment, type Prepared } from '../experiment/prepare.ts'
import { repairJournal } from '../experiment/repair-journal.ts'
import {
  definitionHash,
  finishedTrials,
  layout,
  openStore,
  readDocument,
  writeDocument,
  type Layout,
  type Store,
} from '../experiment/store.ts'
import type { ExperimentEvent, ExperimentSpec, Trial } from '../experiment/types.ts'
import { loadMetric } from '../metrics/index.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { sha256, sweepTemporary, writeFileAtomic } from '../util/files.ts'
import { leaveResults } from './leave.ts'
import { repairReport } from './repair-report.ts'

/** One thing that was looked at. */
export interface Mended {
  /** Path within the folder. */
  readonly file: string
  readonly found: 'whole' | 'missing' | 'damaged' | 'torn' | 'left over'
  readonly done: 'kept' | 'rebuilt' | 'removed' | 'lost'
  readonly note?: string
}

type Emit = (event: ExperimentEvent) => void

/**
 * Looks at everything in an experiment folder and makes anew what is missing or damaged: the journal from its whole records,
 * the data from their source, trials by fitting them again, the rest from these. What cannot be had again is told as lost.
 */
export async function repairExperiment(folder: string, emit: Emit = () => {}): Promise<Mended[]> {
  const paths = layout(resolve(folder))
  if (!existsSync(paths.journal) && !existsSync(paths.spec)) {
    throw new InputError(
      'E_NOT_AN_EXPERIMENT',
      `${paths.folder} holds neither ${relative(paths.folder, paths.spec)} nor a journal: expected the folder of a Glasspilot experiment; check the path`,
      { exit: 'noInput' },
    )
  }
  const base = await repairBase(paths)
  const store = openStore(folder)
  try {
    if (store.spec.metricModule !== undefined) await loadMetric(store.spec.metricModule)
    if (backendNamed(store.spec.backend).runElsewhere) return [...base, elsewhere(store)]
    const { prepared, mended: data } = await repairData(store, emit)
    if (!prepared) return [...base, ...data]
    const trials = await repairTrials(store, prepared, emit)
    const results = await repairResults(store, prepared, emit)
    return [...base, ...data, ...trials, ...results, ...(await repairReport(store.paths))]
  } finally {
    store.close()
  }
}

const elsewhere = ({ spec }: Store): Mended => ({
  file: 'model',
  found: 'whole',
  done: 'kept',
  note: `trained by backend "${spec.backend}", which alone has the trials: not looked at`,
})

/** The journal and what was asked, under the lock: without these nothing can be opened. */
async function repairBase(paths: Layout): Promise<Mended[]> {
  const unlock = lockFolder(paths.lock)
  try {
    const left = sweepTemporary(paths.folder).map((file): Mended => ({
      file,
      found: 'left over',
      done: 'removed',
    }))
    const { found, notes } = await repairJournal(paths)
    const journal: Mended = {
      file: relative(paths.folder, paths.journal),
      found,
      done: found === 'whole' ? 'kept' : 'rebuilt',
      ...(notes.length > 0 && { note: notes.join('; ') }),
    }
    return [...left, journal, repairSpec(paths)]
  } finally {
    unlock()
  }
}

function repairSpec(paths: Layout): Mended {
  const created = readJournal(paths.journal).find(record => record.type === 'created')
  const file = relative(paths.folder, paths.spec)
  const fault = documentFault(paths.spec) ?? (isAsBegun(paths, created?.spec) ? undefined : 'damaged')
  if (!fault || !created?.spec) return { file, found: fault ?? 'whole', done: fault ? 'lost' : 'kept' }
  writeDocument(paths.spec, { glasspilot: created.version, spec: created.spec })
  return { file, found: fault, done: 'rebuilt' }
}

function isAsBegun(paths: Layout, before: ExperimentSpec | undefined): boolean {
  try {
    requireSameSpec(paths.spec, readDocument<{ spec: ExperimentSpec }>(paths.spec).spec, before)
    return true
  } catch {
    return false
  }
}

/** What was made of the data: whole by its hashes, or made again from the source. */
async function repairData(
  store: Store,
  emit: Emit,
): Promise<{ prepared: Prepared | undefined; mended: Mended[] }> {
  const { paths, journal } = store
  const record = journal.records.find(({ type }) => type === 'prepared')
  if (record?.type !== 'prepared') return { prepared: undefined, mended: [] }
  const expected = record.files ?? {}
  const before = existsSync(paths.data) ? dataHashes(paths) : {}
  const faults = new Map<string, Mended['found']>()
  for (const [file, hash] of Object.entries(expected))
    if (before[file] !== hash) faults.set(file, before[file] === undefined ? 'missing' : 'damaged')
  for (const path of [paths.profile, paths.candidates]) {
    const fault = documentFault(path)
    if (fault) faults.set(relative(paths.folder, path), fault)
  }
  // What is not whole goes, so that it is made again; a plan that a person edited stays.
  for (const file of faults.keys()) rmSync(join(paths.folder, file), { force: true })
  if ([...faults.keys()].some(file => file.startsWith('data/'))) rmSync(paths.split, { force: true })
  try {
    const prepared = await prepareExperiment(store, emit)
    const after = dataHashes(paths)
    const mended = [...faults].map(([file, found]): Mended => {
      const isSame = expected[file] === undefined || after[file] === expected[file]
      return { file, found, done: 'rebuilt', ...(!isSame && { note: 'with other bytes than before' }) }
    })
    const whole = Object.keys(expected).filter(file => !faults.has(file))
    const told = [...whole, 'profile.json', 'candidates.json'].filter(file => !faults.has(file))
    return {
      prepared,
      mended: [...mended, ...told.map((file): Mended => ({ file, found: 'whole', done: 'kept' }))],
    }
  } catch (error) {
    if (faults.size === 0) throw error
    const note = `cannot be made again: ${messageOf(error)}`
    return {
      prepared: undefined,
      mended: [...faults].map(([file, found]): Mended => ({ file, found, done: 'lost', note })),
    }
  }
}

function documentFault(path: string): 'missing' | 'damaged' | undefined {
  if (!existsSync(path)) return 'missing'
  try {
    readDocument(path)
    return undefined
  } catch {
    return 'damaged'
  }
}

/** Trials whose files are not whole are fitted again, with the same seed. */
async function repairTrials(store: Store, prepared: Prepared, emit: Emit): Promise<Mended[]> {
  const { paths, journal } = store
  const candidates = new Map(prepared.candidates.map(one => [definitionHash(one), one]))
  const last = new Map(
    journal.records.flatMap(record => (record.type === 'trial' ? [[record.trial.id, record] as const] : [])),
  )
  const complete = [...last.values()].filter(({ trial }) => trial.state === 'COMPLETE')
  const mended: Mended[] = []
  const executor = await backendNamed(store.spec.backend).openExecutor(store)
  try {
    for (const { trial, definition } of complete) {
      const folder = paths.trial(trial.id)
      const file = relative(paths.folder, folder)
      const fault = trialFault(paths, trial)
      const candidate = candidates.get(definition)
      const document = { trial, definition }
      if (!fault) {
        mended.push(restoreDocument(paths, join(folder, 'trial.json'), document))
        continue
      }
      if (!candidate) {
        const note = `candidate ${trial.candidate} was edited since and its trial cannot be fitted again`
        mended.push({ file, found: fault, done: 'lost', note })
        continue
      }
      const { id, params, seed } = trial
      emit({ type: 'started', trial: id, candidate: candidate.name })
      const again = await executor.submit(
        {
          request: { id, candidate: candidate.name, definition, params, seed },
          candidate,
          objective: prepared.objective,
          repeat: { clock: trial.clock ?? [] },
          ...(store.spec.metricModule !== undefined && { metricModule: store.spec.metricModule }),
        },
        { time: () => ({ softSeconds: Infinity, hardSeconds: Infinity }), onStart: () => {} },
      )
      mended.push({ file, found: fault, ...refitted(store, document, again) })
    }
  } finally {
    await executor.close()
  }
  return mended
}

const trialFault = (paths: Layout, { id }: Trial): 'missing' | 'damaged' | undefined => {
  try {
    readOutputs(paths, id)
    readPipeline(paths, id)
    return undefined
  } catch (error) {
    return error instanceof InputError && error.code === 'E_IO' ? 'missing' : 'damaged'
  }
}

/** The same figures as in the journal, or a new last word on the trial. */
function refitted(
  { paths, journal }: Store,
  { trial, definition }: { trial: Trial; definition: string },
  again: Trial,
): Pick<Mended, 'done' | 'note'> {
  if (again.state !== 'COMPLETE') return { done: 'lost', note: again.reason ?? again.state }
  const isSame = JSON.stringify(again.metrics) === JSON.stringify(trial.metrics)
  if (isSame) {
    writeDocument(join(paths.trial(trial.id), 'trial.json'), { trial, definition })
    return { done: 'rebuilt', note: 'fitted again, same scores' }
  }
  journal.append({ type: 'trial', definition, trial: again })
  return { done: 'rebuilt', note: 'fitted again, with other scores' }
}

function restoreDocument(paths: Layout, path: string, document: object): Mended {
  const file = relative(paths.folder, path)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  writeDocument(path, document)
  if (before === readFileSync(path, 'utf8')) return { file, found: 'whole', done: 'kept' }
  return { file, found: before === undefined ? 'missing' : 'damaged', done: 'rebuilt' }
}

/** Everything that follows from journal, data and trials is written anew and compared with what was there. */
async function repairResults(store: Store, prepared: Prepared, emit: Emit): Promise<Mended[]> {
  const { paths, spec, journal } = store
  const before = resultHashes(paths)
  const definitions = new Map(prepared.candidates.map(one => [one.name, definitionHash(one)]))
  const trials = finishedTrials(journal.records, definitions)
  const usable = trials.filter(trial => trial.state !== 'COMPLETE' || !trialFault(paths, trial))
  const points = anytimeOf(journal.records)
  if (points.length > 0) writeFileAtomic(paths.anytime, anytimeCsv(points))
  const ended = journal.records.findLast(({ type }) => type === 'ensemble')
  const ids = new Set(usable.map(({ id }) => id))
  const isWhole = ended?.type === 'ensemble' && ended.ensemble.members.every(({ trial }) => ids.has(trial))
  const ensemble = isWhole ? ended.ensemble : chooseModel(paths, spec, prepared, usable)
  if (trials.length > 0)
    writeLeaderboard(paths, prepared.objective, withEnsemble(trials, ensemble, prepared.objective))
  const isStopped = !ended && journal.records.at(-1)?.type === 'stopped'
  let failure: string | undefined
  try {
    await leaveResults(
      store,
      { prepared, trials: ended || isStopped ? trials : [], ...(ended && ensemble && { ensemble }) },
      emit,
    )
  } catch (error) {
    failure = messageOf(error)
  }
  const after = resultHashes(paths)
  const files = [...new Set([...before.keys(), ...after.keys()])].sort()
  return [
    ...files.map((file): Mended => {
      const [was, is] = [before.get(file), after.get(file)]
      if (was === is) return { file, found: 'whole', done: 'kept' }
      return { file, found: was === undefined ? 'missing' : 'damaged', done: 'rebuilt' }
    }),
    ...(failure === undefined
      ? []
      : [{ file: 'model', found: 'missing', done: 'lost', note: failure } as const]),
  ]
}

/** SHA-256 by path within the folder of what is derived. */
function resultHashes(paths: Layout): Map<string, string> {
  const inside = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []
  const files = [
    paths.leaderboard,
    paths.leaderboardJson,
    paths.timings,
    paths.anytime,
    paths.evaluation,
    ...inside(paths.model),
    ...inside(paths.notebooks),
  ]
  return new Map(
    files
      .filter(path => existsSync(path))
      .map(path => [relative(paths.folder, path), sha256(readFileSync(path))]),
  )
}
