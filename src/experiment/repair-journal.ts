import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { readOutputs, readPipeline } from './assemble.ts'
import { dataHashes, openData } from './data.ts'
import { FORMAT_VERSION, requireVersion } from './format.ts'
import { encodeRecord, salvageJournal, type JournalRecord, type TrialRequest } from './journal.ts'
import { sourceHashes } from './sources.ts'
import { finishedTrials, readDocument, type Layout } from './store.ts'
import type { ExperimentSpec, Trial } from './types.ts'

type TrialRecord = Extract<JournalRecord, { type: 'trial' }>

/** What was wrong with a journal and what became of it, in words; empty when it is whole. */
export interface JournalRepair {
  readonly found: 'whole' | 'torn' | 'damaged' | 'missing'
  readonly notes: readonly string[]
}

/**
 * Writes a journal anew from its whole records and, for those that were lost, from the rest of the folder: what was asked from
 * `experiment.json`, trials from their own files. The damaged one stays beside it. The caller holds the lock.
 */
export async function repairJournal(paths: Layout): Promise<JournalRepair> {
  const exists = existsSync(paths.journal)
  const bytes = exists ? readFileSync(paths.journal) : Buffer.alloc(0)
  const { records, damage } = salvageJournal(bytes)
  const first = records.find(record => record.type === 'created')
  if (first) requireVersion(paths.journal, first.formatVersion ?? FORMAT_VERSION, first.version)
  if (exists && first && damage.length === 0) return { found: 'whole', notes: [] }
  const notes = damage.map(
    ({ startByte, endByte }) => `bytes ${startByte} to ${endByte} hold no whole record and are left out`,
  )
  const mended = await completed(paths, records, notes)
  if (bytes.length > 0) {
    writeFileAtomic(`${paths.journal}.damaged`, bytes)
    notes.push('the damaged journal is kept as events.jsonl.damaged')
  }
  writeFileAtomic(paths.journal, Buffer.concat(mended.map(encodeRecord)))
  const isTail = damage.length === 1 && damage[0]!.endByte === bytes.length && first !== undefined
  return { found: !exists ? 'missing' : isTail ? 'torn' : 'damaged', notes }
}

/** Records in the order in which they are written, those that were lost among them. */
async function completed(
  paths: Layout,
  records: readonly JournalRecord[],
  notes: string[],
): Promise<JournalRecord[]> {
  const created = records.find(record => record.type === 'created') ?? createdFrom(paths, notes)
  const prepared = records.find(record => record.type === 'prepared') ?? (await preparedFrom(paths, created))
  const found = records.filter(({ type }) => type !== 'created' && type !== 'prepared')
  const known = new Set(finishedTrials(records).map(({ id }) => id))
  const recovered = trialsOnDisk(paths).filter(({ trial }) => !known.has(trial.id))
  if (recovered.length > 0)
    notes.push(`trials ${recovered.map(({ trial }) => trial.id).join(', ')} are taken from their own files`)
  const asked = new Set(found.flatMap(record => (record.type === 'generation' ? idsOf(record.trials) : [])))
  const all = [...recovered, ...found.filter(record => record.type === 'trial')]
  const unasked = all.filter(({ trial }) => !asked.has(trial.id)).map(requestOf)
  const trials = [...new Map(unasked.map(request => [request.id, request])).values()]
  return [
    created,
    ...(prepared ? [prepared] : []),
    ...(trials.length > 0
      ? [{ type: 'generation' as const, trials: trials.sort((a, b) => a.id - b.id) }]
      : []),
    ...recovered,
    ...found,
  ]
}

const idsOf = (trials: readonly TrialRequest[]): number[] => trials.map(({ id }) => id)

const requestOf = ({ definition, trial: { id, candidate, params, seed } }: TrialRecord): TrialRequest => ({
  id,
  candidate,
  definition,
  params,
  seed,
})

function createdFrom(paths: Layout, notes: string[]): JournalRecord & { type: 'created' } {
  const { spec, glasspilot } = readDocument<{ spec: ExperimentSpec; glasspilot: string }>(paths.spec)
  notes.push('what was asked is taken from experiment.json')
  return { type: 'created', version: glasspilot, formatVersion: FORMAT_VERSION, spec }
}

/** From data that are whole and a source that is there; undefined otherwise: they are then made again. */
async function preparedFrom(
  paths: Layout,
  { spec }: JournalRecord & { type: 'created' },
): Promise<JournalRecord | undefined> {
  try {
    const { dataset } = openData(paths)
    const hashes = await sourceHashes(spec!)
    if (hashes.dataSha256 === '') return undefined
    return { type: 'prepared', ...hashes, rows: dataset.rows, files: dataHashes(paths) }
  } catch {
    return undefined
  }
}

/** Finished trials by the files they left, as far as these are whole. */
function trialsOnDisk(paths: Layout): TrialRecord[] {
  if (!existsSync(paths.trials)) return []
  return readdirSync(paths.trials)
    .sort()
    .flatMap(name => {
      try {
        const path = join(paths.trials, name, 'trial.json')
        const { trial, definition } = readDocument<{ trial: Trial; definition: string }>(path)
        readOutputs(paths, trial.id)
        readPipeline(paths, trial.id)
        return [{ type: 'trial', definition, trial }]
      } catch (error) {
        if (error instanceof InputError || (error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
    })
}
