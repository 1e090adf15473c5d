import { describe, expect, it } from 'vitest'
import type { Features } from '../../src/data/features.ts'
import { defaults } from '../../src/params/space.ts'
import { binEdges } from '../../src/transforms/bins.ts'
import { logExtreme } from '../../src/transforms/log-extreme.ts'
import { periodicEncoder, sineOfTurns } from '../../src/transforms/periodic-encoder.ts'
import { piecewiseLinearEncoder } from '../../src/transforms/piecewise-linear-encoder.ts'
import { robustSmoothClip } from '../../src/transforms/robust-smooth-clip.ts'
import { createRng } from '../../src/util/rng.ts'
import { matrixOf } from './columns.ts'

const context = { seed: 3, task: 'binary', classes: 2, target: new Float64Array(0) } as const
const one = (values: readonly number[]): Features => ({
  rows: values.length,
  columns: [{ kind: 'dense', name: 'x', values: Float32Array.from(values) }],
})

describe('robust-smooth-clip', () => {
  const state = robustSmoothClip.fit(one([0, 1, 2, 3, 4]), { limit: 3 }, context) // median 2, quartiles 1 and 3

  it('keeps order, leaves small values nearly alone and never passes the limit', () => {
    const found = matrixOf(robustSmoothClip.apply(one([2, 2.02, 4, 1e30, -1e30]), state)).flat()
    expect(found[0]).toBe(0)
    expect(found[1]).toBeCloseTo(0.01, 6)
    expect(found[2]).toBeCloseTo(1 / Math.sqrt(1 + 1 / 9), 6)
    expect(found.slice(3)).toEqual([3, -3])
  })

  it('measures by half the range where the quartiles meet, and makes a constant 0 for ever', () => {
    const mostly = robustSmoothClip.fit(one([0, 0, 0, 0, 0, 0, 0, 10]), { limit: 3 }, context)
    const found = matrixOf(robustSmoothClip.apply(one([10]), mostly)).flat()
    expect(found[0]).toBeCloseTo(2 / Math.sqrt(1 + 4 / 9), 6)
    const constant = robustSmoothClip.fit(one([7, 7, 7]), { limit: 3 }, context)
    expect(matrixOf(robustSmoothClip.apply(one([7, 1e30]), constant)).flat()).toEqual([0, 0])
  })
})

describe('piecewise-linear-encoder', () => {
  it('gives the share of each bin below the value, open at both ends', () => {
    const state = piecewiseLinearEncoder.fit(one([0, 10, 20, 30]), { n_bins: 3, binning: 'uniform' }, context)
    const found = matrixOf(piecewiseLinearEncoder.apply(one([0, 5, 10, 24, 30, -10, 60, NaN]), state))
    expect(found).toEqual([
      [0, 0, 0],
      [0.5, 0, 0],
      [1, 0, 0],
      [1, 1, Math.fround(0.4)],
      [1, 1, 1],
      [-1, 0, 0],
      [1, 1, 4],
      [NaN, NaN, NaN],
    ])
  })

  it('loses nothing: bins times their widths add up to the value', () => {
    const rng = createRng(1)
    const values = Array.from({ length: 200 }, () => Math.fround(rng.normal() ** 3))
    const state = piecewiseLinearEncoder.fit(one(values), { n_bins: 12, binning: 'quantile' }, context)
    const { from, to } = state as { from: Float64Array; to: Float64Array }
    for (const [row, shares] of matrixOf(piecewiseLinearEncoder.apply(one(values), state)).entries()) {
      const sum = shares.reduce((total, share, t) => total + share * (to[t]! - from[t]!), from[0]!)
      expect(sum).toBeCloseTo(values[row]!, 5)
    }
  })

  it('puts about as many rows into each bin of quantiles, and merges bins that ties make empty', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i < 60 ? 0 : i))
    const state = piecewiseLinearEncoder.fit(one(values), { n_bins: 10, binning: 'quantile' }, context)
    const { from, to } = state as { from: Float64Array; to: Float64Array }
    expect(from).toHaveLength(5)
    expect([from[0], to[4]]).toEqual([0, 99])
  })
})

describe('periodic-encoder', () => {
  it('has a sine as good as float32 needs', () => {
    const rng = createRng(2)
    for (let i = 0; i < 2000; i++) {
      const turns = rng.normal() * 10
      expect(Math.abs(sineOfTurns(turns) - Math.sin(2 * Math.PI * turns))).toBeLessThan(1e-12)
    }
    expect([0, 0.25, 0.5, 0.75, 1].map(turns => Math.fround(sineOfTurns(turns)) + 0)).toEqual([
      0, 1, 0, -1, 0,
    ])
  })

  it('pairs sines and cosines of frequencies with the spread asked for', () => {
    const params = { n_frequencies: 64, sigma: 5, keep: false }
    const values = one([-1, 0, 1, 2, 5])
    const state = periodicEncoder.fit(values, params, context)
    const { frequency } = state as { frequency: Float64Array }
    const found = matrixOf(periodicEncoder.apply(values, state))
    expect(found[0]).toHaveLength(128)
    for (const row of found)
      for (let k = 0; k < 64; k++) expect(row[2 * k]! ** 2 + row[2 * k + 1]! ** 2).toBeCloseTo(1, 6)
    const drawn = frequency.filter((_, i) => i % 2 === 0)
    const spread = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / 64)
    expect(spread).toBeGreaterThan(5 * 0.75)
    expect(spread).toBeLessThan(5 * 1.25)
  })

  it('makes similarity of the distance alone: the mean product is the Gaussian kernel', () => {
    // E cos 2πc(a − b) = exp(−2π²σ²(a − b)²) for c from N(0, σ²).
    const params = { n_frequencies: 64, sigma: 0.2, keep: false }
    const values = one([0, 1, 2, 3, 4]) // median 2, quartile distance 2
    const state = periodicEncoder.fit(values, params, context)
    const [a, b] = matrixOf(periodicEncoder.apply(one([1, 3]), state))
    const product = a!.reduce((sum, value, k) => sum + value * b![k]!, 0) / 64
    expect(Math.abs(product - Math.exp(-2 * Math.PI ** 2 * 0.2 ** 2))).toBeLessThan(4 / Math.sqrt(64))
  })
})

describe('log-extreme', () => {
  it('looks at the percentile asked for', () => {
    const values = one(Array.from({ length: 1000 }, (_, i) => (i < 5 ? 1000 : i % 10)))
    const changed = (quantile: number) =>
      (
        logExtreme.fit(values, { ...defaults(logExtreme.space), quantile }, context) as {
          changed: Int32Array
        }
      ).changed
    expect(changed(98)).toHaveLength(0)
    expect(changed(99.8)).toHaveLength(1)
  })
})

describe('binEdges', () => {
  it('finds clusters by k-means, one of them begun far from all values', () => {
    const values = Float32Array.of(0, 1, 2, 100, 101, 102, 1000)
    expect(binEdges(values, 3, 'kmeans')).toEqual(Float32Array.of(51, 550.5))
  })

  it('keeps the largest value apart when most values are equal', () => {
    const values = Float32Array.from({ length: 100 }, (_, i) => Number(i >= 85))
    expect(binEdges(values, 10, 'quantile')).toEqual(Float32Array.of(1))
  })

  it('has no edges for one value or none', () => {
    for (const binning of ['quantile', 'uniform', 'kmeans'] as const) {
      expect(binEdges(Float32Array.of(5, 5, 5), 4, binning)).toHaveLength(0)
      expect(binEdges(new Float32Array(0), 4, binning)).toHaveLength(0)
    }
  })
})
