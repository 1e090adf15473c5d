import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { choice, float, int, logFloat, when, type Space } from '../../src/params/space.ts'
import { groupsOf } from '../../src/tune/groups.ts'
import { logTruncatedNormal, normalCdf, parzen } from '../../src/tune/parzen.ts'
import { createTpe, tpe } from '../../src/tune/samplers/tpe.ts'
import { createRng } from '../../src/util/rng.ts'
import { complete } from './helpers.ts'

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/tune/goldens.json', import.meta.url), 'utf8'),
) as {
  normal: [number, number][]
  truncated: [number, number, number, number][]
}
const unit = float(0, 1, 0.5)
const kinds = choice(['a', 'b', 'c'])

describe('the Parzen estimator', () => {
  it('uses distribution functions that agree with SciPy', () => {
    for (const [z, p] of goldens.normal) expect(Math.abs(normalCdf(z) - p)).toBeLessThan(8e-8)
    for (const [x, mu, sigma, log] of goldens.truncated) {
      expect(Math.abs(logTruncatedNormal(x, mu, sigma) - log)).toBeLessThan(1e-6 * Math.max(1, Math.abs(log)))
    }
  })
  it('without observations is the prior alone: nearly flat and centred', () => {
    const prior = parzen([unit, kinds], [])
    const density = (x: number, k: number) => Math.exp(prior.logDensity(Float64Array.of(x, k)))
    expect(density(0.5, 0)).toBe(density(0.5, 2))
    expect(density(0.2, 1)).toBeCloseTo(density(0.8, 1), 12)
    expect(density(0.5, 0) / density(0, 0)).toBeCloseTo(Math.exp(0.125), 6)
  })
  it('is a density: sums to 1 over numbers and choices', () => {
    const points = [Float64Array.of(0.1, 0), Float64Array.of(0.15, 0), Float64Array.of(0.9, 2)]
    const mixture = parzen([unit, kinds], points)
    const steps = 4000
    let mass = 0
    for (let i = 0; i < steps; i++) {
      for (let k = 0; k < 3; k++)
        mass += Math.exp(mixture.logDensity(Float64Array.of((i + 0.5) / steps, k))) / steps
    }
    expect(mass).toBeCloseTo(1, 5)
  })
  it('has the closed form of one observation and the prior', () => {
    // Two kernels of weight 1/2; width 0.2 · 1^(−1/5) raised to the floor 1/3; a choice is 1/2 + one-hot over 3/2 + 1.
    const mixture = parzen([unit, kinds], [Float64Array.of(0.4, 1)])
    const own = Math.exp(logTruncatedNormal(0.4, 0.4, 1 / 3)) * (1.5 / 2.5)
    const prior = Math.exp(logTruncatedNormal(0.4, 0.5, 1)) / 3
    expect(Math.exp(mixture.logDensity(Float64Array.of(0.4, 1)))).toBeCloseTo((own + prior) / 2, 12)
  })
  it('draws as often as its density says', () => {
    const points = [Float64Array.of(0.1, 0), Float64Array.of(0.15, 0), Float64Array.of(0.9, 2)]
    const mixture = parzen([unit, kinds], points)
    const rng = createRng(4)
    const draws = Array.from({ length: 20_000 }, () => mixture.sample(rng))
    let low = 0
    for (let i = 0; i < 1000; i++)
      low += Math.exp(mixture.logDensity(Float64Array.of((i + 0.5) / 4000, 0))) / 4000
    expect(draws.filter(([x, k]) => x! < 0.25 && k === 0).length / 20_000).toBeCloseTo(low, 1.7)
  })
})

describe('the tree-structured Parzen estimator', () => {
  it('draws at random until it has enough completed trials', () => {
    const space = { x: unit }
    const trials = Array.from({ length: 9 }, (_, i) => complete({ x: i / 10 }, i))
    expect(tpe.ask(space, trials, createRng(3))).toEqual({ x: createRng(3).next() })
  })
  it('goes where the good trials lie', () => {
    const space = { x: unit, rate: logFloat(1e-6, 1, 1e-2), kind: kinds }
    const rng = createRng(8)
    const trials = Array.from({ length: 40 }, () => {
      const params = { x: rng.next(), rate: 10 ** (-6 * rng.next()), kind: ['a', 'b', 'c'][rng.int(3)]! }
      const score = -Math.abs(params.x - 0.8) - Math.abs(Math.log10(params.rate) + 2) / 6
      return complete(params, score - (params.kind === 'b' ? 0 : 0.5))
    })
    const asked = Array.from({ length: 50 }, (_, seed) => tpe.ask(space, trials, createRng(seed)))
    const near = asked.filter(({ x }) => Math.abs(Number(x) - 0.8) < 0.2)
    expect(near.length).toBeGreaterThan(40)
    expect(asked.filter(({ kind }) => kind === 'b').length).toBeGreaterThan(40)
  })
  it('follows a joint optimum that no single parameter shows', () => {
    const space = { a: unit, b: unit }
    const rng = createRng(2)
    const trials = Array.from({ length: 120 }, () => {
      const [a, b] = [rng.next(), rng.next()]
      return complete({ a, b }, -Math.abs(a - b)) // a ridge: each of a and b alone is uniform among the best
    })
    const gaps = Array.from({ length: 60 }, (_, seed) => {
      const { a, b } = tpe.ask(space, trials, createRng(seed))
      return Math.abs(Number(a) - Number(b))
    })
    expect(gaps.filter(gap => gap < 0.2).length).toBeGreaterThan(50)
  })
  it('stays away from parameters that fail', () => {
    const space = { x: unit }
    const rng = createRng(6)
    const trials = Array.from({ length: 60 }, () => {
      const x = rng.next()
      return x > 0.5 ? { params: { x }, state: 'FAILED' } : complete({ x }, rng.next())
    })
    const asked = Array.from({ length: 50 }, (_, seed) =>
      Number(createTpe(5).ask(space, trials, createRng(seed))['x']),
    )
    expect(asked.filter(x => x > 0.55).length).toBeLessThan(8)
  })
  it('learns a conditional group from the trials that had it', () => {
    const space: Space = { kind: choice(['flat', 'deep']), depth: when('kind', ['deep'], int(1, 20, 3)) }
    const trials = Array.from({ length: 60 }, (_, i) =>
      i % 2 === 0
        ? complete({ kind: 'flat' }, -1)
        : complete({ kind: 'deep', depth: 1 + (i % 20) }, -Math.abs(1 + (i % 20) - 14)),
    )
    const asked = Array.from({ length: 40 }, (_, seed) => tpe.ask(space, trials, createRng(seed)))
    const depths = asked.flatMap(({ depth }) => (depth === undefined ? [] : [Number(depth)]))
    expect(depths.length).toBeGreaterThan(20)
    expect(depths.filter(depth => Math.abs(depth - 14) <= 3).length / depths.length).toBeGreaterThan(0.8)
  })
  it('groups parameters by their condition', () => {
    const space: Space = {
      a: unit,
      kind: kinds,
      p: when('kind', ['a'], unit),
      q: when('kind', ['b'], unit),
      r: when('kind', ['a'], unit),
    }
    expect(groupsOf(space).map(({ names }) => names)).toEqual([['a', 'kind'], ['p', 'r'], ['q']])
  })
})
