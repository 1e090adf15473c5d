import { describe, expect, it } from 'vitest'
import {
  choice,
  defaults,
  float,
  fromUnit,
  int,
  logFloat,
  logInt,
  parseParams,
  sample,
  toUnit,
  when,
  type Space,
} from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'

const space: Space = {
  depth: int(1, 4, 3),
  rate: logFloat(1e-4, 1, 0.1),
  rounds: logInt(1, 1000, 100),
  share: float(0, 1, 0.5),
  kind: choice(['a', 'b']),
  extra: when('kind', ['b'], float(5, 6, 5.5)),
}

describe('a space', () => {
  it('has defaults for active parameters only', () => {
    expect(defaults(space)).toEqual({ depth: 3, rate: 0.1, rounds: 100, share: 0.5, kind: 'a' })
  })
  it('draws within bounds, each whole number equally often, conditional ones only when they apply', () => {
    const rng = createRng(1)
    const depths = new Map<number, number>()
    for (let i = 0; i < 4000; i++) {
      const params = sample(space, rng)
      expect(params['rate']).toBeGreaterThanOrEqual(1e-4)
      expect(params['rate']).toBeLessThanOrEqual(1)
      expect(Number.isInteger(params['rounds'])).toBe(true)
      expect('extra' in params).toBe(params['kind'] === 'b')
      depths.set(params['depth'] as number, (depths.get(params['depth'] as number) ?? 0) + 1)
    }
    for (const n of [1, 2, 3, 4]) expect(Math.abs(depths.get(n)! - 1000)).toBeLessThan(120)
  })
  it('maps to the unit interval and back', () => {
    for (const distribution of Object.values(space)) {
      for (const unit of [0, 0.2, 0.5, 0.9]) {
        const value = fromUnit(distribution, unit)
        expect(fromUnit(distribution, toUnit(distribution, value))).toEqual(
          distribution.type === 'float' ? expect.closeTo(value as number, 10) : value,
        )
      }
    }
    expect(fromUnit(space['rate']!, 0.5)).toBeCloseTo(0.01, 10)
  })
  it('checks what a person wrote, naming the place', () => {
    expect(parseParams(space, { kind: 'b', extra: 5.2 }, 'x')).toMatchObject({
      depth: 3,
      kind: 'b',
      extra: 5.2,
    })
    expect(() => parseParams(space, { dept: 3 }, 'candidate "c"')).toThrow(
      'candidate "c" has no parameter "dept"',
    )
    expect(() => parseParams(space, { depth: 2.5 }, 'c')).toThrow('expected a whole number from 1 to 4')
    expect(() => parseParams(space, { rate: 2 }, 'c')).toThrow('is 2: expected a number from 0.0001 to 1')
    expect(() => parseParams(space, { kind: 'z' }, 'c')).toThrow('expected one of "a", "b"')
  })
})
