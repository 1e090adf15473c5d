import { describe, expect, it } from 'vitest'
import { choice, defaults, float, int, toUnit } from '../../src/params/space.ts'
import { local } from '../../src/tune/samplers/local.ts'
import type { FinishedTrial } from '../../src/tune/sampler.ts'
import { createRng } from '../../src/util/rng.ts'
import { complete } from './helpers.ts'

const space = { x: float(0, 10, 5), y: float(0, 10, 5) }
const distance = (a: FinishedTrial['params'], b: FinishedTrial['params']) =>
  Math.hypot(
    ...(['x', 'y'] as const).map(name => toUnit(space[name], a[name]!) - toUnit(space[name], b[name]!)),
  )

describe('local search', () => {
  it('steps a fixed length from the best trial, 0.1 of the cube per √dimension', () => {
    const best = complete(defaults(space), 1)
    for (let seed = 0; seed < 20; seed++) {
      expect(distance(local.ask(space, [best], createRng(seed)), best.params)).toBeCloseTo(
        0.1 * Math.SQRT2,
        10,
      )
    }
  })
  it('mirrors a step that did not help', () => {
    const best = complete({ x: 5, y: 5 }, 1)
    const worse = complete({ x: 5.6, y: 4.2 }, 0)
    const { x, y } = local.ask(space, [best, worse], createRng(1))
    expect([Number(x), Number(y)]).toEqual([expect.closeTo(4.4, 10), expect.closeTo(5.8, 10)])
  })
  it('does not mirror a trial that came from elsewhere', () => {
    const best = complete({ x: 5, y: 5 }, 1)
    const far = complete({ x: 9, y: 1 }, 0)
    expect(distance(local.ask(space, [best, far], createRng(1)), best.params)).toBeCloseTo(
      0.1 * Math.SQRT2,
      10,
    )
  })
  it('shortens its steps when they fail and lengthens them when they help: even at one success in five', () => {
    const best = complete({ x: 5, y: 5 }, 1)
    const failures = Array.from({ length: 4 }, () => complete({ x: 5.1, y: 5.1 }, 0))
    const length = (trials: readonly FinishedTrial[], from: FinishedTrial) =>
      distance(local.ask(space, trials, createRng(1)), from.params)
    expect(length([best, ...failures], best)).toBeCloseTo((0.1 * Math.SQRT2) / 1.5, 10)
    const found = complete({ x: 5.1, y: 5 }, 2)
    expect(length([best, ...failures, ...failures, found], found)).toBeCloseTo((0.1 * Math.SQRT2) / 1.5, 10)
  })
  it('takes long steps again around a best that came from far away', () => {
    const best = complete({ x: 5, y: 5 }, 1)
    const failures = Array.from({ length: 12 }, () => complete({ x: 5.01, y: 5.01 }, 0))
    const far = complete({ x: 1, y: 9 }, 2)
    const next = local.ask(space, [best, ...failures, far], createRng(1))
    expect(distance(next, far.params)).toBeCloseTo(0.1 * Math.SQRT2, 10)
  })
  it('moves whole numbers by one at least and stays inside', () => {
    const whole = { depth: int(1, 3, 2) }
    for (let seed = 0; seed < 20; seed++) {
      expect([1, 3]).toContain(local.ask(whole, [complete({ depth: 2 }, 1)], createRng(seed))['depth'])
    }
  })
  it('redraws choices now and then, and never asks for one outside the list', () => {
    const mixed = { kind: choice(['a', 'b', 'c', 'd']), x: float(0, 1, 0.5) }
    const kinds = Array.from(
      { length: 200 },
      (_, seed) => local.ask(mixed, [complete({ kind: 'a', x: 0.5 }, 1)], createRng(seed))['kind'],
    )
    expect(new Set(kinds)).toEqual(new Set(['a', 'b', 'c', 'd']))
    expect(kinds.filter(kind => kind === 'a').length).toBeGreaterThan(140)
  })
  it('comes within 0.02 of the bottom of a bowl in 80 trials', () => {
    const score = (params: FinishedTrial['params']) =>
      -Math.hypot((Number(params['x']) - 8.1) / 10, (Number(params['y']) - 2.3) / 10)
    for (let seed = 0; seed < 10; seed++) {
      const trials = [complete(defaults(space), score(defaults(space)))]
      while (trials.length < 80) {
        const params = local.ask(space, trials, createRng(seed * 1000 + trials.length))
        trials.push(complete(params, score(params)))
      }
      expect(Math.max(...trials.map(trial => trial.score!))).toBeGreaterThan(-0.02)
    }
  })
})
