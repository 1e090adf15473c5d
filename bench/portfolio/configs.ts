import { active, defaults, fromUnit, type Params, type Space } from '../../src/params/space.ts'
import { createRng, hashSeed } from '../../src/util/rng.ts'

/** A way to set up a learner that means the same on every table: `point` 0 is its defaults, others are places in its space. */
export interface Config {
  readonly algorithm: string
  readonly point: number
}

export const idOf = ({ algorithm, point }: Config): string => `${algorithm}-${point}`

/** Each parameter at a place between 0 and 1 of its range that only algorithm, point and name decide, so that wider ranges stretch it. */
export function paramsAt({ algorithm, point }: Config, space: Space): Params {
  if (point === 0) return defaults(space)
  const chosen: Record<string, Params[string]> = {}
  for (const [name, distribution] of Object.entries(space)) {
    if (!active(distribution, chosen)) continue
    const unit = createRng(hashSeed(0, 'portfolio', algorithm, point, name)).next()
    chosen[name] = fromUnit(distribution, unit)
  }
  return chosen
}
