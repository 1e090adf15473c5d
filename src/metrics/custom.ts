import { pathToFileURL } from 'node:url'
import { InputError, messageOf } from '../util/errors.ts'
import type { Scored, Work } from './metric.ts'

/** What a module named by `--objective` exports as `score`: a number, higher is better. */
export type CustomScore = (scored: Scored & { readonly labels: Int32Array }) => number

let formula: CustomScore | undefined

export const hasCustom = (): boolean => formula !== undefined

/** Whether the text of an objective is the path of a module and no name. */
export const isModulePath = (text: string): boolean => /\.[cm]?js$/i.test(text)

/** Loads the module whose `score` is the metric Custom from now on, in this process. */
export async function loadMetric(path: string): Promise<void> {
  let module: { score?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as { score?: unknown }
  } catch (error) {
    throw new InputError(
      'E_BAD_METRIC_MODULE',
      `objective module ${path} cannot be loaded (${messageOf(error)}): expected a JavaScript module that exports a function "score"; mend it or give the name of a metric`,
      { exit: 'usage', cause: error },
    )
  }
  if (typeof module.score !== 'function') {
    throw new InputError(
      'E_BAD_METRIC_MODULE',
      `objective module ${path} exports ${typeof module.score === 'undefined' ? 'no "score"' : `a "score" that is ${typeof module.score}`}: expected a function of {task, target, outputs, width, labels, weights} that gives a number, higher is better`,
      { exit: 'usage' },
    )
  }
  formula = module.score as CustomScore
}

/** NaN, which leaves the metric out, where no module was loaded. */
export const customScore =
  (labelsOf: (scored: Scored) => Int32Array) =>
  ({ scored }: Work): number =>
    formula ? Number(formula({ ...scored, labels: labelsOf(scored) })) : NaN
