import type { TrialJob } from '../../experiment/executor.ts'
import type { Trial } from '../../experiment/types.ts'

// A line of JSON each. Nothing that a worker writes is trusted to be one.

export type ToWorker =
  /** `seconds` is left out where there is no limit: JSON has no Infinity. */
  | {
      readonly type: 'run'
      readonly job: TrialJob
      readonly seconds?: number
      /** Slots that stay idle while it runs, with nothing else to do. */
      readonly spareThreads?: number
    }
  | { readonly type: 'stop' }

export interface FromWorker {
  readonly type: 'done'
  readonly trial: Trial
}

/** The same words whoever noticed, so that leaderboards are the same. */
export const OUT_OF_MEMORY = 'needed more memory than a trial may have'

const MOST_CHARACTERS = 64e6 // of one line; a result has some thousands

export const encodeMessage = (message: ToWorker | FromWorker): string => `${JSON.stringify(message)}\n`

/** Cuts a stream of text into lines; a line without an end is given up. */
export function lineReader(onLine: (line: string) => void, onTooLong: () => void): (text: string) => void {
  let rest = ''
  return text => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) onLine(line)
    if (rest.length > MOST_CHARACTERS) {
      rest = ''
      onTooLong()
    }
  }
}

/** What a worker said of the trial it was given, or undefined when that is no answer. */
export function answerIn(line: string, expected: number | undefined): Trial | undefined {
  try {
    const message = JSON.parse(line) as Partial<FromWorker> | null
    if (message?.type !== 'done' || typeof message.trial?.state !== 'string') return undefined
    return message.trial.id === expected ? message.trial : undefined
  } catch {
    return undefined
  }
}
