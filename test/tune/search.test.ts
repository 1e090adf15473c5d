import { describe, expect, it } from 'vitest'
import type { Trial } from '../../src/experiment/types.ts'
import { choice, defaults, float, int, logFloat, type Params, type Space } from '../../src/params/space.ts'
import type { ObservedTrial, Proposal } from '../../src/tune/observed.ts'
import { paramsKey } from '../../src/tune/sampler.ts'
import { createSearch, type SearchOptions } from '../../src/tune/search.ts'
import { median } from '../../src/tune/statistics.ts'
import { inSpace, runSearch } from './helpers.ts'

const boosting: Space = { eta: logFloat(1e-3, 1, 0.1), depth: int(2, 12, 6), share: float(0.5, 1, 0.8) }
const linear: Space = { wd: logFloat(1e-7, 1, 1e-3) }
const candidates = [
  { name: 'boosting-a', space: boosting },
  { name: 'linear', space: linear },
  { name: 'boosting-b', space: boosting },
  { name: 'constant', space: {} },
]
const spaceOf = (name: string) => candidates.find(candidate => candidate.name === name)!.space

function seconds({ name }: { name: string }, params: Params): number {
  if (name === 'constant') return 0.01
  return name === 'linear' ? 0.5 : Number(params['depth']) / 2
}

function score({ candidate, params }: Proposal): number {
  if (candidate === 'constant') return 0.5
  if (candidate === 'linear') return 0.88 - 0.001 * Math.abs(Math.log10(Number(params['wd'])) + 4)
  const { eta, depth, share } = params as Record<string, number>
  const loss =
    0.02 * (Math.log10(eta!) + 1.5) ** 2 + 0.001 * Math.abs(depth! - 4) + 0.01 * Math.abs(share! - 0.6)
  return (candidate === 'boosting-a' ? 0.93 : 0.92) - loss
}

const options: SearchOptions = {
  candidates,
  seed: 3,
  objective: 'AUC',
  generation: 4,
  expectedSeconds: seconds,
}
const search = (changes: Partial<SearchOptions> = {}) => createSearch({ ...options, ...changes })
const run = (changes: Partial<SearchOptions> = {}, trials = 60) =>
  runSearch(search(changes), 'AUC', score, { trials })

describe('a search', () => {
  it('begins with the defaults of every candidate, cheapest expected first, then plan order', () => {
    const [first] = run().generations
    expect(first!.map(({ candidate }) => candidate)).toEqual([
      'constant',
      'linear',
      'boosting-a',
      'boosting-b',
    ])
    for (const { candidate, params } of first!) expect(params).toEqual(defaults(spaceOf(candidate)))
  })
  it('starts a candidate that must be cut short, unless that would be in vain, but gives it no second trial unless half of it fits', () => {
    const trial = (id: number, candidate: string, changes: Partial<ObservedTrial> = {}): ObservedTrial => ({
      id,
      candidate,
      params: defaults(spaceOf(candidate)),
      state: 'COMPLETE',
      metrics: { AUC: candidate.startsWith('boosting') ? 0.9 : 0.6 },
      fitSeconds: seconds({ name: candidate }, defaults(spaceOf(candidate))),
      ...changes,
    })
    const cheap = [trial(0, 'constant'), trial(1, 'linear')]
    const left = { trials: 50, seconds: 10, workers: 2, longestSeconds: 1 } // boosting takes 3 s whole
    const next = (history: readonly ObservedTrial[], remaining = left) => search().next(history, remaining)
    expect(next(cheap).map(({ candidate }) => candidate)).toContain('boosting-a')
    const whole = search({ leastShare: ({ name }) => (name === 'boosting-a' ? 0.9 : 0.1) })
    const names = whole.next(cheap, left).map(({ candidate }) => candidate)
    expect(names).toContain('boosting-b')
    expect(names).not.toContain('boosting-a')
    const cut = { fitSeconds: 1, timeLimited: true }
    const tried = [...cheap, trial(2, 'boosting-a', cut), trial(3, 'boosting-b', cut)]
    const takes = next(tried).map(({ candidate, params }) => seconds({ name: candidate }, params))
    expect(Math.max(...takes)).toBeLessThanOrEqual(2)
    const later = next(tried, { ...left, longestSeconds: 5 })
    expect(later.some(({ candidate }) => candidate.startsWith('boosting'))).toBe(true)
  })
  it('tries what is recommended in its order, once the defaults of all have been tried', () => {
    const recommended = candidates.map(candidate => {
      if (candidate.name === 'linear') return { ...candidate, starts: [{ order: 1, params: { wd: 1e-5 } }, { order: 3, params: { wd: 1e-6 } }] }
      return candidate.name === 'boosting-a' ? { ...candidate, starts: [{ order: 2, params: { eta: 0.02, depth: 3, share: 0.7 } }] } : candidate
    }) // prettier-ignore
    const { history } = run({ candidates: recommended, generation: 2 }, 7)
    expect(history.slice(0, 4).map(({ candidate }) => candidate)).toEqual([
      'constant',
      'linear',
      'boosting-a',
      'boosting-b',
    ])
    expect(history.slice(4).map(({ params }) => params)).toEqual([
      { wd: 1e-5 },
      { eta: 0.02, depth: 3, share: 0.7 },
      { wd: 1e-6 },
    ])
  })
  it('lets what is recommended wait where it would take much of the time left', () => {
    const dear = { eta: 0.02, depth: 12, share: 0.7 } // 6 s
    const recommended = candidates.map(candidate =>
      candidate.name === 'boosting-a' ? { ...candidate, starts: [{ order: 1, params: dear }] } : candidate,
    )
    const history = candidates.map(({ name, space }, id) => ({
      id,
      candidate: name,
      params: defaults(space),
      state: 'COMPLETE' as const,
      metrics: { AUC: score({ candidate: name, params: defaults(space) }) },
      fitSeconds: seconds({ name }, defaults(space)),
    }))
    const firstOf = (left: number) =>
      search({ candidates: recommended }).next(history, { trials: 50, seconds: left, workers: 2 })[0]!.params
    expect(firstOf(40)).toEqual(dear)
    expect(firstOf(30)).not.toEqual(dear)
  })
  it('fills generations of the size asked for and ends after the trials asked for', () => {
    const { generations, history, stop } = run({}, 50)
    expect(generations.map(generation => generation.length)).toEqual([
      ...Array.from({ length: 12 }, () => 4),
      2,
    ])
    expect(history).toHaveLength(50)
    expect(stop).toBe('every trial asked for has run')
  })
  it('never repeats a trial and never leaves the space', () => {
    const { history } = run({}, 80)
    const keys = history.map(({ candidate, params }) => candidate + paramsKey(params))
    expect(new Set(keys).size).toBe(keys.length)
    for (const { candidate, params } of history) expect(inSpace(spaceOf(candidate), params)).toBe(true)
  })
  it('is a function of the history alone: a new search goes on where another was stopped', () => {
    const { history, generations } = run({}, 40)
    for (let done = 0, g = 0; g < generations.length; done += generations[g]!.length, g++) {
      expect(search().next(history.slice(0, done), { trials: 40 - done })).toEqual(generations[g])
    }
  })
  it('does not depend on the order in which trials ended, nor on how long they took', () => {
    const { history } = run({}, 24)
    const timed = history.map(trial => ({ ...trial, fitSeconds: 100 / (1 + trial.id) }))
    const expected = search().next(history, { trials: 16 })
    expect(search().next(history.toReversed(), { trials: 16 })).toEqual(expected)
    expect(search().next(timed, { trials: 16 })).toEqual(expected)
  })
  it('differs with the seed, and is the same for the same seed', () => {
    expect(run({}, 30).history).toEqual(run({}, 30).history)
    expect(run({ seed: 4 }, 30).history).not.toEqual(run({}, 30).history)
  })
  it('takes the trials of an experiment as they are, and overlooks those of no candidate of the plan', () => {
    const trial: Trial = {
      id: 0,
      candidate: 'linear',
      algorithm: 'linear-learner',
      params: defaults(linear),
      seed: 1,
      state: 'COMPLETE',
      metrics: { AUC: 0.8 },
    }
    const ensemble: Trial = { ...trial, id: 1, candidate: 'ensemble' }
    expect(search().next([trial, ensemble])).toEqual(search().next([trial]))
    expect(search().next([trial])[0]).toEqual({ candidate: 'constant', params: {} })
  })
  it('spends most trials on the candidates that lead, and some on the others', () => {
    const { history } = run({}, 100)
    const share = (name: string) => history.filter(({ candidate }) => candidate === name).length / 100
    expect(share('boosting-a') + share('boosting-b')).toBeGreaterThan(0.6)
    expect(share('boosting-a')).toBeGreaterThan(share('linear'))
    expect(share('linear')).toBeGreaterThan(0.02)
    expect(share('constant')).toBe(0.01)
  })
  it('leaves less to be gained than the same number of random trials, in the median of 20 seeds', () => {
    const gap = (changes: Partial<SearchOptions>) =>
      median(
        Array.from({ length: 20 }, (_, seed) => {
          const { history } = run({ seed, ...changes }, 60)
          return 0.93 - Math.max(...history.map(trial => trial.metrics!.AUC!))
        }),
      )
    const random = gap({ sampler: 'random' })
    expect(gap({})).toBeLessThan(0.8 * random)
    expect(gap({ sampler: 'tpe' })).toBeLessThan(0.5 * random)
  })
  it('minimises an objective of errors', () => {
    const loss = (proposal: Proposal) => 1 - score(proposal)
    const { history } = runSearch(search({ objective: 'RMSE' }), 'RMSE', loss, { trials: 60 })
    const first = history.find(({ candidate }) => candidate === 'boosting-a')!.metrics!.RMSE!
    expect(Math.min(...history.map(trial => trial.metrics!.RMSE!))).toBeLessThan(first - 0.002)
  })
})

describe('failures', () => {
  it('of a candidate that never succeeds end its trials after a few', () => {
    const { history } = runSearch(
      search(),
      'AUC',
      proposal => (proposal.candidate === 'boosting-a' ? undefined : score(proposal)),
      { trials: 60 },
    )
    const tried = history.filter(({ candidate }) => candidate === 'boosting-a').length
    expect(tried).toBeGreaterThanOrEqual(2)
    expect(tried).toBeLessThanOrEqual(6)
  })
  it('in part of a space drive the search out of it', () => {
    const { history } = runSearch(
      search({ candidates: [candidates[0]!] }),
      'AUC',
      proposal => (Number(proposal.params['depth']) > 6 ? undefined : score(proposal)),
      { trials: 80 },
    )
    const late = history.slice(40)
    expect(late.filter(({ state }) => state === 'FAILED').length / late.length).toBeLessThan(0.25)
  })
  it('of everything end the search', () => {
    const { history, stop } = runSearch(search(), 'AUC', () => undefined, { trials: 500 })
    expect(history.length).toBeLessThan(30)
    expect(stop).toBeDefined()
  })
})

describe('the end of a search', () => {
  it('comes when every combination has been tried', () => {
    const small = [{ name: 'small', space: { kind: choice(['a', 'b', 'c']), depth: int(1, 3, 1) } }]
    const { history, stop } = runSearch(search({ candidates: small }), 'AUC', () => 0.7, { trials: 100 })
    expect(history).toHaveLength(9)
    expect(stop).toBe('every combination of parameters has been tried')
  })
  it('comes at the best possible score, once every candidate had its turn', () => {
    const { history, stop } = runSearch(search({ generation: 2 }), 'AUC', () => 1, { trials: 100 })
    expect(history).toHaveLength(4)
    expect(stop).toBe('the best possible score was reached')
  })
  it('comes after enough trials in vain', () => {
    const { history, stop } = runSearch(search({ patience: 20 }), 'AUC', () => 0.7, { trials: 500 })
    expect(stop).toMatch(/^2\d trials in a row brought no improvement$/)
    expect(history.length).toBeLessThan(30)
  })
})

describe('a time budget', () => {
  const slow: ObservedTrial[] = [
    {
      id: 0,
      candidate: 'linear',
      params: defaults(linear),
      state: 'COMPLETE',
      metrics: { AUC: 0.8 },
      fitSeconds: 5,
    },
  ]
  it('lets nothing be proposed that is expected to take longer than is left', () => {
    const names = (left: number, history: ObservedTrial[]) =>
      search()
        .next(history, { trials: 10, seconds: left, workers: 4 })
        .map(({ candidate }) => candidate)
    expect(new Set(names(1, []))).toEqual(new Set(['constant', 'linear']))
    expect(new Set(names(0.1, slow))).toEqual(new Set())
    expect(search().stopReason(slow, { trials: 10, seconds: 0.1 })).toBe('no trial fits into the time left')
  })
  it('learns from recorded seconds how fast this machine is', () => {
    // A linear trial took ten times what was expected; so boosting, expected at 3 s, does not fit into 12 s either.
    const proposed = search().next(slow, { trials: 10, seconds: 12, workers: 1 })
    expect(proposed.some(({ candidate }) => candidate.startsWith('boosting'))).toBe(false)
    const roomy = search().next(slow, { trials: 10, seconds: 120, workers: 1 })
    expect(roomy.some(({ candidate }) => candidate.startsWith('boosting'))).toBe(true)
  })
  it('counts the trials a worker has before it', () => {
    const many = search({ generation: 50, candidates: [candidates[0]!] })
    const history: ObservedTrial[] = [
      {
        id: 0,
        candidate: 'boosting-a',
        params: defaults(boosting),
        state: 'COMPLETE',
        metrics: { AUC: 0.8 },
        fitSeconds: 3,
      },
    ]
    const one = many.next(history, { trials: 50, seconds: 20, workers: 1 })
    const expected = one.reduce((sum, { params }) => sum + Number(params['depth']) / 2, 0)
    expect(expected).toBeLessThan(20)
    expect(many.next(history, { trials: 50, seconds: 20, workers: 2 }).length).toBeGreaterThan(one.length)
  })
  it('always lets the cheapest trial run when nothing has run yet', () => {
    expect(search().next([], { trials: 10, seconds: 0 })).toEqual([{ candidate: 'constant', params: {} }])
  })
  it('is kept by a whole run, and used', () => {
    const took = ({ candidate, params }: Proposal) => 1.3 * seconds({ name: candidate }, params)
    const { history } = runSearch(search({ generation: 2 }), 'AUC', score, {
      trials: 1000,
      seconds: 90,
      secondsOf: took,
    })
    const spent = history.reduce((sum, { fitSeconds }) => sum + fitSeconds!, 0)
    expect(spent).toBeLessThanOrEqual(90)
    expect(spent).toBeGreaterThan(80)
  })
})
