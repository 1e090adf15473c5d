import { describe, expect, it } from 'vitest'
import type { Pruner } from '../../src/tune/pruner.ts'
import { promote, rungs } from '../../src/tune/pruners/halving.ts'
import { pruners } from '../../src/tune/pruners/index.ts'

const falling = (start: number, steps = 20) => Array.from({ length: steps }, (_, i) => start / (i + 1))

describe.each(Object.entries(pruners) as [string, Pruner][])('%s', (name, pruner) => {
  it('is in the table under its own name', () => expect(pruner.name).toBe(name))
  it('stops nothing before there is anything to compare with', () => {
    expect(pruner.shouldPrune(falling(9), [])).toBe(false)
    expect(
      pruner.shouldPrune(
        [],
        Array.from({ length: 9 }, () => falling(1)),
      ),
    ).toBe(false)
  })
  it('never stops a trial that is ahead of all others', () => {
    expect(
      pruner.shouldPrune(
        falling(0.5),
        Array.from({ length: 9 }, () => falling(1)),
      ),
    ).toBe(false)
  })
})

describe('the median rule', () => {
  const others = [1, 2, 3, 4, 5].map(start => falling(start))
  const mean = (curve: number[]) => curve.reduce((a, b) => a + b, 0) / curve.length

  it('stops a trial whose best so far is worse than the median of the means up to the same step', () => {
    const bar = mean(falling(3).slice(0, 8))
    expect(
      pruners.median.shouldPrune(
        Array.from({ length: 8 }, () => bar + 1e-9),
        others,
      ),
    ).toBe(true)
    expect(
      pruners.median.shouldPrune(
        Array.from({ length: 8 }, () => bar - 1e-9),
        others,
      ),
    ).toBe(false)
  })
  it('judges by the best step so far, not the last', () => {
    const once = [9, 9, 0.1, 9, 9, 9, 9]
    expect(pruners.median.shouldPrune(once, others)).toBe(false)
  })
  it('counts a trial that ended early with all it had', () => {
    const short = [1, 2, 3, 4, 5].map(start => falling(start, 2))
    expect(
      pruners.median.shouldPrune(
        Array.from({ length: 8 }, () => mean(falling(3, 2)) + 1e-9),
        short,
      ),
    ).toBe(true)
  })
})

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
