import { higherIsBetter, type MetricName } from '../metrics/index.ts'
import type { Params, Space } from '../params/space.ts'
import { paramsKey, PRUNED, type FinishedTrial } from './sampler.ts'
import { mean } from './statistics.ts'

/** What the search needs of a candidate. */
export interface Searchable {
  readonly name: string
  readonly space: Space
  /** Recommended params, tried in this order over all candidates once the defaults of each have been. */
  readonly starts?: readonly { readonly order: number; readonly params: Params }[]
}

/** What the search needs of a trial that has ended. */
export interface ObservedTrial {
  readonly id: number
  readonly candidate: string
  readonly params: Params
  readonly state: string
  readonly metrics?: Readonly<Partial<Record<MetricName, number>>>
  readonly foldScores?: readonly number[]
  readonly fitSeconds?: number
  /** Share of the training rows it learnt from, or of the steps it took; all unless said. */
  readonly rowShare?: number
  readonly stepShare?: number
  /** Cut short by its time limit. */
  readonly timeLimited?: boolean
}

export interface Proposal {
  readonly candidate: string
  readonly params: Params
  /** Share of the training rows to learn from, or of the steps to take; all unless said. */
  readonly rowShare?: number
  readonly stepShare?: number
  /** Trials whose held-out answers it learns from too. */
  readonly stack?: readonly number[]
}

/** A trial as the search follows it: what its sampler sees, whose it is, and what it cost. */
export interface Followed extends FinishedTrial {
  readonly candidate: string
  /** Of the training rows, or of the steps. */
  readonly share: number
  readonly seconds?: number
  readonly timeLimited?: boolean
}

/** The trials of the plan's candidates, in order of id whatever the order they came in. */
export function follow(
  candidates: readonly Searchable[],
  history: readonly ObservedTrial[],
  objective: MetricName,
): readonly Followed[] {
  const names = new Set(candidates.map(({ name }) => name))
  const leader = leaderOf(history, objective)
  return history
    .filter(({ candidate }) => names.has(candidate))
    .sort((a, b) => a.id - b.id)
    .map(trial => {
      const { candidate, params, state, fitSeconds, timeLimited } = trial
      const score = scoreOf(trial, objective, leader)
      return {
        candidate,
        params,
        state,
        share: shareOf(trial),
        ...(score === undefined ? {} : { score }),
        ...(fitSeconds === undefined ? {} : { seconds: fitSeconds }),
        ...(timeLimited ? { timeLimited } : {}),
      }
    })
}

/** The best whole trial. */
function leaderOf(history: readonly ObservedTrial[], objective: MetricName): ObservedTrial | undefined {
  let leader: ObservedTrial | undefined
  for (const trial of history) {
    const value = trial.metrics?.[objective]
    if (value === undefined) continue
    const best = leader?.metrics?.[objective]
    if (best === undefined || higherIsBetter(objective, value) > higherIsBetter(objective, best))
      leader = trial
  }
  return leader
}

/** Higher is better. Of a trial that was stopped early: the leader's score and how far it was behind on the same folds. */
function scoreOf(
  { state, metrics, foldScores }: ObservedTrial,
  objective: MetricName,
  leader: ObservedTrial | undefined,
): number | undefined {
  const value = metrics?.[objective]
  if (value !== undefined) return higherIsBetter(objective, value)
  const same = leader?.foldScores?.slice(0, foldScores?.length)
  if (state !== PRUNED || !foldScores || !same) return undefined
  const behind = mean(foldScores.map((score, i) => score - same[i]!))
  return higherIsBetter(objective, leader!.metrics![objective]! + behind)
}

/** Share of a whole trial. */
export const shareOf = ({
  rowShare = 1,
  stepShare = 1,
}: Pick<ObservedTrial, 'rowShare' | 'stepShare'>): number => rowShare * stepShare

/** What a trial that is not whole has of one, and nothing for others. */
export const partOf = ({ rowShare, stepShare }: Pick<ObservedTrial, 'rowShare' | 'stepShare'>) => ({
  ...(rowShare !== undefined && { rowShare }),
  ...(stepShare !== undefined && { stepShare }),
})

/** The same for the same params of a candidate and the same share of a whole trial. */
export const trialKey = ({
  candidate,
  params,
  share,
}: Pick<Followed, 'candidate' | 'params' | 'share'>): string => `${candidate} ${share} ${paramsKey(params)}`

/** One trial for each params: that which had most. In the order the params were first tried. */
export function fullest(trials: readonly Followed[]): Followed[] {
  const best = new Map<string, Followed>()
  for (const trial of trials) {
    const key = paramsKey(trial.params)
    const known = best.get(key)
    if (!known || trial.share > known.share) best.set(key, trial)
  }
  return [...best.values()]
}

export const trialsOf = (trials: readonly Followed[], { name }: Searchable): readonly Followed[] =>
  trials.filter(({ candidate }) => candidate === name)
