import { setImmediate } from 'node:timers/promises'
import { createTape } from '../../util/clock-tape.ts'
import type { FitContext } from '../algorithm.ts'

const BREATH = 100 // milliseconds of work between two turns of the event loop

/** Asks, between trees, whether the fit may go on: throws when aborted, false when the deadline has come. */
export interface Pacer {
  mayGoOn(): Promise<boolean>
}

export function createPacer({ signal, deadline, tape = createTape() }: FitContext): Pacer {
  const inTime = tape.track()
  let questions = 0
  let last = performance.now()
  return {
    async mayGoOn() {
      signal.throwIfAborted()
      const now = performance.now()
      if (now - last > BREATH) {
        await setImmediate()
        signal.throwIfAborted()
        last = performance.now()
      }
      return inTime.follow(questions++, 1, () => Number(now < deadline)) === 1
    },
  }
}
