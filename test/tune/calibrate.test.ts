import { describe, expect, it } from 'vitest'
import { metrics, predictedLabels } from '../../src/metrics/index.ts'
import { applyTemperature } from '../../src/pipeline/temperature.ts'
import { calibrateTemperature, tuneThreshold } from '../../src/tune/calibrate.ts'
import { createRng } from '../../src/util/rng.ts'
import { binary, randomScored } from '../metrics/helpers.ts'

describe('temperature', () => {
  const rng = createRng(3)
  // Truth drawn from the probabilities themselves, so that they are calibrated as they are.
  const drawn = (classes: number, rows: number) => {
    const outputs = new Float64Array(rows * classes)
    const target = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      const p = Array.from({ length: classes }, () => Math.exp(1.5 * rng.normal()))
      const sum = p.reduce((a, b) => a + b, 0)
      let left = rng.next() * sum
      target[row] = Math.max(
        0,
        p.findIndex(value => (left -= value) < 0),
      )
      p.forEach((value, k) => (outputs[row * classes + k] = value / sum))
    }
    return { task: 'multiclass' as const, target, outputs, width: classes }
  }
  const honest = drawn(4, 20_000)

  it('of calibrated probabilities is 1', () => {
    expect(calibrateTemperature(honest)).toBeCloseTo(1, 1)
  })
  it.each([0.4, 2.5])('undoes a temperature of %d', heat => {
    const outputs = applyTemperature(honest.outputs, 4, heat)
    expect(calibrateTemperature({ ...honest, outputs }) * heat).toBeCloseTo(1, 1)
  })
  it('never makes log loss worse, nor changes a label', () => {
    for (let seed = 0; seed < 20; seed++) {
      const scored = randomScored('multiclass', 60, createRng(seed), seed / 5)
      const outputs = applyTemperature(scored.outputs, scored.width, calibrateTemperature(scored))
      expect(metrics.LogLoss.score({ ...scored, outputs })).toBeLessThanOrEqual(
        metrics.LogLoss.score(scored) + 1e-9,
      )
      expect(predictedLabels(outputs, scored.width)).toEqual(predictedLabels(scored.outputs, scored.width))
    }
  })
  it('leaves rows that sum to 1, zeros and ones included', () => {
    const outputs = applyTemperature(Float64Array.of(0, 1, 0.5, 0.5, 1e-300, 1), 2, 3)
    for (let row = 0; row < 3; row++) expect(outputs[2 * row] + outputs[2 * row + 1]).toBeCloseTo(1, 12)
  })
  it('heeds row weights: rows of weight 0 do not count', () => {
    const wrong = binary([0, 0, 1, 1, 1], [0.2, 0.3, 0.7, 0.8, 0.01], [1, 1, 1, 1, 0])
    const without = binary([0, 0, 1, 1], [0.2, 0.3, 0.7, 0.8])
    expect(calibrateTemperature(wrong)).toBeCloseTo(calibrateTemperature(without), 6)
  })
})

describe('the decision threshold', () => {
  const scored = binary(
    [0, 0, 0, 0, 0, 0, 1, 0, 1, 1],
    [0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.31, 0.2, 0.35, 0.4],
  )
  it.each(['F1', 'BalancedAccuracy', 'Accuracy', 'Precision', 'Recall'] as const)(
    '%s has the score at it that labels made with it have',
    objective => {
      const { threshold, score } = tuneThreshold(scored, objective)
      const labels = [...scored.target].map((_, row) => (scored.outputs[2 * row + 1] > threshold ? 1 : 0))
      expect(metrics[objective].score(binary([...scored.target], labels))).toBeCloseTo(score, 12)
      expect(score).toBeGreaterThanOrEqual(metrics[objective].score(scored))
    },
  )
  it('separates the classes where they can be, as near to 0.5 as it may', () => {
    const { threshold, score } = tuneThreshold(scored, 'F1')
    expect(score).toBe(1)
    expect(threshold).toBeCloseTo(0.308, 12)
  })
  it('stays 0.5 when nothing is better, and for metrics that do not look at labels', () => {
    expect(tuneThreshold(binary([0, 1], [0.4, 0.6]), 'F1')).toEqual({ threshold: 0.5, score: 1 })
    expect(tuneThreshold(scored, 'AUC')).toEqual({ threshold: 0.5, score: 1 })
  })
  it('is at least as good as every threshold of the coarse grid, for random models', () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = randomScored('binary', 200, createRng(seed))
      const at = (threshold: number) => {
        const labels = [...random.target].map((_, row) => (random.outputs[2 * row + 1] > threshold ? 1 : 0))
        return metrics.F1.score(binary([...random.target], labels))
      }
      const best = Math.max(...Array.from({ length: 49 }, (_, i) => at((i + 1) / 50)))
      expect(tuneThreshold(random, 'F1').score).toBeGreaterThanOrEqual(best - 1e-12)
    }
  })
})
