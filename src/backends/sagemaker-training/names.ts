import { randomBytes } from 'node:crypto'

/** What the names of all jobs of a run begin with. No two runs have the same. */
export const runName = (experiment: string): string =>
  `${experiment.slice(0, 23).replace(/(?<!-)-+$/, '')}-${randomBytes(4).toString('hex')}`

/** The name of a job follows from its trial: a client that comes back finds it. */
export const jobName = (run: string, trial: number, attempt: number): string =>
  `${run}-t${String(trial).padStart(4, '0')}${attempt === 1 ? '' : `-${attempt}`}`
