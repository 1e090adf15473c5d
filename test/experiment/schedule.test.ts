import { describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import {
  expectedSeconds,
  resourceOf,
  scheduleOf,
  sharesOf,
  type Sized,
} from '../../src/experiment/schedule.ts'
import { defaults } from '../../src/params/space.ts'

const train = Int32Array.from({ length: 800 }, (_, row) => row)
const sized: Sized = {
  target: { task: 'binary', name: 'y', values: new Float64Array(1000), classes: ['a', 'b'] },
  folds: {
    kind: 'k-fold',
    reason: '',
    folds: Array.from({ length: 5 }, () => ({ train, validation: train })),
  },
  profile: { columnCount: 9 },
}
const group = { name: 'g', reason: '', columns: ['a', 'b', 'c'], encode: [], then: [] }
const candidates: Candidate[] = algorithms
  .filter(({ tasks }) => tasks.includes('binary'))
  .map(({ name, space }) => ({ name: `dpp-${name}`, role: '', reason: '', groups: [group], merged: [], algorithm: name, static: {}, space })) // prettier-ignore

describe('the schedule of a plan', () => {
  const { portfolio, stages } = scheduleOf(sized, candidates, { workers: 2, maxCandidates: 50, budgetSeconds: 100, preparedSeconds: 3 }) // prettier-ignore
  const secondsOf = (name: string) => stages.find(({ stage }) => stage === name)!.seconds!

  it('tries every pipeline once, cheapest first', () => {
    expect(portfolio.map(({ candidate }) => candidate).sort()).toEqual(
      candidates.map(({ name }) => name).sort(),
    )
    expect(portfolio.map(({ order }) => order)).toEqual(candidates.map((_, i) => i + 1))
    for (const [i, { seconds }] of portfolio.entries())
      if (i > 0) expect(seconds).toBeGreaterThanOrEqual(portfolio[i - 1]!.seconds)
  })
  it('takes at least the longest trial and half of all work on two workers, and no more than one worker would', () => {
    const all = portfolio.map(({ seconds }) => seconds)
    const total = all.reduce((a, b) => a + b, 0)
    expect(secondsOf('portfolio')).toBeGreaterThanOrEqual(Math.max(...all, total / 2))
    expect(secondsOf('portfolio')).toBeLessThanOrEqual(total)
  })
  it('adds up to no more than the budget where the portfolio fits', () => {
    const total = stages.reduce((sum, { seconds }) => sum + seconds!, 0)
    expect(total).toBeLessThanOrEqual(100 + secondsOf('portfolio'))
    expect(secondsOf('prepare')).toBe(3)
  })
  it('ends with a stack level where there are rows enough for one', () => {
    const names = stages.map(({ stage }) => stage)
    expect(names).toEqual(['prepare', 'portfolio', 'search', 'stack', 'export'])
    expect(stages[3]!.detail).toMatch(/^4 trials learn from the answers of others \(.*linear-learner/)
    const few = { train: train.slice(0, 400), validation: train.slice(400) }
    const small = { ...sized, folds: { ...sized.folds, folds: Array.from({ length: 5 }, () => few) } }
    const planned = scheduleOf(small, candidates, { workers: 2, maxCandidates: 50 })
    expect(planned.stages.map(({ stage }) => stage)).not.toContain('stack')
  })
  it('counts every fold, and the making of features', () => {
    const [first] = candidates
    const single = { ...sized, folds: { ...sized.folds, folds: sized.folds.folds.slice(0, 1) } }
    const of = (table: Sized) => expectedSeconds(table)(first!, {})
    expect(of(sized)).toBeCloseTo(5 * of(single), 9)
    const wide = { ...first!, groups: [{ ...group, columns: Array.from({ length: 9 }, (_, i) => `x${i}`) }] }
    expect(expectedSeconds(sized)(wide, {})).toBeGreaterThan(of(sized))
  })
  it('counts the features that columns become', () => {
    const net = candidates.find(({ algorithm }) => algorithm === 'mlp')!
    const wider = { ...net, groups: [{ ...group, then: [{ transform: 'periodic-encoder', params: { n_frequencies: 20 } }] }] } // prettier-ignore
    const params = defaults(net.space)
    expect(expectedSeconds(sized)(wider, params)).toBeGreaterThan(expectedSeconds(sized)(net, params))
  })
})

describe('shares of a whole trial', () => {
  const many = {
    ...sized,
    folds: { ...sized.folds, folds: [{ train: new Int32Array(100_000), validation: train }] },
  }
  const rungs = (strategy: 'auto' | 'bayesian' | 'multi-fidelity' | undefined, budgetSeconds?: number) =>
    sharesOf(
      { workers: 2, ...(strategy && { strategy }), ...(budgetSeconds !== undefined && { budgetSeconds }) },
      { ...many, candidates },
    )
  const quicker = candidates
    .map(candidate => expectedSeconds(many)(candidate, defaults(candidate.space)))
    .sort((a, b) => a - b)
    .slice(0, Math.ceil(candidates.length / 2))
    .reduce((sum, seconds) => sum + seconds, 0)

  it('are rungs where one trial of each of the quicker half of the candidates would take most of the budget, and all rows elsewhere', () => {
    expect(rungs(undefined, 0.68 * quicker)).toEqual([1])
    expect(rungs(undefined, 0.65 * quicker)).toEqual([1 / 16, 1 / 4, 1])
    expect(rungs('auto')).toEqual([1])
  })
  it('are what the strategy says, whatever the budget', () => {
    expect(rungs('bayesian', 1)).toEqual([1])
    expect(rungs('multi-fidelity')).toEqual([1 / 16, 1 / 4, 1])
    const few = sharesOf({ workers: 2, strategy: 'multi-fidelity' }, { ...sized, candidates })
    expect(few).toEqual([1])
  })
  it('are of the steps where that was asked for, however few rows there are', () => {
    const spec = { workers: 2, strategy: 'multi-fidelity', fidelity: 'steps' } as const
    expect(sharesOf(spec, { ...sized, candidates })).toEqual([1 / 16, 1 / 4, 1])
    for (const candidate of candidates) {
      const { takesSteps } = algorithms.find(({ name }) => name === candidate.algorithm)!
      expect(resourceOf(spec)(candidate)).toBe(takesSteps ? 'steps' : undefined)
      expect(resourceOf({})(candidate)).toBe('rows')
    }
    const boosted = candidates.find(({ algorithm }) => algorithm === 'gbt-leafwise')!
    const params = defaults(boosted.space)
    const seconds = expectedSeconds(many, resourceOf(spec))
    expect(seconds(boosted, params, 1 / 4)).toBeLessThan(0.5 * seconds(boosted, params))
  })
  it('make a trial shorter, in proportion as far as rows decide', () => {
    const whole = expectedSeconds(many)(candidates[0]!, {})
    expect(expectedSeconds(many)(candidates[0]!, {}, 1 / 4)).toBeLessThan(0.5 * whole)
  })
})
