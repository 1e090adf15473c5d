import { InputError } from '../util/errors.js';
/** Real number in [low, high]. */
export const float = (low, high, fallback) => ({
    type: 'float',
    low,
    high,
    log: false,
    default: fallback, // prettier-ignore
});
/** Real number in [low, high], searched by its logarithm; low > 0. */
export const logFloat = (low, high, fallback) => ({
    type: 'float',
    low,
    high,
    log: true,
    default: fallback, // prettier-ignore
});
/** Whole number in [low, high]. */
export const int = (low, high, fallback) => ({
    type: 'int',
    low,
    high,
    log: false,
    default: fallback, // prettier-ignore
});
/** Whole number in [low, high], searched by its logarithm; low ≥ 1. */
export const logInt = (low, high, fallback) => ({
    type: 'int',
    low,
    high,
    log: true,
    default: fallback, // prettier-ignore
});
/** One of a list; the first is the default unless another is named. */
export const choice = (choices, fallback = choices[0]) => ({
    type: 'choice',
    choices,
    default: fallback, // prettier-ignore
});
/** The same distribution, present only while `param` has one of `values`. */
export const when = (param, values, distribution) => ({
    ...distribution,
    when: { param, in: values },
});
/** Whether a distribution takes part, given the parameters chosen before it. */
export const active = ({ when: condition }, params) => !condition || (Object.hasOwn(params, condition.param) && condition.in.includes(params[condition.param]));
function build(space, pick) {
    const params = {};
    for (const [name, distribution] of Object.entries(space)) {
        if (active(distribution, params))
            params[name] = pick(name, distribution);
    }
    return params;
}
/** The default of every active parameter. */
export const defaults = (space) => build(space, (_, distribution) => distribution.default);
/** An independent draw from every active distribution. */
export const sample = (space, rng) => build(space, (_, distribution) => fromUnit(distribution, rng.next()));
/** The value at position `unit` ∈ [0, 1) of a distribution. */
export function fromUnit(distribution, unit) {
    if (distribution.type === 'choice') {
        return distribution.choices[Math.min(distribution.choices.length - 1, Math.floor(unit * distribution.choices.length))];
    }
    const { low, high, log, type } = distribution;
    const [from, to] = type === 'int' ? [low - 0.5, high + 0.5] : [low, high];
    const value = log
        ? Math.exp(Math.log(from) + unit * (Math.log(to) - Math.log(from)))
        : from + unit * (to - from);
    return Math.min(high, Math.max(low, type === 'int' ? Math.round(value) : value));
}
/** Where a value lies in its distribution, in [0, 1]; for a choice, the middle of its slot. */
export function toUnit(distribution, value) {
    if (distribution.type === 'choice')
        return (distribution.choices.indexOf(value) + 0.5) / distribution.choices.length;
    const { low, high, log, type } = distribution;
    const [from, to] = type === 'int' ? [low - 0.5, high + 0.5] : [low, high];
    const unit = log
        ? (Math.log(Number(value)) - Math.log(from)) / (Math.log(to) - Math.log(from))
        : (Number(value) - from) / (to - from);
    return Math.min(1, Math.max(0, unit));
}
/** Defaults overridden by `given`, checked: unknown names, wrong types and values out of range are refused. */
export function parseParams(space, given, owner) {
    for (const name of Object.keys(given)) {
        if (!Object.hasOwn(space, name)) {
            throw new InputError('E_UNKNOWN_PARAM', `${owner} has no parameter "${name}": expected one of ${Object.keys(space).join(', ')}`);
        }
    }
    return build(space, (name, distribution) => {
        if (!Object.hasOwn(given, name))
            return distribution.default;
        const value = given[name];
        if (distribution.type === 'choice') {
            if (distribution.choices.includes(value))
                return value;
            throw new InputError('E_BAD_PARAM', `${owner} parameter "${name}" is ${JSON.stringify(value)}: expected one of ${distribution.choices.map(item => JSON.stringify(item)).join(', ')}`);
        }
        const { low, high, type } = distribution;
        const ok = typeof value === 'number' &&
            value >= low &&
            value <= high &&
            (type === 'float' || Number.isInteger(value));
        if (ok)
            return value;
        throw new InputError('E_BAD_PARAM', `${owner} parameter "${name}" is ${JSON.stringify(value)}: expected ${type === 'int' ? 'a whole number' : 'a number'} from ${low} to ${high}`);
    });
}
