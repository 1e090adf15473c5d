import { fingerprint } from '../data/fingerprint.ts'
import { readDataset } from '../data/read.ts'
import { filesOf, nameOf, type TablePath } from '../data/source.ts'
import type { DatasetProfile } from '../profile/profile.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { changedData } from './changes.ts'
import { openData } from './data.ts'
import type { Recording } from './recording.ts'
import { readDocument, type Store } from './store.ts'
import type { ExperimentSpec } from './types.ts'

/** By which the files of an experiment are known again, wherever they lie. */
export interface SourceHashes {
  /** Empty where the file was gone. */
  readonly dataSha256: string
  readonly testSha256?: string
}

const hashOf = (path: TablePath): Promise<string | undefined> => fingerprint(path).catch(() => undefined)

/** All files whose rows are trained on or validated with, the latter last. */
export const tableOf = ({ data, validation }: Pick<ExperimentSpec, 'data' | 'validation'>): TablePath =>
  validation === undefined ? data : [...filesOf(data), validation]

/** The hashes of table and test file now. Absent where there is no file, or none to read. */
export async function sourceHashes(spec: ExperimentSpec): Promise<SourceHashes> {
  const { test } = spec
  const testSha256 = test === undefined ? undefined : await hashOf(test)
  return { dataSha256: (await hashOf(tableOf(spec))) ?? '', ...(testSha256 !== undefined && { testSha256 }) }
}

/** Refuses a table or a test file that is there but is not the one an experiment began with; gives the hashes of those that are. */
export async function requireSameData(
  { paths, spec, journal }: Pick<Store, 'paths' | 'spec' | 'journal'>,
  recording?: Recording,
): Promise<SourceHashes> {
  const now = await sourceHashes(spec)
  const before = recording ?? journal.records.find(record => record.type === 'prepared')
  if (!before) return now
  if (now.dataSha256 !== '' && now.dataSha256 !== before.dataSha256) {
    const difference = await differenceOf({ paths: recording?.paths ?? paths, spec })
    throw changed({
      what: 'data',
      path: tableOf(spec),
      difference,
      now: now.dataSha256,
      was: before.dataSha256,
    })
  }
  const { testSha256: was } = before
  if (now.testSha256 !== undefined && was !== undefined && now.testSha256 !== was)
    throw changed({
      what: 'test file',
      path: spec.test!,
      difference: 'other bytes',
      now: now.testSha256,
      was,
    })
  return now
}

const changed = (of: {
  readonly what: string
  readonly path: TablePath
  readonly difference: string
  readonly now: string
  readonly was: string
}): InputError =>
  new InputError(
    'E_DATA_CHANGED',
    `${of.what} ${nameOf(of.path)} is not what the experiment began with: ${of.difference} (SHA-256 ${of.now.slice(0, 12)}…, was ${of.was.slice(0, 12)}…); expected the same file; restore it, or start a new experiment`,
  )

/** What is other about the table now, as far as the folder still knows the old. */
async function differenceOf({ paths, spec }: Pick<Store, 'paths' | 'spec'>): Promise<string> {
  try {
    const { columns, rows } = readDocument<DatasetProfile>(paths.profile)
    const { dataset } = await readDataset(tableOf(spec), { target: spec.target })
    const names = columns.map(({ name }) => name)
    return changedData(dataset, { rows, names, dataset: openData(paths).dataset })
  } catch (error) {
    return messageOf(error)
  }
}
