import type { Target } from '../data/dataset.ts'
import { InputError } from '../util/errors.ts'
import { createRng, hashSeed } from '../util/rng.ts'
import { count } from '../util/text.ts'
import type { Copies } from './copies.ts'
import { assignCopies, canKeepTogether, findCopies, joinGroups } from './copies.ts'
import type { Folds } from './folds.ts'
import { assignGroups } from './groups.ts'
import { assignStratified } from './stratified.ts'
import { forwardFolds } from './time.ts'

export type { Folds } from './folds.ts'
export { sampleRows, shareOfRows } from './sample.ts'

/** Above this many rows one holdout says as much as five folds, at a fifth of the cost. */
const HOLDOUT_ROWS = 50_000
const DEFAULT_FOLDS = 5
/** A holdout is every fifth row. */
const HOLDOUT_PARTS = 5

export interface SplitOptions {
  readonly seed: number
  /** A number per row; rows of one group are never on both sides. */
  readonly groups?: Int32Array
  /** A moment per row (NaN: unknown, trained on only); the past predicts the future. */
  readonly time?: Float64Array
  /** A number per row, equal where all features are (see `rowKeys`): such rows are never on both sides. Time has no use for it. */
  readonly keys?: Float64Array
  /** Number of folds; 1 asks for a single holdout. Chosen by size when left out. */
  readonly folds?: number
  /** Asks for a single holdout of this share of the rows, between 0 and 1. Time and groups have no use for it. */
  readonly share?: number
  /** How often the rows are dealt into folds anew; once unless said. Time and groups are dealt once. */
  readonly repeats?: number
}

/** Up to so many rows one deal of the cards decides too much; wide tables take too long for more. */
const REPEATED_ROWS = 100
const REPEATED_CELLS = 10_000
const REPEATS = 3

export const repeatsFor = (rows: number, columns: number): number =>
  rows <= REPEATED_ROWS && rows * columns <= REPEATED_CELLS ? REPEATS : 1

/** Fewer say nothing about rows not seen. */
const MIN_ROWS = 10

/** Refuses to train on next to nothing. */
export function requireRows(rows: number): void {
  if (rows >= MIN_ROWS) return
  throw new InputError(
    'E_TOO_FEW_ROWS',
    `${rows} row${rows === 1 ? '' : 's'} with a target: at least ${MIN_ROWS} are needed to train and score (Autopilot asks for 500); add rows`,
  )
}

/** Sets rows aside for scoring: a fifth of a large table once, or each row of a small one in turn. */
export function splitRows(
  target: Target,
  { seed, groups, time, keys, folds, share, repeats = 1 }: SplitOptions,
): Folds {
  const rows = target.values.length
  if (rows < 2) {
    throw new InputError(
      'E_TOO_FEW_ROWS',
      `${rows} row${rows === 1 ? '' : 's'} with a target: at least 2 are needed to train and score; add rows`,
    )
  }
  const asked = share === undefined ? (folds ?? (rows > HOLDOUT_ROWS ? 1 : DEFAULT_FOLDS)) : 1
  if (time) return forwardFolds(time, Math.min(asked, rows - 1))
  const rng = createRng(hashSeed(seed, 'split'))
  const [held, dealt] = share === undefined ? [1, HOLDOUT_PARTS] : partsFor(share, rows)
  const parts = Math.min(asked === 1 ? dealt : asked, rows)
  const copies = keys && findCopies(keys)
  const together = copies && canKeepTogether(copies, parts) ? copies : undefined
  const said = copies ? tellCopies(copies, together !== undefined) : ''
  if (groups) {
    const joined = together ? joinGroups(groups, together, parts) : groups
    const fold = assignGroups(target, joined ?? groups, parts, rng)
    const how = `whole groups are set aside, ${parts} parts of about equal size`
    return toFolds(fold, parts, asked, how + (joined ? said : tellCopies(copies!, false)))
  }
  const how =
    target.task === 'regression'
      ? 'spread evenly over the values of the target'
      : 'with the share of each class kept'
  const deal = () =>
    together ? assignCopies(target, together, parts, rng) : assignStratified(target, parts, rng)
  if (share !== undefined) return heldShare(deal(), held, parts, how + said)
  const first = toFolds(deal(), parts, asked, how + said)
  if (repeats === 1 || asked === 1) return first
  const more = Array.from({ length: repeats - 1 }, () => toFolds(deal(), parts, asked, '').folds)
  return {
    ...first,
    reason: `${first.reason}; dealt ${repeats} times, as the table is small`,
    folds: [first.folds, ...more].flat(),
    repeats,
  }
}

const MOST_PARTS = 1000

/** `held` of `parts` is the share, or as near to it as so few parts can be; both sides have some. */
function partsFor(share: number, rows: number): readonly [held: number, parts: number] {
  let best: readonly [number, number] = [1, 2]
  const error = ([held, parts]: readonly [number, number]) => Math.abs(held / parts - share)
  for (let parts = 2; parts <= Math.min(rows, MOST_PARTS) && error(best) > 1e-9; parts++) {
    const found = [Math.min(parts - 1, Math.max(1, Math.round(share * parts))), parts] as const
    if (error(found) < error(best)) best = found
  }
  return best
}

/** So many parts, spread evenly over all, are held out together. Rows that are always trained on stay so. */
function heldShare(part: Int32Array, held: number, parts: number, how: string): Folds {
  const before = (value: number) => Math.ceil((value * held) / parts)
  const isHeld = (value: number) => value >= 0 && before(value) < before(value + 1)
  const validation = rowsWhere(part, isHeld)
  const train = rowsWhere(part, value => !isHeld(value))
  if (validation.length === 0 || train.length === 0) {
    throw new InputError(
      'E_TOO_FEW_ROWS',
      `a share of ${held} in ${parts} of ${count(part.length)} rows leaves ${count(train.length)} to learn from and ${count(validation.length)} to score: at least one of each is needed; choose another --validation-fraction`,
    )
  }
  const reason = `${count(part.length)} rows: ${held} in ${parts} are held out, as asked, ${how}`
  return { kind: 'holdout', reason, folds: [{ train, validation }] }
}

/** What is asked to be validated with: those from row `first` on, of the rows of a table that have a target. `name`: of their file. */
export function givenHoldout(rows: Int32Array, first: number, name: string): Folds {
  const split = rows.findIndex(row => row >= first)
  const [known, held] = split < 0 ? [rows.length, 0] : [split, rows.length - split]
  if (known === 0 || held === 0) {
    throw new InputError(
      'E_TOO_FEW_ROWS',
      `--validation ${name} leaves ${count(known)} row${known === 1 ? '' : 's'} to learn from and ${count(held)} to score: at least one of each with a target is needed; give other files`,
    )
  }
  const every = Int32Array.from(rows.keys())
  return {
    kind: 'holdout',
    reason: `the ${count(held)} rows of ${name} are held out, as asked; ${count(known)} are trained on`,
    folds: [{ train: every.slice(0, known), validation: every.slice(known) }],
  }
}

const tellCopies = ({ rows, sizes }: Copies, together: boolean): string =>
  together
    ? `; ${count(rows)} rows are copies of ${count(sizes.length)}, and copies stay together`
    : `; ${count(rows)} rows are copies of ${count(sizes.length)}, too few different ones to keep copies together`

/** `fold[row]` is the part that holds the row back, −1 for rows that are only ever trained on. */
function toFolds(fold: Int32Array, parts: number, asked: number, how: string): Folds {
  const rows = fold.length
  const used = asked === 1 ? 1 : parts
  const folds = Array.from({ length: used }, (_, part) => ({
    train: rowsWhere(fold, value => value !== part),
    validation: rowsWhere(fold, value => value === part),
  })).filter(({ train, validation }) => train.length > 0 && validation.length > 0)
  const kind = used === 1 ? 'holdout' : 'k-fold'
  const reason =
    kind === 'holdout'
      ? `${count(rows)} rows: one in ${parts} is held out, ${how}`
      : `${count(rows)} rows: ${folds.length} folds, ${how}`
  return { kind, reason, folds }
}

function rowsWhere(fold: Int32Array, keep: (value: number) => boolean): Int32Array {
  let size = 0
  for (const value of fold) if (keep(value)) size++
  const rows = new Int32Array(size)
  let at = 0
  for (let row = 0; row < fold.length; row++) if (keep(fold[row]!)) rows[at++] = row
  return rows
}
