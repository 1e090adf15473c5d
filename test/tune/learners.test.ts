import { describe, expect, it } from 'vitest'
import { calibrated, createSchedule } from '../../src/tune/costs.ts'
import { chooseLearner, givenUp, improvementCosts, type Contestant } from '../../src/tune/learners.ts'
import { createRng } from '../../src/util/rng.ts'
import { complete } from './helpers.ts'

const contestant = (scores: readonly (number | undefined)[], cost = 1): Contestant => ({
  trials: scores.map(score => (score === undefined ? { params: {}, state: 'FAILED' } : complete({}, score))),
  costs: scores.map(() => cost),
  nextCost: cost,
})

describe('the estimated cost of improvement', () => {
  it('of the leader is what has been spent since its best, or between its last two bests', () => {
    expect(improvementCosts([contestant([0.8, 0.9, 0.9, 0.9], 2)])).toEqual([4])
    expect(improvementCosts([contestant([0.8, 0.7, 0.7, 0.9], 2)])).toEqual([6])
  })
  it('of one behind is what closing twice the gap costs at its speed', () => {
    // 0.1 gained in 3 trials of cost 1 and the typical gain 0.1 credited: twice 0.2 at 0.2 / 3 per unit.
    const [, behind] = improvementCosts([contestant([0.8, 0.85, 0.9]), contestant([0.6, 0.65, 0.7])])
    expect(behind).toBeCloseTo((2 * 0.2) / (0.2 / 3), 10)
  })
  it('grows with every trial in vain, and is dearer for a slower candidate that scores the same', () => {
    const [two, four, slow] = improvementCosts([
      contestant([0.8, 0.8]),
      contestant([0.8, 0.8, 0.8, 0.8]),
      contestant([0.8, 0.8], 9),
    ])
    expect(four).toBeGreaterThan(two!)
    expect(slow).toBeGreaterThan(four!)
  })
  it('counts failures as money lost', () => {
    const [sound, shaky] = improvementCosts([
      contestant([0.8, 0.8, 0.8]),
      contestant([0.8, undefined, undefined]),
    ])
    expect(shaky).toBeGreaterThan(2 * sound!)
  })
  it('is positive and orders by price where nobody has a score', () => {
    const [cheap, dear] = improvementCosts([contestant([undefined]), contestant([undefined], 5)])
    expect(cheap).toBeGreaterThan(0)
    expect(dear).toBeGreaterThan(cheap!)
  })
})

describe('the choice of a learner', () => {
  it('falls on each in proportion to 1 / cost, and on all now and then', () => {
    const contestants = [contestant([0.9, 0.9]), contestant([0.9, 0.9], 3), contestant([0.2, 0.2], 1e9)]
    const rng = createRng(1)
    const counts = [0, 0, 0]
    for (let i = 0; i < 4000; i++) counts[chooseLearner(contestants, rng)]!++
    expect(counts[0]! / counts[1]!).toBeGreaterThan(2.2)
    expect(counts[0]! / counts[1]!).toBeLessThan(3.4)
    expect(counts[2]).toBeGreaterThan(30)
  })
  it('gives up one that failed three times without a success', () => {
    expect(givenUp(contestant([undefined, undefined]).trials)).toBe(false)
    expect(givenUp(contestant([undefined, undefined, undefined]).trials)).toBe(true)
    expect(givenUp(contestant([undefined, undefined, undefined, 0.5]).trials)).toBe(false)
  })
})

describe('expected seconds', () => {
  const candidates = [
    { name: 'a', space: {} },
    { name: 'b', space: {} },
  ]
  const trial = (candidate: string, seconds: number) => ({
    ...complete({}, 0.5),
    candidate,
    seconds,
    share: 1,
  })
  it('stay as they are without trials, but for the cost of starting one', () => {
    expect(calibrated(() => 2, candidates, [])(candidates[0]!, {})).toBeCloseTo(2.05, 12)
  })
  it('follow the candidate’s own trials, and those of others while it has none', () => {
    const trials = Array.from({ length: 50 }, () => trial('a', 8.15))
    const seconds = calibrated(() => 2, candidates, trials)
    expect(seconds(candidates[0]!, {})).toBeCloseTo(8.2, 8)
    expect(seconds(candidates[1]!, {})).toBeCloseTo(8.2, 8)
  })
  it('of one candidate move away from the others as its own trials come in', () => {
    const trials = [
      ...Array.from({ length: 20 }, () => trial('a', 1.95)),
      ...Array.from({ length: 20 }, () => trial('b', 19.95)),
    ]
    const seconds = calibrated(() => 1.95, candidates, trials)
    expect(seconds(candidates[0]!, {})).toBeLessThan(2.6)
    expect(seconds(candidates[1]!, {})).toBeGreaterThan(15)
  })
  it('are counted on the worker that is free first, with a margin', () => {
    const schedule = createSchedule(10, 2)
    expect([7, 4, 4, 2, 2, 1].map(seconds => schedule.take(seconds))).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
    ])
    expect(createSchedule(10, 1).take(9)).toBe(false)
  })
})
