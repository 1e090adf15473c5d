import { higherIsBetter, type MetricName } from '../metrics/index.ts'
import type { Params, Space } from '../params/space.ts'
import type { FinishedTrial } from './sampler.ts'

/** What the search needs of a candidate. */
export interface Searchable {
  readonly name: string
  readonly space: Space
}

/** What the search needs of a trial that has ended. */
export interface ObservedTrial {
  readonly id: number
  readonly candidate: string
  readonly params: Params
  readonly state: string
  readonly metrics?: Readonly<Partial<Record<MetricName, number>>>
  readonly fitSeconds?: number
  /** Cut short by its time limit. */
  readonly timeLimited?: boolean
}

export interface Proposal {
  readonly candidate: string
  readonly params: Params
}

/** A trial as the search follows it: what its sampler sees, whose it is, and what it cost. */
export interface Followed extends FinishedTrial {
  readonly candidate: string
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
  return history
    .filter(({ candidate }) => names.has(candidate))
    .sort((a, b) => a.id - b.id)
    .map(({ candidate, params, state, metrics, fitSeconds, timeLimited }) => {
      const value = metrics?.[objective]
      return {
        candidate,
        params,
        state,
        ...(value === undefined ? {} : { score: higherIsBetter(objective, value) }),
        ...(fitSeconds === undefined ? {} : { seconds: fitSeconds }),
        ...(timeLimited ? { timeLimited } : {}),
      }
    })
}

export const trialsOf = (trials: readonly Followed[], { name }: Searchable): readonly Followed[] =>
  trials.filter(({ candidate }) => candidate === name)
