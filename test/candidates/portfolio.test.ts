import { describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import { withStarts } from '../../src/candidates/portfolio.ts'
import { portfolios } from '../../src/candidates/portfolio-data.ts'
import { choice, defaults, float, logInt, nearestParams, parseParams, when } from '../../src/params/space.ts'

const tasks = ['binary', 'multiclass', 'regression'] as const
const candidate = (algorithm: string, position: number, changes: Partial<Candidate> = {}): Candidate => ({
  name: `dpp${position}-${algorithm}`,
  role: 'plain',
  reason: '',
  groups: [],
  merged: [],
  algorithm,
  static: {},
  space: algorithms.find(({ name }) => name === algorithm)!.space,
  ...changes,
})

describe('the portfolio', () => {
  it.each(tasks)('of %s names learners for it, with settings they take that are not their defaults', task => {
    expect(portfolios[task].length).toBeGreaterThan(0)
    for (const { algorithm, params } of portfolios[task]) {
      const { space, tasks: own } = algorithms.find(({ name }) => name === algorithm)!
      expect(own).toContain(task)
      expect(parseParams(space, params, algorithm)).toEqual(params)
      expect(nearestParams(params, space)).toEqual(params)
      expect(params).not.toEqual(defaults(space))
    }
  })
  it.each(tasks)('of %s goes to the first candidate of each learner, in one order over all', task => {
    const names = [...new Set(portfolios[task].map(({ algorithm }) => algorithm))]
    const plan = withStarts(
      [...names, ...names].map((name, i) => candidate(name, i)),
      task,
    )
    const orders = plan.slice(0, names.length).flatMap(({ starts = [] }) => starts.map(({ order }) => order))
    expect(orders.sort((a, b) => a - b)).toEqual(portfolios[task].map((_, i) => i + 1))
    for (const { starts } of plan.slice(names.length)) expect(starts).toBeUndefined()
  })
  it('comes after what a candidate starts with already', () => {
    const { algorithm } = portfolios.binary[0]!
    const quick = { order: 0, params: {} }
    const [planned] = withStarts([candidate(algorithm, 0, { starts: [quick] })], 'binary')
    expect(planned!.starts![0]).toEqual(quick)
    expect(planned!.starts!.length).toBeGreaterThan(1)
  })
})

describe('the nearest params', () => {
  const space = {
    rounds: logInt(10, 100, 50),
    share: float(0.2, 1, 0.5),
    kind: choice(['a', 'b']),
    depth: when('kind', ['b'], float(1, 9, 3)),
  }
  it('are held within the ranges, with defaults for what is not mentioned or not known', () => {
    expect(nearestParams({ rounds: 400, share: 0.1, kind: 'c' }, space)).toEqual({
      rounds: 100,
      share: 0.2,
      kind: 'a',
    })
    expect(nearestParams({ kind: 'b', depth: 20 }, space)).toEqual({
      rounds: 50,
      share: 0.5,
      kind: 'b',
      depth: 9,
    })
  })
})
