import { active, type Params, type Space } from '../../src/params/space.ts'
import { metrics, type MetricName } from '../../src/metrics/index.ts'
import type { FinishedTrial } from '../../src/tune/sampler.ts'
import type { ObservedTrial, Proposal } from '../../src/tune/observed.ts'
import type { Remaining, Search } from '../../src/tune/search.ts'

/** Whether params hold exactly the active parameters of a space, each within its range. */
export function inSpace(space: Space, params: Params): boolean {
  return (
    Object.keys(params).every(name => Object.hasOwn(space, name)) &&
    Object.entries(space).every(([name, distribution]) => {
      const value = params[name]
      if (value === undefined) return !active(distribution, params)
      if (!active(distribution, params)) return false
      if (distribution.type === 'choice') return distribution.choices.includes(value)
      const { low, high, type } = distribution
      return (
        typeof value === 'number' &&
        value >= low &&
        value <= high &&
        (type === 'float' || Number.isInteger(value))
      )
    })
  )
}

export const complete = (params: Params, score: number): FinishedTrial => ({
  params,
  score,
  state: 'COMPLETE',
})

/** Ends every proposal as `end` says, generation by generation, until the search stops. */
export function runSearch(
  search: Search,
  objective: MetricName,
  score: (proposal: Proposal, id: number) => number | undefined,
  limits: { trials: number; seconds?: number; secondsOf?: (proposal: Proposal) => number },
): { history: ObservedTrial[]; generations: (readonly Proposal[])[]; stop: string | undefined } {
  const history: ObservedTrial[] = []
  const generations: (readonly Proposal[])[] = []
  let spent = 0
  for (;;) {
    const remaining: Remaining = {
      trials: limits.trials - history.length,
      ...(limits.seconds !== undefined && { seconds: limits.seconds - spent, workers: 1 }),
    }
    const generation = search.next(history, remaining)
    if (generation.length === 0) return { history, generations, stop: search.stopReason(history, remaining) }
    generations.push(generation)
    for (const proposal of generation) {
      const value = score(proposal, history.length)
      const fitSeconds = limits.secondsOf?.(proposal) ?? 1
      spent += fitSeconds
      history.push({
        id: history.length,
        ...proposal,
        fitSeconds,
        ...(value === undefined
          ? { state: 'FAILED' }
          : {
              state: 'COMPLETE',
              metrics: { [objective]: value } as Partial<Record<keyof typeof metrics, number>>,
            }),
      })
    }
  }
}
