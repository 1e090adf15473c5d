import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readsTable } from '../candidates/stack.ts'
import {
  joinPipelines,
  outputWidth,
  unpackPipeline,
  withAnswer,
  type Pipeline,
} from '../pipeline/pipeline.ts'
import { blend, greedyEnsemble, sharedWith } from '../tune/ensemble.ts'
import { RIVALS } from '../tune/pruners/racing.ts'
import type { MetricName } from '../metrics/index.ts'
import type { Scored, Truth } from '../metrics/metric.ts'
import type { Folds } from '../split/folds.ts'
import { decide } from '../tune/decision.ts'
import { InputError, messageOf } from '../util/errors.ts'
import { unpack } from '../util/pack.ts'
import { scoredRows, takeValues } from './data.ts'
import { compareTrials } from './leaderboard.ts'
import type { Prepared } from './prepare.ts'
import type { Layout } from './store.ts'
import type { Ensemble, Trial } from './types.ts'

/** Trials the ensemble may pick from: the best, at most this many, so that a long run does not overfit its held-out rows. */
const POOL = RIVALS
/** A member larger than this makes the model slow to write and to load; it takes part only when all are so large. */
export const LARGEST_BYTES = 64e6
/** Members below this share cost more time than they bring. */
const SMALLEST_WEIGHT = 0.03

/** Up to so many rows the best of many trials is so by luck, too: the picks of several samples of them are averaged. */
const BAGGED_ROWS = 1000
const BAGS = 10

/** What is read of the file of a finished trial. */
function readTrialFile<T>(path: string, read: (bytes: Buffer) => T): T {
  try {
    return read(readFileSync(path))
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isGone && !(error instanceof InputError)) throw error
    throw new InputError(
      isGone ? 'E_IO' : 'E_BAD_FORMAT',
      `${path} cannot be read (${messageOf(error)}): expected what the finished trial left; restore it, or run "glasspilot repair"`,
      { exit: 'io', cause: error },
    )
  }
}

/** Held-out predictions of one trial. */
export const readOutputs = (paths: Layout, trial: number): Float64Array =>
  readTrialFile(
    join(paths.trial(trial), 'outputs.bin'),
    bytes => (unpack(bytes) as { outputs: Float64Array }).outputs,
  )

export const readPipeline = (paths: Layout, trial: number): Pipeline =>
  readTrialFile(join(paths.trial(trial), 'pipeline.bin'), unpackPipeline)

/** What it takes to score a model on the held-out rows. */
export type Scoring = Pick<Prepared, 'target' | 'task' | 'folds' | 'weights' | 'objective'>

function truthOf({ target, task, folds, weights }: Scoring): Truth {
  const rows = scoredRows(folds)
  return {
    task: target.task,
    target: takeValues(target.values, rows),
    width: outputWidth(task),
    ...(weights && { weights: takeValues(weights, rows) }),
  }
}

/** Picks the weighted mean of trials that scores best on the held-out rows. Undefined without a complete trial. `known`: outputs that were read before; kept up to date. */
export function assembleEnsemble(
  paths: Layout,
  prepared: Scoring,
  trials: readonly Trial[],
  known: Map<number, Float64Array> = new Map(),
): Ensemble | undefined {
  const { folds, objective } = prepared
  const complete = trials.filter(trial => trial.state === 'COMPLETE')
  const handy = complete.filter(trial => trial.bytes! <= LARGEST_BYTES)
  const able = (handy.length > 0 ? handy : complete).sort((a, b) => compareTrials(b, a, objective))
  const pool = able.slice(0, POOL)
  if (pool.length === 0) return undefined
  const stacked = able.filter(({ stack, algorithm }) => stack && readsTable(algorithm))
  const ids = new Set([...pool, ...stacked].map(({ id }) => id))
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
  for (const id of ids) if (!known.has(id)) known.set(id, readOutputs(paths, id))
  const truth = truthOf(prepared)
  const member = ({ id }: Trial) => ({ id, outputs: known.get(id)! })
  const bags = truth.target.length <= BAGGED_ROWS ? BAGS : 1
  const rivals = pool.map(member)
  const picked = greedyEnsemble(rivals, truth, objective.name, { picks: 25, bags })
  const shared = sharedWith(picked, rivals, stacked.map(member), truth, objective.name)
  const large = [...shared.weights].filter(([, weight]) => weight >= SMALLEST_WEIGHT)
  const total = large.reduce((sum, [, weight]) => sum + weight, 0)
  const members = large.map(([trial, weight]) => ({ trial, weight: weight / total }))
  const mixed = blend(
    members.map(({ trial, weight }) => [known.get(trial)!, weight]),
    truth.target.length * truth.width,
  )
  return decided({ ...truth, outputs: mixed }, members, folds, objective.name)
}

/** One trial as the model. */
export function singleModel(paths: Layout, prepared: Scoring, { id }: Trial): Ensemble {
  const scored = { ...truthOf(prepared), outputs: readOutputs(paths, id) }
  return decided(scored, [{ trial: id, weight: 1 }], prepared.folds, prepared.objective.name)
}

function decided(
  scored: Scored,
  members: Ensemble['members'],
  { folds }: Folds,
  objective: MetricName,
): Ensemble {
  const { rules, metrics } = decide(scored, objective, partsOf(folds))
  return { members, metrics, ...(rules && { answer: rules }) }
}

const HOLDOUT_PARTS = 5

/** For each scored row the fold that held it out (first, where rows are dealt several times: a row is in one part only); a single holdout is dealt into parts. */
function partsOf(folds: Folds['folds']): Int32Array {
  if (folds.length === 1) return Int32Array.from(folds[0]!.validation, (_, row) => row % HOLDOUT_PARTS)
  const part = new Map<number, number>()
  for (const [fold, { validation }] of folds.entries())
    for (const row of validation) if (!part.has(row)) part.set(row, fold)
  return Int32Array.from(folds.flatMap(({ validation }) => Array.from(validation, row => part.get(row)!)))
}

/** The fitted pipeline of an ensemble: the models of all folds of all members. */
export function assemblePipeline(
  paths: Layout,
  { members, answer }: Pick<Ensemble, 'members' | 'answer'>,
): Pipeline {
  const joined = joinPipelines(
    members.map(({ trial, weight }) => ({ weight, pipeline: readPipeline(paths, trial) })),
  )
  return withAnswer(joined, answer)
}
