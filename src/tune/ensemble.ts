import { higherIsBetter, metrics, type MetricName } from '../metrics/index.ts'
import type { Metric, Truth } from '../metrics/metric.ts'
import { checkScored, shareWork } from '../metrics/work.ts'
import { TrialError } from '../util/errors.ts'
import { createRng, hashSeed, type Rng } from '../util/rng.ts'

/** A finished model with its predictions for the rows of the truth. */
export interface EnsembleMember<Id extends string | number = string | number> {
  readonly id: Id
  /** Row-major rows × width; out-of-fold or holdout, never of rows it learnt from. */
  readonly outputs: Float64Array
}

export interface EnsembleOptions {
  /** Additions at most; more than 25 bring nothing. */
  readonly picks?: number
  /** Rows looked at while picking, spread evenly; the result is scored on all. */
  readonly sampleRows?: number
  /** How often is picked, each time on other rows drawn with replacement; the weights are the mean. 1: once, on the rows as they are. */
  readonly bags?: number
}

export interface Ensemble<Id extends string | number = string | number> {
  /** Share of each member used, in order of first use; they sum to 1. */
  readonly weights: ReadonlyMap<Id, number>
  /** Of the weighted mean of outputs on all rows, in the metric's own direction. */
  readonly score: number
}

const PICKS = 25
// Rows looked at: fewer for many classes, so that an update stays near a second.
const sampleFor = (width: number) => Math.max(5_000, Math.min(20_000, Math.ceil(120_000 / width)))
const TIE = 1e-6 // scores nearer than this (relative to the best single loss, for errors) are equal

/**
 * Greedy ensemble selection with replacement (Caruana et al. 2004): starting from nothing, adds the member
 * whose addition makes the mean of outputs score best, and keeps the best prefix of these additions. Equal
 * scores are told apart by log loss where the metric sees labels only, then prefer a member already used,
 * then the earlier one. Where rows are few, the best of many members is so by luck, too: the
 * mean of several `bags` hears more of them. Cost: O(bags · picks · members · rows · width).
 */
export function greedyEnsemble<Id extends string | number>(
  members: readonly EnsembleMember<Id>[],
  truth: Truth,
  objective: MetricName,
  { picks = PICKS, sampleRows = sampleFor(truth.width), bags = 1 }: EnsembleOptions = {},
): Ensemble<Id> {
  if (members.length === 0) {
    throw new TrialError('E_NO_MEMBERS', 'an ensemble of 0 models: expected at least one finished model')
  }
  const metric: Metric = metrics[objective]
  for (const { outputs } of members) checkScored({ ...truth, outputs })
  const tie = tieOf(members, truth, metric)
  const looked = everyNth(truth.target.length, sampleRows)
  const shares = new Map<number, number>()
  for (let bag = 0; bag < bags; bag++) {
    const rows = bags > 1 ? redrawn(truth, looked, createRng(hashSeed(bags, bag))) : looked
    const chosen = pickMembers(
      members.map(({ outputs }) => takeRows(outputs, rows, truth.width)),
      judgeOf(truthAt(truth, rows), metric, tie),
      picks,
    )
    const counts = new Map<number, number>()
    for (const member of chosen) counts.set(member, (counts.get(member) ?? 0) + 1)
    for (const [member, count] of counts)
      shares.set(member, (shares.get(member) ?? 0) + count / chosen.length / bags)
  }
  const weights = new Map([...shares].map(([member, share]) => [members[member]!.id, share]))
  const outputs = blend(
    [...shares].map(([member, share]) => [members[member]!.outputs, share]),
    truth.target.length * truth.width,
  )
  return { weights, score: metric.score({ ...truth, outputs }) }
}

const MOST_SHARED = 0.5
const SHARED_STEP = 0.05
/** Of what an ensemble is ahead of its best member on the held-out rows, so much stays. */
const LEAD_KEPT = 0.5

/**
 * Gives a share to `stacked` members, all alike: as much, up to one half, as leaves the ensemble half its lead over the best single
 * one of `members`; none where they are behind every one of these. Their held-out outputs are those of one fold's model above one
 * fold's bases, while their predictions are means over folds at both levels: they gain more from that than others do, which
 * held-out rows cannot tell.
 */
export function sharedWith<Id extends string | number>(
  ensemble: Ensemble<Id>,
  members: readonly EnsembleMember<Id>[],
  stacked: readonly EnsembleMember<Id>[],
  truth: Truth,
  objective: MetricName,
): Ensemble<Id> {
  if (stacked.length === 0) return ensemble
  const metric: Metric = metrics[objective]
  const worth = (score: number) => higherIsBetter(objective, score)
  const gainOf = (outputs: Float64Array) => worth(metric.score({ ...truth, outputs }))
  const length = truth.target.length * truth.width
  const outputsOf = new Map([...members, ...stacked].map(({ id, outputs }) => [id, outputs]))
  const mixed = blend(
    [...ensemble.weights].map(([id, weight]) => [outputsOf.get(id)!, weight]),
    length,
  )
  const above = blend(
    stacked.map(({ outputs }) => [outputs, 1 / stacked.length]),
    length,
  )
  const gains = members.map(({ outputs }) => gainOf(outputs))
  const best = Math.max(...gains)
  const lead = worth(ensemble.score) - best
  if (!(lead > 0) || gainOf(above) < Math.min(...gains)) return ensemble
  for (let step = Math.round(MOST_SHARED / SHARED_STEP); step > 0; step--) {
    const share = step * SHARED_STEP
    const outputs = blend([[mixed, 1 - share], [above, share]], length) // prettier-ignore
    const score = metric.score({ ...truth, outputs })
    if (worth(score) < best + LEAD_KEPT * lead) continue
    const weights = new Map([...ensemble.weights].map(([id, weight]) => [id, (1 - share) * weight]))
    for (const { id } of stacked) weights.set(id, (weights.get(id) ?? 0) + share / stacked.length)
    return { weights, score }
  }
  return ensemble
}

/** Errors of values have the unit of the target, so what counts as equal is relative to the best single model. */
function tieOf(members: readonly EnsembleMember[], truth: Truth, metric: Metric): number {
  if (truth.task !== 'regression' || metric.direction === 'maximize') return TIE
  return TIE * Math.min(...members.map(({ outputs }) => metric.score({ ...truth, outputs })))
}

/** Weighted sum of outputs. */
export function blend(parts: readonly (readonly [Float64Array, number])[], length: number): Float64Array {
  const mixed = new Float64Array(length)
  for (const [outputs, weight] of parts) for (let i = 0; i < length; i++) mixed[i] += weight * outputs[i]
  return mixed
}

interface Judge {
  /** The objective, higher is better. */
  readonly gain: (outputs: Float64Array) => number
  /** Told apart when gains are equal; higher is better. Absent where the objective itself is smooth. */
  readonly secondGain?: (outputs: Float64Array) => number
  readonly tie: number
}

function judgeOf(truth: Truth, metric: Metric, tie: number): Judge {
  const sign = metric.direction === 'maximize' ? 1 : -1
  return {
    tie,
    gain: outputs => sign * metric.from(shareWork({ ...truth, outputs })),
    ...(!metric.smooth && { secondGain: outputs => -metrics.LogLoss.from(shareWork({ ...truth, outputs })) }),
  }
}

/** The best prefix of greedy additions, as positions in `outputs`. */
function pickMembers(outputs: readonly Float64Array[], judge: Judge, picks: number): number[] {
  const { gain, secondGain, tie } = judge
  const sum = new Float64Array(outputs[0]!.length)
  const mixed = new Float64Array(sum.length)
  const mix = (member: number, size: number) => {
    const added = outputs[member]!
    for (let i = 0; i < mixed.length; i++) mixed[i] = (sum[i] + added[i]) / size
    return mixed
  }
  const path: number[] = []
  let best = { gain: -Infinity, second: -Infinity, length: 0 }
  for (let size = 1; size <= picks; size++) {
    const gains = outputs.map((_, member) => gain(mix(member, size)))
    const ties = within(
      gains.map((value, member) => [member, value] as const),
      tie,
    )
    const seconds = ties.map(member => [member, secondGain ? secondGain(mix(member, size)) : 0] as const)
    const equal = within(seconds, TIE)
    const next = equal.find(member => path.includes(member)) ?? equal[0]!
    path.push(next)
    for (let i = 0; i < sum.length; i++) sum[i] += outputs[next]![i]
    const made = { gain: gains[next]!, second: seconds.find(([member]) => member === next)![1], length: size }
    const ahead = made.gain - best.gain
    if (ahead > tie || (ahead >= -tie && made.second > best.second + TIE)) best = made
  }
  return path.slice(0, best.length)
}

/** The members whose value is within `tie` of the highest. */
function within(values: readonly (readonly [member: number, value: number])[], tie: number): number[] {
  const top = values.reduce((high, [, value]) => Math.max(high, value), -Infinity)
  return values.filter(([, value]) => value >= top - tie).map(([member]) => member)
}

/** All rows, or an even sample of them in order. */
function everyNth(rows: number, limit: number): Uint32Array {
  if (rows <= limit) return Uint32Array.from({ length: rows }, (_, row) => row)
  return Uint32Array.from({ length: limit }, (_, i) => Math.floor(((i + 0.5) * rows) / limit))
}

/** As many rows, drawn with replacement (Efron 1979); of each class as many as there are. */
function redrawn({ task, target }: Truth, rows: Uint32Array, rng: Rng): Uint32Array {
  if (task === 'regression') return rows.map(() => rows[rng.int(rows.length)]!)
  const alike = new Map<number, number[]>()
  for (const row of rows) {
    const list = alike.get(target[row]!)
    if (list) list.push(row)
    else alike.set(target[row]!, [row])
  }
  return rows.map(row => {
    const list = alike.get(target[row]!)!
    return list[rng.int(list.length)]!
  })
}

function takeRows(values: Float64Array, rows: Uint32Array, width: number): Float64Array {
  const taken = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < width; k++) taken[i * width + k] = values[rows[i]! * width + k]!
  }
  return taken
}

const truthAt = (truth: Truth, rows: Uint32Array): Truth => ({
  ...truth,
  target: takeRows(truth.target, rows, 1),
  ...(truth.weights && { weights: takeRows(truth.weights, rows, 1) }),
})
