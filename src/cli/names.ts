import type { Task } from '../data/dataset.ts'
import { PROBLEM_TYPES } from '../job/job.ts'
import { InputError } from '../util/errors.ts'
import { nearest, quoted } from '../util/text.ts'

/** Accepts Autopilot's names and ours, in any case. */
export function parseProblemType(text: string): Task {
  const tasks = Object.keys(PROBLEM_TYPES) as Task[]
  const plain = text.toLowerCase().replace(/[^a-z]/g, '')
  const task = tasks.find(
    name =>
      plain === name || plain === PROBLEM_TYPES[name].toLowerCase() || plain === `${name}classification`,
  )
  if (task) return task
  const names = tasks.map(name => PROBLEM_TYPES[name])
  const near = nearest(text, [...names, ...tasks])
  throw new InputError(
    'E_UNKNOWN_PROBLEM_TYPE',
    `--problem-type is ${quoted(text)}: expected one of ${names.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
    { exit: 'usage' },
  )
}

/** Windows takes these for devices, whatever stands behind them. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/** Names of experiments: letters, digits and inner hyphens, at most 63. */
export function parseExperimentName(text: string): string {
  if (NAME.test(text) && !DEVICES.test(text)) return text
  throw new InputError(
    'E_BAD_NAME',
    `--name is ${quoted(text)}: expected letters, digits and inner hyphens, at most 63; choose another name`,
    { exit: 'usage' },
  )
}
