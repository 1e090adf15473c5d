import { describe, expect, it } from 'vitest'
import { bestOf, chanceOfAgreement, upperTail } from '../../src/metrics/chance.ts'
import { createRng } from '../../src/util/rng.ts'

const rng = createRng(7)

/** Two or three classes, or a quantity; `signal` is how much the outputs know. */
function draw(task: 'binary' | 'multiclass' | 'regression', rows: number, signal: number) {
  const width = { binary: 2, multiclass: 3, regression: 1 }[task]
  const target = Float64Array.from({ length: rows }, () =>
    task === 'regression' ? rng.normal() : rng.int(width),
  )
  const outputs = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    if (task === 'regression') outputs[row] = signal * target[row]! + rng.normal()
    else {
      const weights = Array.from({ length: width }, (_, k) =>
        Math.exp((k === target[row] ? signal : 0) + rng.normal()),
      )
      const total = weights.reduce((a, b) => a + b, 0)
      weights.forEach((weight, k) => (outputs[row * width + k] = weight / total))
    }
  }
  return { task, target, outputs, width }
}

describe('upperTail', () => {
  it('has the values of the tables, far out too', () => {
    for (const [z, p] of [
      [0, 0.5],
      [1, 0.158655254],
      [1.959963985, 0.025],
      [-1, 0.841344746],
      [4, 3.16712418e-5],
      [8, 6.22096057e-16],
    ] as const)
      // prettier-ignore
      expect(upperTail(z) / p).toBeCloseTo(1, 6)
  })
})

describe('chanceOfAgreement', () => {
  it('is the Mann–Whitney test with ties for two classes', () => {
    // Positives 0.9 0.7 0.5, negatives 0.5 0.4 0.3 0.2: U = 11.5 of 12.
    const probability = [0.9, 0.7, 0.5, 0.5, 0.4, 0.3, 0.2]
    const outputs = Float64Array.from(probability.flatMap(p => [1 - p, p]))
    const target = Float64Array.of(1, 1, 1, 0, 0, 0, 0)
    const [n1, n0, n] = [3, 4, 7]
    const variance = ((n1 * n0) / 12) * (n + 1 - (2 ** 3 - 2) / (n * (n - 1)))
    const z = (11.5 - (n1 * n0) / 2) / Math.sqrt(variance)
    expect(chanceOfAgreement({ task: 'binary', target, outputs, width: 2 })).toBeCloseTo(upperTail(z), 10)
  })

  it.each(['binary', 'multiclass', 'regression'] as const)('is what shuffling the truth gives: %s', task => {
    const scored = draw(task, 60, 0.3)
    // The same statistic, by dealing the truth anew.
    const p = chanceOfAgreement(scored)
    const statistic = (target: Float64Array) => upperTailOf({ ...scored, target })
    const observed = statistic(scored.target)
    let above = 0
    const shuffles = 2000
    for (let i = 0; i < shuffles; i++) if (statistic(rng.shuffle(scored.target.slice())) <= observed) above++
    expect(Math.abs(above / shuffles - p)).toBeLessThan(0.03)
  })
  const upperTailOf = chanceOfAgreement

  it.each(['binary', 'multiclass', 'regression'] as const)(
    'is even where nothing is known, next to nothing where something is: %s',
    task => {
      const chances = Array.from({ length: 400 }, () => chanceOfAgreement(draw(task, 80, 0)))
      for (const share of [0.05, 0.25, 0.5, 0.75])
        expect(Math.abs(chances.filter(p => p < share).length / 400 - share)).toBeLessThan(0.07)
      expect(chanceOfAgreement(draw(task, 500, 1))).toBeLessThan(1e-6)
    },
  )

  it('is one half for an answer that is the same for every row', () => {
    const { target } = draw('binary', 50, 0)
    const outputs = Float64Array.from({ length: 100 }, (_, i) => (i % 2 ? 0.4 : 0.6))
    expect(chanceOfAgreement({ task: 'binary', target, outputs, width: 2 })).toBeCloseTo(0.5, 7)
  })

  it('of the best of many looks is the chance of any', () => {
    expect(bestOf(0.01, 1)).toBeCloseTo(0.01, 12)
    expect(bestOf(0.01, 100)).toBeCloseTo(1 - 0.99 ** 100, 12)
    expect(bestOf(1e-18, 10)).toBeCloseTo(1e-17, 25)
  })
})
