import type { Task } from '../data/dataset.ts'
import { nearestParams, type Params } from '../params/space.ts'
import type { Candidate, Start } from './candidate.ts'
import { portfolios } from './portfolio-data.ts'

/** A learner with settings that did well on many tables. */
export interface Recommendation {
  readonly algorithm: string
  readonly params: Params
}

/** Gives what is recommended for the task to the first candidate of each learner. */
export function withStarts(candidates: readonly Candidate[], task: Task): Candidate[] {
  const list: readonly Recommendation[] = portfolios[task]
  return candidates.map((candidate, position) => {
    const { algorithm, space } = candidate
    if (candidates.findIndex(other => other.algorithm === algorithm) !== position) return candidate
    const starts: Start[] = list.flatMap((recommendation, i) =>
      recommendation.algorithm === algorithm
        ? [{ order: i + 1, params: nearestParams(recommendation.params, space) }]
        : [],
    )
    return starts.length > 0 ? { ...candidate, starts: [...(candidate.starts ?? []), ...starts] } : candidate
  })
}
