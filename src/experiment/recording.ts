import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { InputError } from '../util/errors.ts'
import type { JournalRecord, TrialRequest } from './journal.ts'
import { finishedTrials, readExperiment, type Layout } from './store.ts'
import type { ExperimentSpec, Trial } from './types.ts'

/** What an experiment did, in the order it did it. */
export interface Recording {
  readonly folder: string
  readonly spec: ExperimentSpec
  readonly paths: Layout
  /** Of the table it was trained on. */
  readonly dataSha256: string
  /** Of its test file, where it had one. */
  readonly testSha256?: string
  /** Version of the program that recorded it. */
  readonly version: string
  readonly generations: readonly (readonly TrialRequest[])[]
  /** As they ended, by id. */
  readonly trials: ReadonlyMap<number, Trial>
  /** It came to an end, so that there is a model to compare with. */
  readonly finished: boolean
}

/** Reads what an experiment did. */
export function readRecording(folder: string): Recording {
  const { paths, spec, records } = readExperiment(folder)
  const find = <T extends JournalRecord['type']>(type: T) =>
    records.find((record): record is Extract<JournalRecord, { type: T }> => record.type === type)
  const trials = new Map(finishedTrials(records).map(trial => [trial.id, trial]))
  if (trials.size === 0) {
    throw new InputError(
      'E_NOTHING_TO_REPLAY',
      `experiment ${folder} has no finished trial: expected one that was trained; give --replay another folder`,
    )
  }
  const prepared = find('prepared')
  return {
    folder: paths.folder,
    spec,
    paths,
    dataSha256: prepared?.dataSha256 ?? '',
    ...(prepared?.testSha256 !== undefined && { testSha256: prepared.testSha256 }),
    version: find('created')?.version ?? '',
    generations: records.flatMap(record => (record.type === 'generation' ? [record.trials] : [])),
    trials,
    finished: records.some(({ type }) => type === 'finished'),
  }
}

/** The table must have become the same rows, columns and folds as then. */
export function requireSameTable({ paths: then, folder }: Recording, now: Layout): void {
  for (const [file, before] of [
    [now.split, then.split],
    [now.schema, then.schema],
  ] as const) {
    if (existsSync(before) && !readFileSync(before).equals(readFileSync(file))) {
      throw new InputError(
        'E_REPLAY_DIFFERS',
        `${basename(file)} differs from that of ${folder}: expected the same rows, columns and folds to train on; use the same version of Glasspilot and the same GLASSPILOT_MAX_CELLS`,
      )
    }
  }
}
