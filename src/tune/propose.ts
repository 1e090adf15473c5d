import type { Params, Space } from '../params/space.ts'
import type { Rng } from '../util/rng.ts'
import { isScored, paramsKey, type FinishedTrial, type Sampler } from './sampler.ts'
import { samplers, type SamplerName } from './samplers/index.ts'
import { createTpe } from './samplers/tpe.ts'

const TRIES = 24 // draws to find params that are new and acceptable
const LOCAL_UNTIL = 8 // completed trials of a candidate, before there is enough to model
const FRESH_EVERY = 12

const modelled = createTpe(LOCAL_UNTIL)

/**
 * The sampler for a candidate's next trial when none was named. Defaults are good guesses, so few trials are
 * best spent near the best one, every third on an even cover of the space; later a model and local steps take
 * turns, and now and then a fresh point keeps both honest. Measured by bench/search/samplers.ts.
 */
export function samplerFor(history: readonly FinishedTrial[]): Sampler {
  const turn = history.length
  if (history.filter(isScored).length < LOCAL_UNTIL) return turn % 3 === 2 ? samplers.sobol : samplers.local
  if (turn % FRESH_EVERY === 0) return samplers.sobol
  return turn % 2 === 0 ? modelled : samplers.local
}

export interface Proposed {
  readonly params?: Params
  /** Every draw had been tried before: the space is used up, or nearly. */
  readonly usedUp: boolean
}

/** Params of one candidate that its history does not hold and `accept` takes; none after many tries. */
export function propose(
  space: Space,
  history: readonly FinishedTrial[],
  rng: Rng,
  sampler: SamplerName | undefined,
  accept: (params: Params) => boolean,
): Proposed {
  const known = new Set(history.map(({ params }) => paramsKey(params)))
  const first = sampler ? samplers[sampler] : samplerFor(history)
  let usedUp = true
  for (let i = 0; i < TRIES; i++) {
    const params = (i < TRIES / 3 ? first : samplers.random).ask(space, history, rng)
    if (known.has(paramsKey(params))) continue
    if (accept(params)) return { params, usedUp: false }
    usedUp = false
  }
  return { usedUp }
}
