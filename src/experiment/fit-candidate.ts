import type { Algorithm, Examples } from '../algorithms/algorithm.ts'
import type { Candidate, Step } from '../candidates/candidate.ts'
import type { Target } from '../data/dataset.ts'
import type { Features } from '../data/features.ts'
import { evaluate, type MetricName } from '../metrics/index.ts'
import { predictModel } from '../models/index.ts'
import type { Params } from '../params/space.ts'
import { applyTransforms, fitTransforms, type FittedTransforms } from '../pipeline/features.ts'
import { clamped, outputWidth, type Member, type Pipeline, type ValueRange } from '../pipeline/pipeline.ts'
import { createTape, type Mark } from '../util/clock-tape.ts'
import { shareOfRows } from '../split/index.ts'
import { hashSeed } from '../util/rng.ts'
import { scoredRows, takeValues, taskOf, type ExperimentData } from './data.ts'
import type { MetricValues } from './types.ts'

export interface FitOptions {
  readonly objective: MetricName
  readonly seed: number
  readonly signal: AbortSignal
  /** Share of the training rows of each fold to learn from; all unless said. */
  readonly rowShare?: number
  /** Share of the learner's rounds, epochs or trees; all unless said. */
  readonly stepShare?: number
  /** Seconds this trial may take; Infinity without a limit. */
  readonly seconds: number
  /** Told the objective on the folds so far; true ends the trial with a RaceLost. */
  readonly isLost?: (foldScores: readonly number[]) => boolean
  /** What the clock changed in an earlier fit, by fold: it is repeated, and the clock has no say. */
  readonly clock?: readonly (readonly Mark[])[]
  /** Threads that stand idle meanwhile. */
  readonly spareThreads?: number
}

/** A trial that was stopped after some folds because the rest could not save it. */
export class RaceLost extends Error {
  readonly foldScores: readonly number[]
  readonly fitSeconds: number
  readonly clock: readonly (readonly Mark[])[]
  constructor(
    foldScores: readonly number[],
    { fitSeconds, clock }: Pick<FittedTrial, 'fitSeconds' | 'clock'>,
  ) {
    super('behind on every count')
    this.foldScores = foldScores
    this.fitSeconds = fitSeconds
    this.clock = clock
  }
}

export interface FittedTrial {
  /** Row-major predictions for `scoredRows(folds)`, each by a model that never learnt from that row. */
  readonly outputs: Float64Array
  readonly metrics: MetricValues
  readonly foldScores: readonly number[]
  /** The models of all folds, equally weighted. */
  readonly pipeline: Pipeline
  readonly fitSeconds: number
  readonly predictMicrosecondsPerRow: number
  /** What the clock changed, by fold. */
  readonly clock: readonly (readonly Mark[])[]
}

interface FoldFeatures {
  readonly fitted: FittedTransforms
  readonly train: Features
  readonly validation: Features
  /** Absent where all validation rows are. */
  readonly judges?: Features
}

const CACHE_BYTES = 600e6

/** Keeps the features of recent transform plans: most trials of a candidate differ in hyperparameters only. */
export class FeatureCache {
  private readonly entries = new Map<string, { value: FoldFeatures; bytes: number }>()

  get(key: string, make: () => FoldFeatures): FoldFeatures {
    const known = this.entries.get(key)
    if (known) {
      this.entries.delete(key)
      this.entries.set(key, known)
      return known.value
    }
    const value = make()
    this.entries.set(key, { value, bytes: featureBytes(value.train) + featureBytes(value.validation) })
    let total = [...this.entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
    for (const [oldest, { bytes }] of this.entries) {
      if (total <= CACHE_BYTES || oldest === key) break
      this.entries.delete(oldest)
      total -= bytes
    }
    return value
  }
}

const featureBytes = ({ columns }: Features): number =>
  columns.reduce(
    (sum, column) =>
      sum + column.values.byteLength + (column.kind === 'sparse' ? column.index.byteLength : 0),
    0,
  )

/**
 * Fits one candidate with one set of params on every fold and scores it on the rows held out there. Transforms are fitted on
 * the training rows of each fold only.
 */
export async function fitCandidate(
  data: ExperimentData,
  candidate: Candidate,
  algorithm: Algorithm,
  params: Params,
  options: FitOptions,
  cache: FeatureCache = new FeatureCache(),
): Promise<FittedTrial> {
  const { target, folds } = data
  const task = taskOf(target)
  const width = outputWidth(task)
  const scored = scoredRows(folds)
  const outputs = new Float64Array(scored.length * width)
  const members: Member[] = []
  const foldScores: number[] = []
  const clock: (readonly Mark[])[] = []
  const started = performance.now()
  let predictSeconds = 0
  /** Of learning alone: the rest, mostly the making of features, every fold to come will take again. */
  let fitMs = 0
  let offset = 0
  for (const [index, { train: known, validation }] of folds.folds.entries()) {
    options.signal.throwIfAborted()
    const seed = hashSeed(options.seed, index)
    const train = shareOf(target, known, options.rowShare ?? 1, index)
    const judges = shareOf(target, validation, options.rowShare ?? 1, index)
    const rows = { index, train, validation, judges }
    const {
      fitted,
      train: features,
      validation: held,
      judges: someJudges,
    } = foldFeatures(data, candidate, rows, cache)
    const heldOut = examples(data, held, validation)
    const tape = createTape(options.clock && (options.clock[index] ?? []))
    clock.push(tape.marks)
    const now = performance.now()
    const besides = (now - started - fitMs) / (index + 1)
    const later = folds.folds.length - index - 1
    const left = options.seconds * 1000 - (now - started) - later * besides
    let judged: Float64Array | undefined
    const model = await algorithm.fit(
      {
        ...examples(data, features, train),
        task: target.task,
        classes: target.classes.length,
        validation: someJudges ? examples(data, someJudges, judges) : heldOut,
      },
      { ...candidate.static, ...params },
      {
        seed,
        signal: options.signal,
        deadline: now + left / (later + 1),
        tape,
        threads: 1,
        spareThreads: options.spareThreads ?? 0,
        ...(options.stepShare !== undefined && { stepShare: options.stepShare }),
        ...(!someJudges && {
          judge: (outputs: Float64Array) => {
            judged = outputs
          },
        }),
      },
    )
    const predictStarted = performance.now()
    fitMs += predictStarted - now
    const range = rangeOf(data, train)
    const own = await predictModel(model, held)
    predictSeconds += (performance.now() - predictStarted) / 1000
    const predicted = clamped(judged ?? own, range)
    outputs.set(predicted, offset * width)
    offset += validation.length
    foldScores.push(
      evaluate({
        task: target.task,
        target: heldOut.target,
        outputs: predicted,
        width,
        ...(heldOut.weights && { weights: heldOut.weights }),
      })[options.objective]!,
    )
    members.push({ weight: 1 / folds.folds.length, transforms: fitted, model, ...(range && { range }) })
    if (index + 1 < folds.folds.length && options.isLost?.(foldScores))
      throw new RaceLost(foldScores, {
        fitSeconds: (performance.now() - started) / 1000 - predictSeconds,
        clock,
      })
  }
  return {
    outputs,
    metrics: evaluate({
      task: target.task,
      target: takeValues(target.values, scored),
      outputs,
      width,
      ...(data.weights && { weights: takeValues(data.weights, scored) }),
    }),
    foldScores,
    pipeline: {
      formatVersion: 1,
      task,
      table: data.table,
      members,
    },
    fitSeconds: (performance.now() - started) / 1000 - predictSeconds,
    predictMicrosecondsPerRow: (predictSeconds * 1e6) / scored.length,
    clock,
  }
}

/** Regression: values no training row comes near are mistakes, but where later rows are predicted from earlier ones they may be the trend. */
function rangeOf({ target, folds }: ExperimentData, train: Int32Array): ValueRange | undefined {
  if (target.task !== 'regression' || folds.forward) return undefined
  let [least, most] = [Infinity, -Infinity]
  for (const row of train) {
    least = Math.min(least, target.values[row]!)
    most = Math.max(most, target.values[row]!)
  }
  return [least, most]
}

const examples = ({ target, weights }: ExperimentData, features: Features, rows: Int32Array): Examples => ({
  features,
  target: takeValues(target.values, rows),
  ...(weights && { weights: takeValues(weights, rows) }),
})

/** This share of the rows, the same for every trial. */
function shareOf(target: Target, rows: Int32Array, share: number, fold: number): Int32Array {
  if (share >= 1) return rows
  const known = { ...target, values: takeValues(target.values, rows) }
  return shareOfRows(known, share, hashSeed('row share', fold)).map(at => rows[at]!)
}

interface FoldRows {
  readonly index: number
  readonly train: Int32Array
  readonly validation: Int32Array
  /** Those of the validation rows that tell a learner when to stop. */
  readonly judges: Int32Array
}

function foldFeatures(
  data: ExperimentData,
  candidate: Candidate,
  { index: fold, train, validation, judges }: FoldRows,
  cache: FeatureCache,
): FoldFeatures {
  const plan = { groups: candidate.groups, merged: candidate.merged }
  const steps = (list: readonly Step[]) => list.map(({ transform, params }) => [transform, params])
  const key = JSON.stringify([
    fold,
    train.length,
    plan.groups.map(group => [group.columns, steps(group.encode), steps(group.then)]),
    steps(plan.merged),
  ])
  return cache.get(key, () => {
    const { fitted, features } = fitTransforms(plan, data.dataset, train, {
      seed: hashSeed('transforms', fold),
      task: data.target.task,
      classes: data.target.classes.length,
      target: takeValues(data.target.values, train),
    })
    return {
      fitted,
      train: features,
      validation: applyTransforms(fitted, data.dataset, validation),
      ...(judges.length < validation.length && { judges: applyTransforms(fitted, data.dataset, judges) }),
    }
  })
}
