import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../algorithms/index.ts'
import type { Candidate } from '../candidates/candidate.ts'
import { candidateFilesHash, readCandidateFiles, readCandidatesFile } from '../candidates/files.ts'
import type { Task } from '../data/dataset.ts'
import type { JournalRecord } from './journal.ts'
import { finishedTrials, readDocument, writeDocument, type Layout } from './store.ts'
import type { ExperimentSpec } from './types.ts'

interface Known {
  /** Feature columns. */
  readonly columns: readonly string[]
  readonly task: Task
}

const sourceOf = (paths: Layout) => join(paths.data, 'candidate-files.json')

/** The plan as the files of `--candidates` have it; remembers what they held, so that later edits are seen. */
export function takeCandidateFiles(paths: Layout, folder: string, known: Known): Candidate[] {
  const candidates = readCandidateFiles(folder, { algorithms, ...known })
  writeDocument(sourceOf(paths), { folder, sha256: candidateFilesHash(folder) })
  return candidates
}

/** The plan of an experiment that goes on: its candidate files where they were edited since, else `candidates.json`. */
export function openPlan(paths: Layout, { candidates: folder }: ExperimentSpec, known: Known): Candidate[] {
  if (folder !== undefined && existsSync(folder)) {
    const taken = existsSync(sourceOf(paths))
      ? readDocument<{ folder: string; sha256: string }>(sourceOf(paths))
      : undefined
    if (taken?.folder !== folder || taken.sha256 !== candidateFilesHash(folder)) {
      const candidates = takeCandidateFiles(paths, folder, known)
      writeDocument(paths.candidates, { candidates })
      return candidates
    }
  }
  return readCandidatesFile(paths.candidates, { algorithms, ...known })
}

/**
 * How many trials each candidate lost to an edit of it and has not had again: as long as there are any, only these are trained.
 * `definitions`: of the candidates as they are now.
 */
export function lostTrials(
  records: readonly JournalRecord[],
  definitions: ReadonlyMap<string, string>,
): Map<string, number> {
  const lost = new Map<string, number>()
  const now = finishedTrials(records, definitions)
  for (const name of definitions.keys()) {
    const before = new Map<string, Set<number>>() // trials of each earlier definition
    for (const record of records) {
      if (record.type !== 'trial' || record.trial.candidate !== name) continue
      if (record.definition === definitions.get(name)) continue
      before.set(record.definition, (before.get(record.definition) ?? new Set()).add(record.trial.id))
    }
    const most = Math.max(0, ...Array.from(before.values(), trials => trials.size))
    const missing = most - now.filter(trial => trial.candidate === name).length
    if (missing > 0) lost.set(name, missing)
  }
  return lost
}
