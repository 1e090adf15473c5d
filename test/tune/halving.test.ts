import { describe, expect, it } from 'vitest'
import { promote, rungs } from '../../src/tune/pruners/halving.ts'

describe('successive halving', () => {
  it('has rungs that grow by eta and end at the whole resource', () => {
    expect(rungs(100, 2700, 3)).toEqual([100, 300, 900, 2700])
    expect(rungs(1, 10, 4)).toEqual([3, 10])
    expect(rungs(5, 5, 4)).toEqual([5])
  })
  it('promotes the best part, rounded up, failures last, equals by position', () => {
    expect(promote([0.1, 0.9, NaN, 0.5, 0.9, 0.2], 3)).toEqual([1, 4])
    expect(promote([0.5, 0.5, 0.5, 0.5], 4)).toEqual([0])
    expect(promote([NaN, NaN], 2)).toEqual([0])
    expect(promote([], 3)).toEqual([])
  })
})
