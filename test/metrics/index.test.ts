import { describe, expect, it } from 'vitest'
import {
  autopilotObjectives,
  defaultObjective,
  higherIsBetter,
  metrics,
  objectivesOf,
  parseMetricName,
} from '../../src/metrics/index.ts'

const caught = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error as { code: string; exit: string; message: string }
  }
  throw new Error('nothing was thrown')
}

describe('metric names', () => {
  it('are taken in any case and with spaces around', () => {
    expect(parseMetricName('AUC')).toBe('AUC')
    expect(parseMetricName(' balancedaccuracy ', 'binary')).toBe('BalancedAccuracy')
  })
  it('unknown ones are refused with the nearest name of the task', () => {
    const error = caught(() => parseMetricName('Acuracy', 'multiclass'))
    expect(error).toMatchObject({ code: 'E_UNKNOWN_METRIC', exit: 'usage' })
    expect(error.message).toMatch(
      /^unknown metric "Acuracy": did you mean "Accuracy"\? expected one of Accuracy, /,
    )
    expect(error.message).not.toContain('RMSE')
  })
  it('without a near name only list what is known', () => {
    expect(caught(() => parseMetricName('constructor')).message).toMatch(
      /^unknown metric "constructor": expected one of/,
    )
  })
  it('of another task are refused in one sentence', () => {
    const error = caught(() => parseMetricName('RMSE', 'binary'))
    expect(error).toMatchObject({ code: 'E_METRIC_NOT_FOR_TASK', exit: 'usage' })
    expect(error.message).toMatch(
      /^metric "RMSE" is for regression problems and this one is binary: expected one of F1, /,
    )
  })
})

describe('objectives', () => {
  it('default to those of Autopilot', () => {
    expect(['binary', 'multiclass', 'regression'].map(task => defaultObjective(task as 'binary'))).toEqual([
      'F1',
      'Accuracy',
      'MSE',
    ])
  })
  it('of a task include all that Autopilot allows and are all of that task', () => {
    for (const task of ['binary', 'multiclass', 'regression'] as const) {
      expect(objectivesOf(task)).toEqual(expect.arrayContaining([...autopilotObjectives(task)]))
      for (const name of objectivesOf(task)) expect(metrics[name].tasks).toContain(task)
      expect(new Set(objectivesOf(task)).size).toBe(objectivesOf(task).length)
    }
  })
  it('turn into scores where higher is better', () => {
    expect(higherIsBetter('AUC', 0.9)).toBe(0.9)
    expect(higherIsBetter('MSE', 4)).toBe(-4)
  })
})
