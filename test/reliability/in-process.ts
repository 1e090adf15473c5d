import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '../../src/algorithms/index.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import { writeCandidateFiles } from '../../src/candidates/files.ts'
import { openData } from '../../src/experiment/data.ts'
import { identityOf, type Executor } from '../../src/experiment/executor.ts'
import { fitCandidate } from '../../src/experiment/fit-candidate.ts'
import { prepareExperiment } from '../../src/experiment/prepare.ts'
import { runExperiment } from '../../src/experiment/run.ts'
import { createStore, layout, type Store } from '../../src/experiment/store.ts'
import { leaveTrial } from '../../src/experiment/trial-files.ts'
import type { ExperimentSpec } from '../../src/experiment/types.ts'
import { leaveResults } from '../../src/job/leave.ts'
import { writeClouds } from './soak.ts'

/** Fits trials in this process, one after the other, and leaves what a worker leaves: every call to the disk is seen. */
export function inProcess({ paths }: Store): Executor {
  let before: Promise<unknown> = Promise.resolve()
  const once = async ({ request, candidate, objective }: Parameters<Executor['submit']>[0]) => {
    const base = identityOf({ request, candidate })
    const algorithm = algorithms.find(({ name }) => name === candidate.algorithm)!
    const fitted = await fitCandidate(openData(paths), candidate, algorithm, request.params, {
      objective: objective.name,
      seed: request.seed,
      signal: new AbortController().signal,
      seconds: Infinity,
    })
    return leaveTrial(layout(paths.folder), base, { definition: request.definition, fitted })
  }
  return {
    slots: 1,
    submit: (job, { onStart }) => {
      const now = before.then(() => {
        onStart()
        return once(job)
      })
      before = now.catch(() => {})
      return now
    },
    stop: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** Experiment, model and notebooks, as a job does them. */
export async function runInProcess(store: Store): Promise<void> {
  const result = await runExperiment(store, {
    openExecutor: opened => Promise.resolve(inProcess(opened)),
    emit: () => {},
    signal: new AbortController().signal,
    beforeTraining: () => Promise.resolve(),
    onPlanned: () => {},
  })
  await leaveResults(store, result, () => {})
}

/** What to ask for: a small table, four trials of quick learners. */
export async function smallSpec(folder: string, rows?: number): Promise<ExperimentSpec> {
  const data = join(folder, 'clouds.csv')
  writeClouds(data, rows)
  const spec: ExperimentSpec = {
    name: 'clouds',
    data,
    target: 'y',
    mode: 'auto',
    maxCandidates: 4,
    seed: 3,
    workers: 1,
    definitionsOnly: false,
    backend: 'local',
  }
  const store = createStore(join(folder, 'plan'), spec, '0')
  const { candidates } = await prepareExperiment(store, () => {})
  store.close()
  const quick = new Set(['baseline', 'linear-learner', 'gbt-depthwise'])
  const chosen: Candidate[] = candidates.filter(({ algorithm }) => quick.has(algorithm)).slice(0, 3)
  mkdirSync(join(folder, 'candidates'))
  writeCandidateFiles(join(folder, 'candidates'), chosen)
  return { ...spec, candidates: join(folder, 'candidates') }
}
