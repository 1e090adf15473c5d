import {
  active,
  defaults,
  fromUnit,
  toUnit,
  type Distribution,
  type Params,
  type ParamValue,
  type Space,
} from '../../params/space.ts'
import type { Rng } from '../../util/rng.ts'
import { isScored, type FinishedTrial, type Sampler, type ScoredTrial } from '../sampler.ts'

const STEP = 0.1 // of the unit cube, per √dimension
const SMALLEST_STEP = 1e-3
const GROW = 1.5 // after a step that helped
const SHRINK = GROW ** -0.25 // after one that did not: the length stands still when one step in five helps
const NEAR = 1.5 // a trial within so many steps of the best was a step from it
const CHANGE_CHOICE = 0.25 // chance that a choice is redrawn in a step

/**
 * Randomised direct search around the best trial (after FLOW², Wu, Wang & Huang 2021): one step in a random
 * direction; if it did not help, the opposite step. The length follows the one-fifth rule of evolution
 * strategies. What it must remember is read from the history, so that other samplers may have their turns:
 * trials far from the best of their time are nobody's steps.
 */
export const local: Sampler = {
  name: 'local',
  summary: 'Local search: steps from the best trial in random directions, shorter when they stop helping.',
  ask(space, history, rng) {
    const { centre, length, unmirrored } = walkThrough(space, history)
    return unmirrored ? mirrored(space, centre, unmirrored) : stepped(space, centre, length, rng)
  },
}

interface Walk {
  readonly centre: Params
  readonly length: number
  /** The last step, when it failed and its opposite has not been tried. */
  readonly unmirrored?: Params
}

function walkThrough(space: Space, history: readonly FinishedTrial[]): Walk {
  let best: ScoredTrial | undefined
  let longest = STEP * Math.sqrt(numbersOf(space, defaults(space)).length)
  let length = longest
  let unmirrored: Params | undefined
  for (const trial of history) {
    const near = best !== undefined && distance(space, best.params, trial.params) <= NEAR * length
    if (isScored(trial) && !(best && trial.score <= best.score)) {
      best = trial
      longest = STEP * Math.sqrt(numbersOf(space, trial.params).length)
      length = Math.min(longest, near ? length * GROW : longest)
      unmirrored = undefined
    } else if (near) {
      length = Math.max(SMALLEST_STEP, length * SHRINK)
      unmirrored = unmirrored ? undefined : trial.params
    }
  }
  return { centre: best?.params ?? defaults(space), length, ...(unmirrored && { unmirrored }) }
}

const numbersOf = (space: Space, params: Params) =>
  Object.keys(space).filter(name => space[name]!.type !== 'choice' && Object.hasOwn(params, name))

/** Distance in the unit cube over the numbers both have. */
const distance = (space: Space, a: Params, b: Params) =>
  Math.hypot(
    ...numbersOf(space, a)
      .filter(name => Object.hasOwn(b, name))
      .map(name => toUnit(space[name]!, a[name]!) - toUnit(space[name]!, b[name]!)),
  )

/** One step of this length from `centre`. */
function stepped(space: Space, centre: Params, length: number, rng: Rng): Params {
  const numbers = numbersOf(space, centre)
  const direction = numbers.map(() => rng.normal())
  const norm = Math.hypot(...direction) || 1
  const moves = new Map(numbers.map((name, i) => [name, (length * direction[i]!) / norm]))
  return walk(space, (name, distribution) => {
    if (!Object.hasOwn(centre, name)) return fromUnit(distribution, rng.next())
    if (distribution.type !== 'choice') return moved(distribution, centre[name]!, moves.get(name)!)
    return rng.next() < CHANGE_CHOICE ? fromUnit(distribution, rng.next()) : centre[name]!
  })
}

/** As far from `centre` as `last`, the other way; choices as at the centre. */
function mirrored(space: Space, centre: Params, last: Params): Params {
  return walk(space, (name, distribution) => {
    const here = centre[name]
    const there = last[name]
    if (here === undefined) return there ?? distribution.default
    if (there === undefined || distribution.type === 'choice') return here
    return moved(distribution, here, toUnit(distribution, here) - toUnit(distribution, there))
  })
}

/** A value moved by a part of its range, held inside; a whole number moves by one at least. */
function moved(distribution: Distribution, value: ParamValue, move: number): ParamValue {
  const next = fromUnit(distribution, Math.min(1 - 2 ** -32, Math.max(0, toUnit(distribution, value) + move)))
  if (distribution.type !== 'int' || next !== value || move === 0) return next
  const { low, high } = distribution
  return Math.min(high, Math.max(low, Number(value) + Math.sign(move)))
}

function walk(space: Space, pick: (name: string, distribution: Distribution) => ParamValue): Params {
  const params: Record<string, ParamValue> = {}
  for (const [name, distribution] of Object.entries(space)) {
    if (active(distribution, params)) params[name] = pick(name, distribution)
  }
  return params
}
