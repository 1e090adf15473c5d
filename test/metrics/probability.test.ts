import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { argsort } from '../../src/metrics/argsort.ts'
import { metrics } from '../../src/metrics/index.ts'
import { binary } from './helpers.ts'

describe('AUC', () => {
  it('is the share of positive–negative pairs in the right order, half for equal ones', () => {
    const row = fc.record({
      y: fc.integer({ min: 0, max: 1 }),
      p: fc.integer({ min: 0, max: 8 }),
      w: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 40 }), rows => {
        const all = [...rows, { y: 0, p: 4, w: 1 }, { y: 1, p: 5, w: 1 }]
        let won = 0
        let pairs = 0
        for (const a of all) {
          for (const b of all) {
            if (a.y !== 1 || b.y !== 0) continue
            pairs += a.w * b.w
            won += a.w * b.w * (a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0)
          }
        }
        const scored = binary(
          all.map(({ y }) => y),
          all.map(({ p }) => p / 8),
          all.map(({ w }) => w),
        )
        expect(metrics.AUC.score(scored)).toBeCloseTo(won / pairs, 12)
      }),
    )
  })
  it('does not change under a monotone change of the scores', () => {
    const target = [0, 1, 1, 0, 1, 0]
    const p = [0.1, 0.4, 0.35, 0.2, 0.8, 0.36]
    expect(metrics.AUC.score(binary(target, p))).toBe(
      metrics.AUC.score(
        binary(
          target,
          p.map(x => x ** 3),
        ),
      ),
    )
  })
  it('is 0 for a reversed ranking, and 0.5 with one class or equal scores', () => {
    expect(metrics.AUC.score(binary([0, 1], [0.9, 0.1]))).toBe(0)
    expect(metrics.AUC.score(binary([1, 1], [0.9, 0.1]))).toBe(0.5)
    expect(metrics.AUC.score(binary([0, 1, 0], [0.3, 0.3, 0.3]))).toBe(0.5)
  })
})

describe('average precision', () => {
  it('sums precision times added recall', () => {
    expect(metrics.AUCPR.score(binary([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]))).toBeCloseTo(
      0.5 * 1 + 0.5 * (2 / 3),
      15,
    )
  })
  it('of equal scores is the share of positives, and 0 without positives', () => {
    expect(metrics.AUCPR.score(binary([1, 0, 0, 0], [0.2, 0.2, 0.2, 0.2]))).toBe(0.25)
    expect(metrics.AUCPR.score(binary([0, 0], [0.2, 0.4]))).toBe(0)
  })
})

describe('log loss', () => {
  it('of a fair coin is ln 2', () => {
    expect(metrics.LogLoss.score(binary([0, 1, 1], [0.5, 0.5, 0.5]))).toBeCloseTo(Math.LN2, 15)
  })
  it('of a certain mistake is −ln 1e-15, and of certain truth nearly 0', () => {
    expect(metrics.LogLoss.score(binary([1], [0]))).toBeCloseTo(-Math.log(1e-15), 12)
    expect(metrics.LogLoss.score(binary([1], [1]))).toBeLessThan(2e-15)
  })
})

describe('argsort', () => {
  it('orders as a comparing sort does, equal values in row order', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(0, -0, Infinity, -Infinity, 5e-324),
    )
    fc.assert(
      fc.property(fc.array(number, { maxLength: 60 }), items => {
        const values = Float64Array.from(items)
        const expected = items
          .map((_, i) => i)
          .sort((a, b) => (items[a]! < items[b]! ? -1 : items[a]! > items[b]! ? 1 : a - b))
        expect([...argsort(values)]).toEqual(expected)
      }),
    )
  })
})
