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
import { bestOf, type FinishedTrial, type Sampler } from '../sampler.ts'

const STEP = 0.1 // of the unit cube, per √dimension
const SMALLEST_STEP = 1e-3
const SHRINK = Math.SQRT1_2
const TRIES_PER_DIMENSION = 2 // without improvement, before the step shrinks
const NEAR = 1.5 // a trial within so many steps of the best was a step from it
const CHANGE_CHOICE = 0.25 // chance that a choice is redrawn in a step

/**
 * Randomised direct search around the best trial (FLOW², Wu, Wang & Huang 2021): one step of fixed length in
 * a random direction; if it did not help, the opposite step; after a run of failures a shorter step. What it
 * needs to remember is read from the history: the failures since the best trial give the step length, and an
 * odd number of them means that the last step has not been mirrored yet.
 */
export const local: Sampler = {
  name: 'local',
  summary: 'Local search: steps from the best trial in random directions, shorter when they stop helping.',
  ask(space, history, rng) {
    const best = bestOf(history)
    const centre = best?.params ?? defaults(space)
    const since = best ? history.slice(history.indexOf(best) + 1) : []
    const last = since.at(-1)
    const length = stepLength(space, centre, since.length)
    const fresh = since.length % 2 === 1 && last && distance(space, centre, last.params) <= NEAR * length
    return fresh ? mirrored(space, centre, last) : stepped(space, centre, length, rng)
  },
}

const numbersOf = (space: Space, params: Params) =>
  Object.keys(space).filter(name => space[name]!.type !== 'choice' && Object.hasOwn(params, name))

function stepLength(space: Space, centre: Params, failures: number): number {
  const d = numbersOf(space, centre).length
  const shrinks = Math.floor(failures / Math.max(4, TRIES_PER_DIMENSION * d))
  return Math.max(SMALLEST_STEP, STEP * Math.sqrt(d) * SHRINK ** shrinks)
}

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
function mirrored(space: Space, centre: Params, last: FinishedTrial): Params {
  return walk(space, (name, distribution) => {
    const here = centre[name]
    const there = last.params[name]
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
