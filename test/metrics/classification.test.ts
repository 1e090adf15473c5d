import { describe, expect, it } from 'vitest'
import { confusionMatrix, metrics, predictedLabels } from '../../src/metrics/index.ts'
import { createRng } from '../../src/util/rng.ts'
import { binary, labelled, randomScored } from './helpers.ts'

describe('labels', () => {
  it('are the highest output, the lower index of equal ones', () => {
    expect([...predictedLabels(Float64Array.of(0.5, 0.5, 0.2, 0.8, 0.9, 0.1), 2)]).toEqual([0, 1, 0])
    expect([...predictedLabels(Float64Array.of(0.2, 0.4, 0.4), 3)]).toEqual([1])
  })
  it('fill the confusion matrix by truth then prediction, with weights', () => {
    const scored = binary([0, 0, 1, 1], [0.1, 0.9, 0.8, 0.3], [1, 2, 4, 8])
    expect([...confusionMatrix(scored)]).toEqual([1, 2, 8, 4])
  })
})

describe('metrics of labels', () => {
  // 3 true positives, 1 false positive, 2 false negatives, 4 true negatives
  const scored = labelled([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], 2)
  it.each([
    ['Accuracy', 7 / 10],
    ['Precision', 3 / 4],
    ['Recall', 3 / 5],
    ['F1', (2 * (3 / 4) * (3 / 5)) / (3 / 4 + 3 / 5)],
    ['BalancedAccuracy', (3 / 5 + 4 / 5) / 2],
  ] as const)('%s follows its definition', (name, value) => {
    expect(metrics[name].score(scored)).toBeCloseTo(value, 15)
  })

  it('are 0 and not NaN where nobody is called positive, or nobody is', () => {
    const noneCalled = labelled([1, 0], [0, 0], 2)
    const noneTrue = labelled([0, 0], [0, 1], 2)
    for (const name of ['Precision', 'Recall', 'F1'] as const) {
      expect(metrics[name].score(noneCalled)).toBe(0)
      expect(metrics[name].score(noneTrue)).toBe(0)
    }
  })
  it('average balanced accuracy over the classes that occur in truth', () => {
    expect(metrics.BalancedAccuracy.score(labelled([0, 0, 1], [0, 2, 1], 3))).toBe((1 / 2 + 1) / 2)
  })
  it('average macro scores over the classes that occur in truth or prediction', () => {
    const scored = labelled([0, 0, 1], [0, 2, 1], 4) // class 2 only predicted, class 3 nowhere
    expect(metrics.RecallMacro.score(scored)).toBeCloseTo((1 / 2 + 1 + 0) / 3, 15)
    expect(metrics.PrecisionMacro.score(scored)).toBeCloseTo((1 + 1 + 0) / 3, 15)
    expect(metrics.F1macro.score(scored)).toBeCloseTo((2 / 3 + 1 + 0) / 3, 15)
  })
  it('agree with counting row by row', () => {
    const scored = randomScored('multiclass', 500, createRng(2))
    const labels = predictedLabels(scored.outputs, scored.width)
    const right = labels.filter((label, row) => label === scored.target[row]).length
    expect(metrics.Accuracy.score(scored)).toBe(right / 500)
  })
})
