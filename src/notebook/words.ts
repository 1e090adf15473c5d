import type { Task } from '../data/dataset.ts'
import type { ColumnUse } from '../data/schema.ts'
import type { Verdict } from '../experiment/types.ts'
import { figure } from '../util/text.ts'
import type { NotebookInput } from './input.ts'

/** A share as `12.5 %`; nothing at all is `0 %`. */
export const percent = (fraction: number): string =>
  Number.isFinite(fraction) ? `${figure(100 * fraction, 3)} %` : '–'

/** A number, or a dash where there is none. */
export const number = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '–' : figure(value)

/** The first `length` characters, with an ellipsis when cut. */
export function short(text: string, length = 40): string {
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text
}

export const TASKS: Readonly<Record<Task, string>> = {
  binary: 'binary classification',
  multiclass: 'multiclass classification',
  regression: 'regression',
}

export const USES: Readonly<Record<ColumnUse, string>> = {
  feature: 'feature',
  target: 'target',
  weight: 'row weight',
  group: 'group',
  time: 'time',
  ignored: 'not used',
}

/** How the held-out rows come about, in words. */
export const foldsInWords = ({ kind, count }: NotebookInput['folds']): string =>
  count > 1 ? `${count} folds (${kind})` : 'one holdout'

/** `…, and the rest of the columns are in profile.json`, when a table is cut. */
export const cutNote = (shown: number, total: number): string =>
  `The table shows ${shown} of ${total} columns; profile.json has all.`

/** A sentence as part of another: without its full stop. */
export const clause = (text: string): string => text.replace(/\.$/, '')

/** Whether the model knows anything, in two sentences. */
export function verdictInWords({ isBetter, p, looks, constant }: Verdict, objective: string): string {
  const chance = p < 1e-4 ? 'less than 1 in 10,000' : `${figure(100 * p, 2)} %`
  const beside = constant === undefined ? '' : ` (a constant answer has ${objective} ${figure(constant, 5)})`
  return `It is ${isBetter ? 'better' : 'no better'} than the baseline${beside}. The chance that the best of ${looks} models that know nothing agrees with the truth so well is ${chance}.`
}
