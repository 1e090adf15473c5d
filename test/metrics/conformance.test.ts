import { describe, expect, it } from 'vitest'
import { CUSTOM, metrics, type MetricName } from '../../src/metrics/index.ts'
import type { Metric } from '../../src/metrics/metric.ts'
import { createRng } from '../../src/util/rng.ts'
import { perfect, pickRows, randomScored } from './helpers.ts'

// What every metric promises. A new one is tested by being in the table.
for (const [name, metric] of Object.entries(metrics) as [MetricName, Metric][]) {
  if (name === CUSTOM) continue // whatever a person makes it
  describe.each(metric.tasks)(`${name} on %s`, task => {
    const rng = createRng(11)
    const scored = randomScored(task, 240, rng)
    const rows = Array.from({ length: 240 }, (_, row) => row)

    it('gives a perfect model the best value, and no model a better one', () => {
      expect(metric.score(perfect(scored))).toBeCloseTo(metric.best, 12)
      const sign = metric.direction === 'maximize' ? 1 : -1
      expect(sign * (metric.best - metric.score(scored))).toBeGreaterThan(0)
    })
    it('prefers the model with more skill', () => {
      const sign = metric.direction === 'maximize' ? 1 : -1
      const poor = metric.score(randomScored(task, 3000, createRng(5), 0.5))
      const good = metric.score(randomScored(task, 3000, createRng(5), 3))
      expect(sign * (good - poor)).toBeGreaterThan(0)
    })
    it('does not depend on the order of rows', () => {
      const shuffled = pickRows(scored, rng.shuffle([...rows]))
      expect(metric.score(shuffled)).toBeCloseTo(metric.score(scored), 12)
    })
    it('counts a row of weight 2 as two rows, and a row of weight 0 not at all', () => {
      const weights = Float64Array.from(rows, row => row % 3)
      const repeated = rows.flatMap(row => Array.from({ length: row % 3 }, () => row))
      expect(metric.score({ ...scored, weights })).toBeCloseTo(metric.score(pickRows(scored, repeated)), 12)
    })
    it('does not depend on the scale of the weights', () => {
      const weights = Float64Array.from(rows, () => 0.1 + rng.next())
      expect(metric.score({ ...scored, weights: weights.map(weight => 7 * weight) })).toBeCloseTo(
        metric.score({ ...scored, weights }),
        12,
      )
    })
    it('is finite for one row, for one class, and for outputs that are all alike', () => {
      const onlyFirst = pickRows(
        scored,
        rows.filter(row => scored.target[row] === scored.target[0]),
      )
      const alike = { ...scored, outputs: new Float64Array(scored.outputs.length).fill(1 / scored.width) }
      for (const rows of [pickRows(scored, [0]), onlyFirst, alike]) {
        expect(Number.isFinite(metric.score(rows))).toBe(true)
      }
    })
    it('refuses NaN, infinity, a wrong number of outputs, no rows and no weight', () => {
      const broken = (value: number) => ({ ...scored, outputs: scored.outputs.with(5, value) })
      expect(() => metric.score(broken(NaN))).toThrow(expect.objectContaining({ code: 'E_NON_FINITE_SCORE' }))
      expect(() => metric.score(broken(-Infinity))).toThrow(
        expect.objectContaining({ code: 'E_NON_FINITE_SCORE' }),
      )
      expect(() => metric.score({ ...scored, outputs: new Float64Array(3) })).toThrow(
        expect.objectContaining({ code: 'E_BAD_SHAPE' }),
      )
      expect(() => metric.score(pickRows(scored, []))).toThrow(
        expect.objectContaining({ code: 'E_NO_ROWS_TO_SCORE' }),
      )
      expect(() => metric.score({ ...scored, weights: new Float64Array(240) })).toThrow(
        expect.objectContaining({ code: 'E_NO_ROWS_TO_SCORE' }),
      )
    })
    it('does not touch its input', () => {
      const before = structuredClone(scored)
      metric.score(scored)
      expect(scored).toEqual(before)
    })
  })
}
