import { describe, expect, it } from 'vitest'
import { defaults, logFloat, type Params } from '../../src/params/space.ts'
import { promotions, rowShares, STEP_SHARES } from '../../src/tune/fidelity.ts'
import { follow, type Searchable } from '../../src/tune/observed.ts'
import { createSearch, type SearchOptions } from '../../src/tune/search.ts'
import { runSearch } from './helpers.ts'

const searchOf = <C extends Searchable>(
  candidates: readonly C[],
  options: Pick<SearchOptions<C>, 'expectedSeconds' | 'shares' | 'resourceOf'>,
) => createSearch({ candidates, seed: 1, objective: 'AUC', generation: 4, ...options })

describe('shares of the rows', () => {
  it('go down by four, at most twice, and never below two thousand rows', () => {
    expect(rowShares(500)).toEqual([1])
    expect(rowShares(7999)).toEqual([1])
    expect(rowShares(8000)).toEqual([1 / 4, 1])
    expect(rowShares(1e6)).toEqual([1 / 16, 1 / 4, 1])
  })
})

describe('promotions', () => {
  const trial = (id: number, score: number, rowShare: number, state = 'COMPLETE') => ({
    id,
    candidate: 'a',
    params: { x: id % 100 },
    rowShare,
    state,
    metrics: { AUC: score },
  })
  const followed = (...trials: ReturnType<typeof trial>[]) =>
    follow([{ name: 'a', space: {} }], trials, 'AUC')
  const shares = [1 / 16, 1 / 4, 1]

  it('take the best quarter of a rung to the next, fullest first, and nobody twice', () => {
    const low = [0.1, 0.9, 0.3, 0.8, 0.2, 0.4, 0.5, 0.6].map((score, id) => trial(id, score, 1 / 16))
    expect(promotions(followed(...low), shares).map(({ trial: t, share }) => [t.params, share])).toEqual([
      [{ x: 1 }, 1 / 4],
      [{ x: 3 }, 1 / 4],
    ])
    const one = [...low, { ...trial(101, 0.95, 1 / 4) }]
    expect(promotions(followed(...one), shares).map(({ trial: t, share }) => [t.params, share])).toEqual([
      [{ x: 1 }, 1],
      [{ x: 3 }, 1 / 4],
    ])
  })
  it('leave out what failed, and end at all rows', () => {
    expect(promotions(followed(trial(0, 0.9, 1 / 4, 'FAILED'), trial(1, 0.5, 1)), shares)).toEqual([])
  })
})

describe('a multi-fidelity search', () => {
  const candidates = ['a', 'b', 'c'].map(name => ({ name, space: { x: logFloat(1e-3, 1, 0.1) } }))
  const worth = (candidate: string, { x }: Params, rowShare = 1) =>
    0.9 -
    { a: 0, b: 0.1, c: 0.2 }[candidate]! -
    0.02 * Math.abs(Math.log10(Number(x)) + 2) -
    0.05 * (1 - rowShare)
  const run = (seconds: number, rowShares: readonly number[]) => {
    const secondsOf = ({ rowShare = 1 }) => 10 * rowShare
    const { history } = runSearch(
      searchOf(candidates, {
        expectedSeconds: (_, __, share = 1) => secondsOf({ rowShare: share }),
        shares: rowShares,
      }),
      'AUC',
      ({ candidate, params, rowShare }) => worth(candidate, params, rowShare),
      { trials: 100, seconds, secondsOf },
    )
    return history
  }
  it('begins every candidate with the smallest share, and ends with whole trials of the best', () => {
    const history = run(60, [1 / 16, 1 / 4, 1])
    expect(history.slice(0, 3)).toMatchObject(
      candidates.map(({ name, space }) => ({ candidate: name, params: defaults(space), rowShare: 1 / 16 })),
    )
    const whole = history.filter(({ rowShare = 1 }) => rowShare === 1)
    expect(whole.length).toBeGreaterThan(0)
    expect(new Set(whole.map(({ candidate }) => candidate))).toEqual(new Set(['a']))
  })
  it('finds better in the same time than trials on all rows', () => {
    const best = (history: ReturnType<typeof run>) => Math.max(...history.map(({ metrics }) => metrics!.AUC!))
    expect(best(run(60, [1 / 16, 1 / 4, 1]))).toBeGreaterThan(best(run(60, [1])))
  })
})

describe('a search whose trials begin with a share of their steps', () => {
  const candidates = ['boosted', 'linear'].map(name => ({ name, space: { x: logFloat(1e-3, 1, 0.1) } }))
  it('goes up by the same rungs, and leaves whole what takes no steps', () => {
    expect(STEP_SHARES).toEqual([1 / 16, 1 / 4, 1])
    const secondsOf = ({ stepShare = 1 }) => 10 * stepShare
    const { history } = runSearch(
      searchOf(candidates, {
        expectedSeconds: (_, __, share = 1) => secondsOf({ stepShare: share }),
        shares: STEP_SHARES,
        resourceOf: ({ name }) => (name === 'boosted' ? 'steps' : undefined),
      }),
      'AUC',
      ({ params: { x } }) => 0.9 - Math.abs(Math.log10(Number(x)) + 2) / 50,
      { trials: 60, seconds: 90, secondsOf },
    )
    const of = (name: string) => history.filter(({ candidate }) => candidate === name)
    expect(history.every(({ rowShare }) => rowShare === undefined)).toBe(true)
    expect(of('linear').every(({ stepShare }) => stepShare === undefined)).toBe(true)
    const shares = of('boosted').map(({ stepShare = 1 }) => stepShare)
    expect(shares[0]).toBe(1 / 16)
    const count = (share: number) => shares.filter(one => one === share).length
    expect(count(1 / 16)).toBeGreaterThan(count(1 / 4))
    expect(count(1)).toBeGreaterThan(0)
  })
})
