import { describe, expect, it } from 'vitest'
import { createRng } from '../../src/util/rng.ts'
import { createRacing, racing, RIVALS } from '../../src/tune/pruners/racing.ts'
import { follow } from '../../src/tune/observed.ts'

const whole = (level: number) => [0, 0.01, 0.02, -0.01, 0].map(bump => level + bump)
const field = Array.from({ length: RIVALS }, (_, i) => whole(0.1 + i / 1000))

describe('fold racing', () => {
  it('lets everybody run until there are as many whole trials as an ensemble picks from', () => {
    expect(racing.shouldPrune([9, 9.001, 9], field.slice(1))).toBe(false)
    expect(racing.shouldPrune([9, 9.001, 9], field)).toBe(true)
  })
  it('says nothing after one fold, and nothing when no fold is left to save', () => {
    expect(racing.shouldPrune([9], field)).toBe(false)
    expect(racing.shouldPrune(whole(9), field)).toBe(false)
  })
  it('spares a trial that is as good as the weakest of the best, and one that is worse on some folds only', () => {
    expect(racing.shouldPrune(whole(0.111).slice(0, 3), field)).toBe(false)
    expect(racing.shouldPrune([0.5, 0.05, 0.4], field)).toBe(false)
  })
  it('leaves trials that were stopped early, and those without a finite score, out of the field', () => {
    const broken = [...field.slice(1), [0.1, 0.1], [0.1, NaN, 0.1, 0.1, 0.1]]
    expect(racing.shouldPrune([9, 9.001, 9], broken)).toBe(false)
  })
  it('races against the best alone when only the best will be used', () => {
    expect(createRacing(1).shouldPrune(whole(0.4).slice(0, 3), field.slice(0, 1))).toBe(true)
  })
  it('rarely stops a trial that is as good as its rival in truth', () => {
    const rng = createRng(7)
    let stopped = 0
    const races = 2000
    for (let i = 0; i < races; i++) {
      const draw = () => Array.from({ length: 5 }, () => rng.normal())
      const [ours, theirs] = [draw(), draw()]
      const hit = [2, 3, 4].some(folds => createRacing(1).shouldPrune(ours.slice(0, folds), [theirs]))
      if (hit) stopped++
    }
    expect(stopped / races).toBeLessThan(0.08)
  })
})

describe('a trial that lost its race', () => {
  it('counts with the score of the leader less how far it was behind on the same folds', () => {
    const base = { candidate: 'a', params: {}, fitSeconds: 1 }
    const followed = follow(
      [{ name: 'a', space: {} }],
      [
        { ...base, id: 0, state: 'COMPLETE', metrics: { AUC: 0.9 }, foldScores: [0.8, 0.9, 1] },
        { ...base, id: 1, state: 'PRUNED', foldScores: [0.7, 0.82] },
      ],
      'AUC',
    )
    expect(followed[1]!.score).toBeCloseTo(0.9 - 0.09, 12)
  })
  it('counts in the direction of the metric', () => {
    const base = { candidate: 'a', params: {}, fitSeconds: 1 }
    const [, lost] = follow(
      [{ name: 'a', space: {} }],
      [
        { ...base, id: 0, state: 'COMPLETE', metrics: { RMSE: 3 }, foldScores: [2, 4, 3] },
        { ...base, id: 1, state: 'PRUNED', foldScores: [5, 5] },
      ],
      'RMSE',
    )
    expect(lost!.score).toBeCloseTo(-5, 12)
  })
})
