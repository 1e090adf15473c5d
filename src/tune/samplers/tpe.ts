import { fromUnit, type Params, type ParamValue, type Space } from '../../params/space.ts'
import type { Rng } from '../../util/rng.ts'
import { fillGroups } from '../groups.ts'
import { paramsOf, parzen, pointOf, type Point } from '../parzen.ts'
import { isScored, type FinishedTrial, type Sampler } from '../sampler.ts'

const STARTUP = 10 // completed trials before there is anything to model
const PROPOSALS = 24
/** How many of n trials count as good. */
const goodOf = (n: number) => Math.min(Math.ceil(0.1 * n), 25)

/**
 * Tree-structured Parzen estimator: models where good trials lie (l) and where the others lie (g), draws
 * from l, and keeps the draw with the highest l/g. Parameters that are always present together are modelled
 * jointly; a conditional group learns only from the trials that had it. Failed and waiting trials count as
 * poor, so the search moves away from them. Cost: O(24 · trials · parameters) per ask.
 */
export function createTpe(startup: number = STARTUP): Sampler {
  return {
    name: 'tpe',
    summary: 'Tree-structured Parzen estimator: draws where good trials are dense and poor ones are not.',
    ask: (space, history, rng) => fillGroups(space, names => askGroup(space, names, history, rng, startup)),
  }
}

export const tpe = createTpe()

function askGroup(
  space: Space,
  names: readonly string[],
  history: readonly FinishedTrial[],
  rng: Rng,
  startup: number,
): Readonly<Record<string, ParamValue>> {
  const seen = history.filter(({ params }) => names.every(name => Object.hasOwn(params, name)))
  if (seen.filter(isScored).length < startup) {
    return Object.fromEntries(names.map(name => [name, fromUnit(space[name]!, rng.next())]))
  }
  const { good, poor } = split(seen)
  const distributions = names.map(name => space[name]!)
  const points = (trials: readonly FinishedTrial[]) =>
    trials.map(({ params }: { params: Params }) => pointOf(space, names, params))
  const likely = parzen(distributions, points(good))
  const unlikely = parzen(distributions, points(poor))
  let best: Point | undefined
  let bestGain = -Infinity
  for (let i = 0; i < PROPOSALS; i++) {
    const point = likely.sample(rng)
    const gain = likely.logDensity(point) - unlikely.logDensity(point)
    if (!best || gain > bestGain) [best, bestGain] = [point, gain]
  }
  return paramsOf(space, names, best!)
}

/** The best tenth and the rest, each in the order the trials were made. */
function split(trials: readonly FinishedTrial[]): { good: FinishedTrial[]; poor: FinishedTrial[] } {
  const ranked = trials.filter(isScored).sort((a, b) => b.score - a.score)
  const top = new Set<FinishedTrial>(ranked.slice(0, goodOf(ranked.length)))
  return { good: trials.filter(trial => top.has(trial)), poor: trials.filter(trial => !top.has(trial)) }
}
