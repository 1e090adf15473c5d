import { InputError } from '../util/errors.ts'
import type { Rng } from '../util/rng.ts'

export type ParamValue = string | number | boolean
export type Params = Readonly<Record<string, ParamValue>>

/** Present only when another parameter has one of these values (a conditional space). */
export interface Condition {
  readonly param: string
  readonly in: readonly ParamValue[]
}

export type Distribution = {
  readonly default: ParamValue
  readonly when?: Condition
} & (
  | { readonly type: 'float' | 'int'; readonly low: number; readonly high: number; readonly log: boolean }
  | { readonly type: 'choice'; readonly choices: readonly ParamValue[] }
)

/** The ranges of an algorithm's hyperparameters, by name. */
export type Space = Readonly<Record<string, Distribution>>

/** What a learner can be told beside its hyperparameters: fixed in the plan, never searched. */
export type Settings = Readonly<
  Record<
    string,
    Distribution | { readonly type: 'text'; readonly default: string; readonly when?: Condition }
  >
>

/** Free text, checked by the learner itself. */
export const text = (fallback = '') => ({ type: 'text', default: fallback }) as const

/** Real number in [low, high]. */
export const float = (low: number, high: number, fallback: number): Distribution => ({
  type: 'float',
  low,
  high,
  log: false,
  default: fallback, // prettier-ignore
})
/** Real number in [low, high], searched by its logarithm; low > 0. */
export const logFloat = (low: number, high: number, fallback: number): Distribution => ({
  type: 'float',
  low,
  high,
  log: true,
  default: fallback, // prettier-ignore
})
/** Whole number in [low, high]. */
export const int = (low: number, high: number, fallback: number): Distribution => ({
  type: 'int',
  low,
  high,
  log: false,
  default: fallback, // prettier-ignore
})
/** Whole number in [low, high], searched by its logarithm; low ≥ 1. */
export const logInt = (low: number, high: number, fallback: number): Distribution => ({
  type: 'int',
  low,
  high,
  log: true,
  default: fallback, // prettier-ignore
})
/** One of a list; the first is the default unless another is named. */
export const choice = (choices: readonly ParamValue[], fallback: ParamValue = choices[0]!): Distribution => ({
  type: 'choice',
  choices,
  default: fallback, // prettier-ignore
})
/** The same distribution, present only while `param` has one of `values`. */
export const when = (
  param: string,
  values: readonly ParamValue[],
  distribution: Distribution,
): Distribution => ({
  ...distribution,
  when: { param, in: values },
})

/** Whether a distribution takes part, given the parameters chosen before it. */
export const active = ({ when: condition }: { readonly when?: Condition }, params: Params) =>
  !condition || (Object.hasOwn(params, condition.param) && condition.in.includes(params[condition.param]!))

function build<S extends Settings>(
  space: S,
  pick: (name: string, distribution: S[string]) => ParamValue,
): Params {
  const params: Record<string, ParamValue> = {}
  for (const [name, distribution] of Object.entries(space)) {
    if (active(distribution, params)) params[name] = pick(name, distribution as S[string])
  }
  return params
}

/** The default of every active parameter. */
export const defaults = (space: Settings): Params => build(space, (_, distribution) => distribution.default)

/** For each parameter the value nearest to the one wished for that its range allows; the default where none is wished for, or none of the choices. */
export function nearestParams(wished: Params, space: Space): Params {
  const chosen: Record<string, ParamValue> = {}
  for (const [name, distribution] of Object.entries(space)) {
    if (!active(distribution, chosen)) continue
    const value = wished[name] ?? distribution.default
    if (distribution.type === 'choice')
      chosen[name] = distribution.choices.includes(value) ? value : distribution.default
    else chosen[name] = Math.min(distribution.high, Math.max(distribution.low, Number(value)))
  }
  return chosen
}

/** An independent draw from every active distribution. */
export const sample = (space: Space, rng: Rng): Params =>
  build(space, (_, distribution) => fromUnit(distribution, rng.next()))

/** The value at position `unit` ∈ [0, 1) of a distribution. */
export function fromUnit(distribution: Distribution, unit: number): ParamValue {
  if (distribution.type === 'choice') {
    return distribution.choices[
      Math.min(distribution.choices.length - 1, Math.floor(unit * distribution.choices.length))
    ]!
  }
  const { low, high, log, type } = distribution
  const [from, to] = type === 'int' ? [low - 0.5, high + 0.5] : [low, high]
  const value = log
    ? Math.exp(Math.log(from) + unit * (Math.log(to) - Math.log(from)))
    : from + unit * (to - from)
  return Math.min(high, Math.max(low, type === 'int' ? Math.round(value) : value))
}

/** Where a value lies in its distribution, in [0, 1]; for a choice, the middle of its slot. */
export function toUnit(distribution: Distribution, value: ParamValue): number {
  if (distribution.type === 'choice')
    return (distribution.choices.indexOf(value) + 0.5) / distribution.choices.length
  const { low, high, log, type } = distribution
  const [from, to] = type === 'int' ? [low - 0.5, high + 0.5] : [low, high]
  const unit = log
    ? (Math.log(Number(value)) - Math.log(from)) / (Math.log(to) - Math.log(from))
    : (Number(value) - from) / (to - from)
  return Math.min(1, Math.max(0, unit))
}

/** Defaults overridden by `given`, checked: unknown names, wrong types and values out of range are refused. */
export function parseParams(
  space: Settings,
  given: Readonly<Record<string, unknown>>,
  owner: string,
): Params {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(space, name)) {
      throw new InputError(
        'E_UNKNOWN_PARAM',
        `${owner} has no parameter "${name}": expected one of ${Object.keys(space).join(', ')}`,
      )
    }
  }
  return build(space, (name, distribution) => {
    if (!Object.hasOwn(given, name)) return distribution.default
    const value = given[name]
    if (distribution.type === 'text') {
      if (typeof value === 'string') return value
      throw new InputError(
        'E_BAD_PARAM',
        `${owner} parameter "${name}" is ${JSON.stringify(value)}: expected text in quotes`,
      )
    }
    if (distribution.type === 'choice') {
      if (distribution.choices.includes(value as ParamValue)) return value as ParamValue
      throw new InputError(
        'E_BAD_PARAM',
        `${owner} parameter "${name}" is ${JSON.stringify(value)}: expected one of ${distribution.choices.map(item => JSON.stringify(item)).join(', ')}`,
      )
    }
    const { low, high, type } = distribution
    const ok =
      typeof value === 'number' &&
      value >= low &&
      value <= high &&
      (type === 'float' || Number.isInteger(value))
    if (ok) return value
    throw new InputError(
      'E_BAD_PARAM',
      `${owner} parameter "${name}" is ${JSON.stringify(value)}: expected ${type === 'int' ? 'a whole number' : 'a number'} from ${low} to ${high}`,
    )
  })
}
