import { describe, expect, it } from 'vitest'
import { evaluate, metrics } from '../../src/metrics/index.ts'
import type { Scored } from '../../src/metrics/metric.ts'
import { applyTemperature } from '../../src/pipeline/temperature.ts'
import { decide } from '../../src/tune/decision.ts'
import { createRng } from '../../src/util/rng.ts'

/** Calibrated probabilities of classes as rare as `priors`, and truth drawn from them. */
function drawn(priors: readonly number[], rows: number, seed: number, spread = 1): Scored {
  const rng = createRng(seed)
  const width = priors.length
  const outputs = new Float64Array(rows * width)
  const target = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    const p = priors.map(prior => prior * Math.exp(spread * rng.normal()))
    const sum = p.reduce((a, b) => a + b, 0)
    let left = rng.next() * sum
    target[row] = Math.max(
      0,
      p.findIndex(value => (left -= value) < 0),
    )
    for (const [k, value] of p.entries()) outputs[row * width + k] = value / sum
  }
  return { task: width === 2 ? 'binary' : 'multiclass', target, outputs, width }
}
const partsOf = ({ target }: Scored) => Int32Array.from(target, (_, row) => row % 5)

describe('deciding', () => {
  const rare = drawn([0.9, 0.1], 6000, 1, 1.2)
  it('calls a rare class more often where F1 counts, near the threshold that is best for new rows', () => {
    const { rules, metrics: fair } = decide(rare, 'F1', partsOf(rare))
    const [negative, positive] = rules!.labelWeights!
    expect(positive!).toBeGreaterThan(negative!)
    expect(fair.F1).toBeGreaterThan(metrics.F1.score(rare) + 0.05)
    const fresh = drawn([0.9, 0.1], 60_000, 2, 1.2)
    const found = metrics.F1.score({ ...fresh, labelWeights: rules!.labelWeights! })
    expect(found).toBeGreaterThan(metrics.F1.score(fresh) + 0.05)
    expect(Math.abs(found - fair.F1!)).toBeLessThan(0.02)
  })
  it('weighs the labels of many classes where every class counts the same', () => {
    const uneven = drawn([0.8, 0.15, 0.05], 6000, 3)
    const { rules, metrics: fair } = decide(uneven, 'BalancedAccuracy', partsOf(uneven))
    expect(rules!.labelWeights![2]!).toBeGreaterThan(rules!.labelWeights![0]!)
    expect(fair.BalancedAccuracy).toBeGreaterThan(metrics.BalancedAccuracy.score(uneven) + 0.05)
    expect(fair.LogLoss).toBe(metrics.LogLoss.score(uneven))
  })
  it('leaves calibrated probabilities and most probable labels alone where these are best', () => {
    for (const objective of ['AUC', 'Accuracy', 'Precision', 'Recall'] as const) {
      const { rules, metrics: same, outputs } = decide(rare, objective, partsOf(rare))
      expect(rules).toBeUndefined()
      expect(outputs).toBe(rare.outputs)
      expect(same).toEqual(evaluate(rare))
    }
  })
  it('cools overconfident probabilities, and reports the log loss of rows the temperature was not found on', () => {
    const honest = drawn([0.5, 0.3, 0.2], 5000, 4)
    const overconfident = { ...honest, outputs: applyTemperature(honest.outputs, 3, 0.3) }
    const { rules, metrics: fair, outputs } = decide(overconfident, 'LogLoss', partsOf(honest))
    expect(rules!.temperature! * 0.3).toBeCloseTo(1, 1)
    expect(fair.LogLoss).toBeCloseTo(metrics.LogLoss.score(honest), 2)
    expect(metrics.LogLoss.score({ ...honest, outputs })).toBeLessThan(fair.LogLoss!)
    expect(fair.Accuracy).toBe(evaluate(overconfident).Accuracy)
  })
  it('does not promise on noise what only the rows of the search can keep', () => {
    let kept = 0
    for (let seed = 0; seed < 20; seed++) {
      const noise = drawn([0.5, 0.5], 120, 100 + seed, 0)
      const { metrics: fair } = decide(noise, 'BalancedAccuracy', partsOf(noise))
      kept += fair.BalancedAccuracy! / 20
    }
    expect(kept).toBeLessThan(0.57)
  })
  it('has nothing to decide where a number is predicted', () => {
    const scored = { task: 'regression', target: Float64Array.of(1, 2, 3), outputs: Float64Array.of(1, 2, 4), width: 1 } as const // prettier-ignore
    expect(decide(scored, 'RMSE', Int32Array.of(0, 1, 2))).toEqual({ outputs: scored.outputs, metrics: evaluate(scored) }) // prettier-ignore
  })
})
