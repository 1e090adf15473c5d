import { createTape } from '../../util/clock-tape.ts'
import type { FitContext } from '../algorithm.ts'

/** Rounds between two looks at the clock. */
const EVERY = 8
/** Of the rounds allowed: most fits stop early, after about so many. */
const USUAL_SHARE = 0.6
/** Part of the time left that is counted on. */
const CAUTION = 0.9
const MOST = 4
const LARGEST_STEP = 0.4

/**
 * How many times the usual step each round of boosting takes: 1 as long as the time will do, more where it would end the fit while
 * it still learns a lot. Few long steps come nearer to where many short ones would have ended than few short ones.
 */
export function createHaste(
  { deadline, tape = createTape() }: FitContext,
  { rounds, learningRate }: { readonly rounds: number; readonly learningRate: number },
): (round: number) => number {
  const track = tape.track()
  const most = Math.max(1, Math.min(MOST, LARGEST_STEP / learningRate))
  const started = performance.now()
  let pace = 1
  let learnt = 0 // in usual rounds
  return round => {
    if (round > 1) learnt += pace
    if (round % EVERY !== 0) return pace
    pace = track.follow(round, pace, () => {
      if (deadline === Infinity) return 1
      const now = performance.now()
      const fitting = (CAUTION * (deadline - now) * (round - 1)) / (now - started)
      const needed = USUAL_SHARE * rounds - learnt
      if (needed <= fitting) return 1
      return fitting > 0 ? Math.min(most, Math.ceil((4 * needed) / fitting) / 4) : most
    })
    return pace
  }
}
