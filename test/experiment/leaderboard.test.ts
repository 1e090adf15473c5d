import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import {
  bestTrial,
  compareTrials,
  leaderboardCsv,
  rankTrials,
  timingsCsv,
} from '../../src/experiment/leaderboard.ts'
import type { MetricValues, Objective, Trial } from '../../src/experiment/types.ts'

const accuracy: Objective = { name: 'Accuracy', direction: 'maximize' }
const trial = (id: number, metrics: MetricValues | undefined, changes: Partial<Trial> = {}): Trial => ({
  id,
  candidate: `c${id}`,
  algorithm: 'x',
  params: { depth: id },
  seed: id,
  state: metrics ? 'COMPLETE' : 'FAILED',
  ...(metrics && { metrics, foldScores: [metrics.Accuracy ?? 0, 0.5], fitSeconds: id, bytes: 10 }),
  ...changes,
})
const trials = [
  trial(0, { Accuracy: 0.9, LogLoss: 0.4 }),
  trial(1, { Accuracy: 0.95, LogLoss: 0.3 }),
  trial(2, undefined, { reason: 'ran, "badly"' }),
  trial(3, { Accuracy: 0.9, LogLoss: 0.2 }),
  trial(4, { Accuracy: 0.9, LogLoss: 0.2 }),
]

describe('the leaderboard', () => {
  it('ranks by the objective, then by log loss, then the earlier trial; those without a score come last', () => {
    expect(rankTrials(trials, accuracy).map(row => row.trial)).toEqual([1, 3, 4, 0, 2])
    expect(rankTrials(trials, accuracy).map(row => row.rank)).toEqual([1, 2, 3, 4, 5])
  })
  it('turns round when less is better', () => {
    expect(rankTrials(trials, { name: 'LogLoss', direction: 'minimize' })[0]!.trial).toBe(3)
  })
  it('does not depend on the order trials came in', () => {
    expect(rankTrials([...trials].reverse(), accuracy)).toEqual(rankTrials(trials, accuracy))
  })
  it('compares consistently', () => {
    for (const a of trials)
      for (const b of trials)
        expect(Math.sign(compareTrials(a, b, accuracy))).toBe(-Math.sign(compareTrials(b, a, accuracy)) || 0)
  })
  it('names the best of the complete trials', () => {
    expect(bestTrial(trials, accuracy)!.id).toBe(1)
    expect(bestTrial([trials[2]!], accuracy)).toBeUndefined()
  })
  it('gives the deviation over folds with one degree of freedom less', () => {
    expect(rankTrials([trials[0]!], accuracy)[0]!.std).toBeCloseTo(Math.SQRT1_2 * 0.4, 12)
  })
  it('writes every trial at full precision, with its reason, and nothing that a clock decides', () => {
    const rows = rankTrials([...trials, trial(5, { Accuracy: 1 / 3 })], accuracy)
    const { data } = Papa.parse<Record<string, string>>(leaderboardCsv(rows), {
      header: true,
      skipEmptyLines: true,
    })
    expect(data).toHaveLength(6)
    expect(Number(data.find(row => row['trial'] === '5')!['Accuracy'])).toBe(1 / 3)
    expect(data.find(row => row['trial'] === '2')).toMatchObject({
      state: 'FAILED',
      reason: 'ran, "badly"',
      score: '',
    })
    const slower = rankTrials(
      trials.map(entry => ({ ...entry, fitSeconds: 99 })),
      accuracy,
    )
    expect(leaderboardCsv(slower)).toBe(leaderboardCsv(rankTrials(trials, accuracy)))
    expect(timingsCsv(slower)).toContain('99')
  })
})
