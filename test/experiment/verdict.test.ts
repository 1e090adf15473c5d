import { describe, expect, it } from 'vitest'
import { constantScore } from '../../src/experiment/verdict.ts'
import type { Target } from '../../src/data/dataset.ts'
import { metrics, type MetricName } from '../../src/metrics/index.ts'
import { splitRows } from '../../src/split/index.ts'

const ROWS = 100
const score = (name: MetricName, values: Float64Array, classes: readonly string[]) => {
  const target: Target = { name: 'y', task: classes.length > 2 ? 'multiclass' : 'binary', classes, values }
  const folds = splitRows(target, { seed: 1, folds: 5 })
  const task = { task: target.task, target: 'y', classes }
  return constantScore({ target, task, folds, objective: { name, direction: metrics[name].direction } })
}

describe('the best constant answer', () => {
  const values = Float64Array.from({ length: ROWS }, (_, row) => Number(row % 10 < 4))

  it('by F1 is the positive label, however rare', () => {
    expect(score('F1', values, ['no', 'yes'])).toBeCloseTo((2 * 40) / (ROWS + 40), 12)
  })

  it('by accuracy is the most frequent label, by log loss the shares', () => {
    expect(score('Accuracy', values, ['no', 'yes'])).toBeCloseTo(0.6, 12)
    expect(score('LogLoss', values, ['no', 'yes'])).toBeCloseTo(
      -(0.4 * Math.log(0.4) + 0.6 * Math.log(0.6)),
      6,
    )
  })
})
