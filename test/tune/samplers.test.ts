import { describe, expect, it } from 'vitest'
import { problems, type Problem } from '../../bench/search/problems.ts'
import { choice, defaults, float, int, logFloat, when, type Space } from '../../src/params/space.ts'
import { propose } from '../../src/tune/propose.ts'
import { WAITING, type FinishedTrial, type Sampler } from '../../src/tune/sampler.ts'
import { samplers, type SamplerName } from '../../src/tune/samplers/index.ts'
import { median } from '../../src/tune/statistics.ts'
import { createRng, hashSeed } from '../../src/util/rng.ts'
import { complete, inSpace } from './helpers.ts'

const nested: Space = {
  rate: logFloat(1e-4, 1, 0.1),
  kind: choice(['a', 'b']),
  depth: when('kind', ['b'], int(1, 9, 3)),
  deep: when('depth', [3, 4, 5], choice([true, false])),
  share: float(0, 1, 0.5),
}

/** A history with every kind of trial in it. */
function history(space: Space, trials: number): FinishedTrial[] {
  const rng = createRng(99)
  return Array.from({ length: trials }, (_, i) => {
    const params = samplers.random.ask(space, [], rng)
    if (i % 7 === 3) return { params, state: 'FAILED' }
    if (i === trials - 1) return { params, state: WAITING }
    return complete(params, rng.normal())
  })
}

// What every sampler promises. A new one is tested by being in the table.
describe.each(Object.entries(samplers) as [SamplerName, Sampler][])('%s', (name, sampler) => {
  it('is in the table under its own name', () => expect(sampler.name).toBe(name))

  it.each([0, 1, 2, 15, 60])('stays inside a conditional space after %i trials', trials => {
    for (let seed = 0; seed < 40; seed++) {
      const params = sampler.ask(nested, history(nested, trials), createRng(seed))
      expect(inSpace(nested, params), JSON.stringify(params)).toBe(true)
      expect(Object.keys(params)).toEqual(Object.keys(nested).filter(key => key in params))
    }
  })
  it('gives the same answer to the same question, and does not touch the history', () => {
    const trials = history(nested, 30)
    const before = structuredClone(trials)
    const ask = () => sampler.ask(nested, trials, createRng(5))
    expect(ask()).toEqual(ask())
    expect(trials).toEqual(before)
  })
  it('answers for an empty space, for a space of one value, and after failures only', () => {
    expect(sampler.ask({}, [], createRng(1))).toEqual({})
    const single: Space = { only: choice(['x']), one: int(3, 3, 3) }
    const failed = Array.from({ length: 12 }, () => ({ params: defaults(single), state: 'FAILED' }))
    expect(sampler.ask(single, failed, createRng(1))).toEqual({ only: 'x', one: 3 })
  })
})

/** Best of some trials, the defaults first, median over 30 seeds. */
function reach(problem: Problem, name: SamplerName | undefined, trials: number): number {
  return median(
    Array.from({ length: 30 }, (_, seed) => {
      const params = defaults(problem.space)
      const tried = [complete(params, problem.score(params))]
      while (tried.length < trials) {
        const rng = createRng(hashSeed(seed, tried.length))
        const { params } = propose(problem.space, tried, rng, name, () => true)
        tried.push(complete(params!, problem.score(params!)))
      }
      return Math.max(...tried.map(({ score }) => score!))
    }),
  )
}

describe.each(problems.map(problem => [problem.name, problem] as const))('on %s', (_, problem) => {
  const drawn = reach(problem, 'random', 50)
  it.each([['tpe'], ['mix']] as const)(
    '%s comes nearer to the best than random draws, over 30 seeds',
    name => {
      expect(reach(problem, name === 'mix' ? undefined : name, 50)).toBeGreaterThan(drawn)
    },
  )
})
