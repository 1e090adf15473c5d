import type { Candidate } from '../candidates/candidate.ts'
import { stackable, stackedOn } from '../candidates/stack.ts'
import { outputColumn, outputWidth, type Base } from '../pipeline/pipeline.ts'
import { defaults } from '../params/space.ts'
import type { Proposal } from '../tune/observed.ts'
import { LARGEST_BYTES, readOutputs, readPipeline } from './assemble.ts'
import { scoredRows, taskOf, type ExperimentData } from './data.ts'
import type { ModelChoice } from './anytime.ts'
import type { Executor } from './executor.ts'
import { compareTrials } from './leaderboard.ts'
import type { Prepared } from './prepare.ts'
import type { Layout } from './store.ts'
import type { Ensemble, ExperimentSpec, Trial } from './types.ts'

// One stack level (Wolpert 1992): some trials learn from the out-of-fold answers of others, and are members of the ensemble like these.

/** With fewer rows out-of-fold answers tell too much of the targets they were fitted to. */
const LEAST_ROWS = 1000
const MOST_BASES = 8
/** Finished trials, before it is worth it. */
const LEAST_TRIALS = 6
/** It begins when so much of the time, or of the trials, is left. */
const LEFT_SHARE = 0.35

/** Whether every row has one answer of models that did not learn from it, and there are rows enough. */
export function canStack(
  { mode, stacking }: Pick<ExperimentSpec, 'mode' | 'stacking'>,
  { folds }: Pick<Prepared, 'folds'>,
  { sharesFolder = false }: Pick<Executor, 'sharesFolder'>,
): boolean {
  if (stacking === false || mode === 'hpo' || !sharesFolder) return false
  const { kind, forward = false, repeats = 1 } = folds
  const { train, validation } = folds.folds[0]!
  return kind === 'k-fold' && !forward && repeats === 1 && train.length + validation.length >= LEAST_ROWS
}

/** Whether the search should make room for the stack level: once, when most of what there was to try has been tried. */
export function isStackDue(
  finished: readonly Trial[],
  { left, whole, converged }: { readonly left: number; readonly whole: number; readonly converged: boolean },
): boolean {
  const complete = finished.filter(({ state }) => state === 'COMPLETE')
  return complete.length >= LEAST_TRIALS && (converged || left <= LEFT_SHARE * whole)
}

export interface StackOptions {
  readonly executor: Executor
  readonly model: ModelChoice
  /** `performance.now()` at which no trial should run any more. */
  readonly deadline: number
  /** Without a budget the level takes the place of so many trials, the last ones. */
  readonly lastTrials: number
}

/** The trials of the stack level once it is due, from trials that ended; none before, and none when there are some already. */
export function createStackLevel(
  spec: ExperimentSpec,
  prepared: Prepared,
  { executor, model, deadline, lastTrials }: StackOptions,
): (finished: readonly Trial[], search: { readonly converged: boolean }) => Proposal[] {
  if (!canStack(spec, prepared, executor)) return () => []
  const started = performance.now()
  return (finished, { converged }) => {
    const trials = spec.maxCandidates - finished.length
    // Without a budget it waits for every candidate.
    const [left, whole] = Number.isFinite(deadline)
      ? [deadline - performance.now(), deadline - started]
      : [finished.length < prepared.candidates.length ? Infinity : trials - lastTrials, spec.maxCandidates]
    if (trials <= 0 || finished.some(({ stack }) => stack)) return []
    if (!isStackDue(finished, { left, whole, converged })) return []
    const ensemble = model.update(finished)
    return ensemble ? stackProposals(prepared.candidates, finished, ensemble, prepared) : []
  }
}

/** The trials of the stack level: every able learner as it stands, above the members of the ensemble and the best of every learner. */
export function stackProposals(
  candidates: readonly Candidate[],
  finished: readonly Trial[],
  ensemble: Ensemble,
  { objective }: Pick<Prepared, 'objective'>,
): Proposal[] {
  const ranked = finished
    .filter(({ state, stack }) => state === 'COMPLETE' && !stack)
    .sort((a, b) => compareTrials(b, a, objective))
  const reading = new Set(candidates.filter(({ groups }) => groups.length > 0).map(({ name }) => name))
  const weights = new Map(ensemble.members.map(({ trial, weight }) => [trial, weight]))
  const weightOf = ({ id }: Trial) => weights.get(id) ?? 0
  const leaders = ranked.filter(
    (trial, i) => ranked.findIndex(({ algorithm }) => algorithm === trial.algorithm) === i,
  )
  const wanted = [
    ...new Set([...ranked.filter(weightOf).sort((a, b) => weightOf(b) - weightOf(a)), ...leaders]),
  ]
  const bases: number[] = []
  let bytes = 0
  for (const trial of wanted) {
    if (bases.length === MOST_BASES || !reading.has(trial.candidate)) continue
    if (bytes + trial.bytes! > LARGEST_BYTES) continue
    bytes += trial.bytes!
    bases.push(trial.id)
  }
  if (bases.length < 2) return []
  const stack = bases.sort((a, b) => a - b)
  return stackable(candidates).map(({ name, space }) => ({ candidate: name, params: defaults(space), stack }))
}

export interface Stack {
  /** The table with the answers of the bases beside its columns. */
  readonly data: ExperimentData
  readonly candidate: Candidate
  readonly bases: readonly Base[]
}

/** What a trial above others learns from. */
export function openStack(
  paths: Layout,
  data: ExperimentData,
  candidate: Candidate,
  trials: readonly number[],
): Stack {
  const { dataset, target, folds } = data
  const width = outputWidth(taskOf(target))
  const place = new Int32Array(dataset.rows)
  for (const [i, row] of scoredRows(folds).entries()) place[row] = i
  const taken = new Set(dataset.columns.map(({ name }) => name))
  const labels = target.task === 'regression' ? [''] : target.classes.slice(width === 2 ? 1 : 0)
  const parts = trials.map(trial => {
    const outputs = readOutputs(paths, trial)
    const names = labels.map(label => freeName(label === '' ? `trial ${trial}` : `trial ${trial}: ${label}`, taken)) // prettier-ignore
    const first = width - names.length
    return {
      base: { columns: names, members: readPipeline(paths, trial).members },
      columns: names.map((name, i) =>
        outputColumn(name, dataset.rows, row => outputs[place[row]! * width + first + i]!),
      ),
    }
  })
  const columns = parts.flatMap(part => part.columns)
  return {
    data: { ...data, dataset: { ...dataset, columns: [...dataset.columns, ...columns] } },
    candidate: stackedOn(candidate, columns.map(({ name }) => name)), // prettier-ignore
    bases: parts.map(({ base }) => base),
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name
  while (taken.has(free)) free = `${free}'`
  return free
}
