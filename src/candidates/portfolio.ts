import type { Task } from '../data/dataset.ts'
import { active, type Params, type Space } from '../params/space.ts'
import type { Candidate, Start } from './candidate.ts'
import { portfolios } from './portfolio-data.ts'

/** A learner with settings that did well on many tables. */
export interface Recommendation {
  readonly algorithm: string
  /** What differs from the learner's defaults. */
  readonly params: Params
}

/** The value nearest to what is recommended that the ranges of this table allow; the default of what is not mentioned. */
export function nearestParams(recommended: Params, space: Space): Params {
  const chosen: Record<string, Params[string]> = {}
  for (const [name, distribution] of Object.entries(space)) {
    if (!active(distribution, chosen)) continue
    const value = recommended[name] ?? distribution.default
    if (distribution.type === 'choice')
      chosen[name] = distribution.choices.includes(value) ? value : distribution.default
    else chosen[name] = Math.min(distribution.high, Math.max(distribution.low, Number(value)))
  }
  return chosen
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
