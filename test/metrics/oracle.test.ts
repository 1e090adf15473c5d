import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Task } from '../../src/data/dataset.ts'
import { evaluate, metrics, metricsOf, type MetricName } from '../../src/metrics/index.ts'

interface Case {
  readonly task: Task
  readonly target: number[]
  readonly outputs: number[]
  readonly width: number
  readonly weights: number[] | null
  readonly scores: Partial<Record<MetricName, number>>
}
const file = new URL('../fixtures/metrics/goldens.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Record<string, Case> }

// Written once by scikit-learn; test/fixtures/metrics/make.py names the versions and the differences allowed.
describe.each(Object.entries(cases))('%s', (_, { task, target, outputs, width, weights, scores }) => {
  const scored = {
    task,
    target: Float64Array.from(target),
    outputs: Float64Array.from(outputs),
    width,
    ...(weights && { weights: Float64Array.from(weights) }),
  }
  it.each(Object.entries(scores) as [MetricName, number][])('%s is as scikit-learn has it', (name, value) => {
    expect(metrics[name].score(scored)).toBeCloseTo(value, 12)
    expect(evaluate(scored)[name]).toBe(metrics[name].score(scored))
  })
  it('every metric of the task has its oracle', () => {
    const undefinedHere = target.some(y => y < 0) ? ['RMSLE'] : []
    expect(Object.keys(scores).sort()).toEqual(
      metricsOf(task)
        .filter(name => !undefinedHere.includes(name))
        .sort(),
    )
    expect(Object.keys(evaluate(scored)).sort()).toEqual(Object.keys(scores).sort())
  })
})
