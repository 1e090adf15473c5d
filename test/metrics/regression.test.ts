import { describe, expect, it } from 'vitest'
import { evaluate, metrics } from '../../src/metrics/index.ts'
import { values } from './helpers.ts'

describe('metrics of values', () => {
  const scored = values([1, 2, 4, 9], [2, 2, 1, 9])
  it.each([
    ['MAE', (1 + 0 + 3 + 0) / 4],
    ['MSE', (1 + 9) / 4],
    ['RMSE', Math.sqrt(10 / 4)],
    ['R2', 1 - 10 / (9 + 4 + 0 + 25)],
    ['MAPE', (1 / 1 + 3 / 4) / 4],
    ['MedianAE', 0.5],
    ['RMSLE', Math.sqrt((Math.log(3 / 2) ** 2 + Math.log(5 / 2) ** 2) / 4)],
  ] as const)('%s follows its definition', (name, value) => {
    expect(metrics[name].score(scored)).toBeCloseTo(value, 14)
  })

  it('R2 is 0 for the mean, below 0 for worse than the mean', () => {
    expect(metrics.R2.score(values([1, 2, 3], [2, 2, 2]))).toBe(0)
    expect(metrics.R2.score(values([1, 2, 3], [3, 2, 1]))).toBeLessThan(0)
  })
  it('R2 of a constant target is 1 when met exactly, else 0', () => {
    expect(metrics.R2.score(values([5, 5], [5, 5]))).toBe(1)
    expect(metrics.R2.score(values([5, 5], [5, 6]))).toBe(0)
  })
  it('RMSLE is left out where a target is negative, refused as a score, and takes negative predictions as 0', () => {
    expect(evaluate(values([-1, 2], [1, 2]))).not.toHaveProperty('RMSLE')
    expect(() => metrics.RMSLE.score(values([-1, 2], [1, 2]))).toThrow(
      expect.objectContaining({ code: 'E_NON_FINITE_SCORE' }),
    )
    expect(metrics.RMSLE.score(values([0], [-3]))).toBe(0)
  })
  it('MedianAE lies halfway between the two middle errors when weights split evenly', () => {
    expect(metrics.MedianAE.score(values([0, 0, 0], [1, 5, 9], [2, 1, 1]))).toBe(3)
    expect(metrics.MedianAE.score(values([0, 0, 0], [1, 5, 9], [1, 1, 3]))).toBe(9)
  })
})
