import process from 'node:process'
import { graceSeconds } from '../experiment/runner.ts'
import { EXIT } from '../util/errors.ts'

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hangup } as const
type StopSignal = keyof typeof SIGNALS

/** After the trials' time to end, what remains (choosing, writing) gets so much: all within the 30 s that supervisors give. */
const WRITING_SECONDS = 8

export interface Stop {
  readonly signal: AbortSignal
  /** Exit status once a signal has come; 0 before. */
  readonly code: () => number
  /** A signal that came during work without a pause, such as writing, has been heard when this resolves. */
  heard(): Promise<void>
  release(): void
}

/** Stops in order at the first signal and at once at the second. `note` tells the person at the terminal. */
export function listenForSignals(note: (text: string) => void): Stop {
  const stop = new AbortController()
  let code: number = EXIT.ok
  let last: NodeJS.Timeout | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const status = SIGNALS[signal as StopSignal]
    if (stop.signal.aborted) process.exit(status)
    code = status
    const grace = graceSeconds(signal)
    note(`\nstopping: running trials get ${grace} s to end (once more to stop at once)`)
    last = setTimeout(() => process.exit(status), (grace + WRITING_SECONDS) * 1000)
    last.unref()
    stop.abort(signal)
  }
  const names = Object.keys(SIGNALS) as StopSignal[]
  for (const signal of names) process.on(signal, onSignal)
  return {
    signal: stop.signal,
    code: () => code,
    async heard() {
      // The first turn may end in the one that has already looked for signals.
      for (let turn = 0; turn < 2; turn++) await new Promise(done => setImmediate(done))
    },
    release() {
      clearTimeout(last)
      for (const signal of names) process.off(signal, onSignal)
    },
  }
}
