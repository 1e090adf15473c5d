import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHaste } from '../../../src/algorithms/trees/haste.ts'
import { createTape } from '../../../src/util/clock-tape.ts'
import { fitContext } from '../../helpers/fit.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Paces of all rounds that fit, a round taking so many milliseconds. */
function paces(rules: { rounds: number; learningRate: number }, deadline: number, roundMs = 10) {
  let clock = 0
  vi.spyOn(performance, 'now').mockImplementation(() => clock)
  const tape = createTape()
  const paceOf = createHaste(fitContext({ deadline, tape }), rules)
  const seen: number[] = []
  for (let round = 1; round <= rules.rounds && clock < deadline; round++) {
    seen.push(paceOf(round))
    clock += roundMs
  }
  return { seen, marks: tape.marks }
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

describe('the step of boosting', () => {
  it('is the usual one as long as the time will do', () => {
    for (const deadline of [Infinity, 10_000, 8000]) {
      const { seen, marks } = paces({ rounds: 1000, learningRate: 0.05 }, deadline)
      expect(new Set(seen)).toEqual(new Set([1]))
      expect(marks).toEqual([])
    }
  })
  it('is longer where the time will not do, so that as much is learnt as in the rounds a fit usually takes', () => {
    const { seen } = paces({ rounds: 1000, learningRate: 0.05 }, 3000)
    expect(seen.length).toBe(300)
    expect(sum(seen)).toBeGreaterThan(560)
    expect(Math.max(...seen)).toBeLessThanOrEqual(4)
  })
  it('is never so long that it leaps too far', () => {
    const { seen } = paces({ rounds: 1000, learningRate: 0.2 }, 200)
    expect(Math.max(...seen)).toBe(2)
  })
  it('is repeated from its tape, whatever the clock says then', () => {
    const { seen, marks } = paces({ rounds: 400, learningRate: 0.1 }, 900)
    const again = createHaste(fitContext({ tape: createTape(marks) }), { rounds: 400, learningRate: 0.1 })
    expect(seen.map((_, i) => again(i + 1))).toEqual(seen)
  })
})
