import { array, assert, float, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Features } from '../../../src/data/features.ts'
import { binsFor, type FeatureBins, findBins } from '../../../src/algorithms/trees/bins.ts'
import { binOf } from '../../../src/algorithms/trees/matrix.ts'
import { createRng } from '../../../src/util/rng.ts'

const one = (values: ArrayLike<number>): Features => ({
  rows: values.length,
  columns: [{ kind: 'dense', name: 'x', values: Float32Array.from(values) }],
})
const binsOf = (values: ArrayLike<number>, maxBins?: number): FeatureBins | undefined =>
  findBins(one(values), 1, maxBins)[0]

describe('bins', () => {
  it('separate every pair of distinct values while there are few', () => {
    assert(
      property(array(float({ noNaN: true }), { minLength: 2, maxLength: 60 }), values => {
        const distinct = [...new Set(values.map(value => value + 0))].sort((a, b) => a - b)
        const bins = binsOf(values)
        if (distinct.length === 1) return bins === undefined
        return distinct.every((value, i) => binOf(value, bins!.thresholds) === i)
      }),
    )
  })

  it('have ascending float32 thresholds that lie at or above the value left of them and below the one right of them', () => {
    const rng = createRng(2)
    const values = Float32Array.from({ length: 30_000 }, () => Math.exp(3 * rng.normal()))
    const { thresholds, valueBins } = binsOf(values)!
    expect(valueBins).toBe(255)
    expect(thresholds).toHaveLength(254)
    const sorted = values.toSorted()
    for (const [i, threshold] of thresholds.entries()) {
      if (i > 0) expect(threshold).toBeGreaterThan(thresholds[i - 1]!)
      const left = sorted.findLast(value => value <= threshold)!
      const right = sorted.find(value => value > threshold)!
      expect(Math.abs(threshold - (left + right) / 2)).toBeLessThanOrEqual(right - left)
    }
  })

  it('hold about as many rows each', () => {
    const rng = createRng(3)
    const values = Float32Array.from({ length: 25_500 }, () => rng.normal())
    const sizes = new Float64Array(255)
    const { thresholds } = binsOf(values)!
    for (const value of values) sizes[binOf(value, thresholds)]!++
    expect(Math.min(...sizes)).toBeGreaterThan(90)
    expect(Math.max(...sizes)).toBeLessThan(130)
  })

  it('leave a frequent value in a bin of its own', () => {
    const rng = createRng(4)
    const values = Float32Array.from({ length: 20_000 }, () => (rng.next() < 0.4 ? 0 : rng.normal()))
    const { thresholds } = binsOf(values, 16)!
    const bin = binOf(0, thresholds)
    const others = values.filter(value => value !== 0 && binOf(value, thresholds) === bin)
    expect(others.length).toBeLessThan(1500)
  })

  it('are none for a constant column, and two for one that is constant or missing', () => {
    expect(binsOf([4, 4, 4])).toBeUndefined()
    expect(binsOf([NaN, NaN])).toBeUndefined()
    expect(binsOf([4, NaN, 4])).toMatchObject({ valueBins: 1 })
  })

  it('find a rare second value among many rows', () => {
    const values = new Float32Array(200_000)
    values[123_457] = 1
    expect(binsOf(values)).toMatchObject({ valueBins: 2 })
  })

  it('sort signed values, zeros and infinities', () => {
    const rng = createRng(5)
    const values = Float32Array.from({ length: 5000 }, () => rng.normal() * 10 ** (rng.int(40) - 20))
    values.set([-0, 0, Infinity, -Infinity, NaN])
    const { thresholds } = binsOf(values)!
    expect(thresholds).toEqual(thresholds.toSorted())
    expect(binOf(-Infinity, thresholds)).toBe(0)
    expect(binOf(Infinity, thresholds)).toBe(thresholds.length)
  })

  it('of a sparse column are those of the same column written densely', () => {
    const rng = createRng(6)
    const dense = Float32Array.from({ length: 4000 }, () => (rng.next() < 0.9 ? 0 : rng.normal()))
    const index = Int32Array.from(dense.keys()).filter(row => dense[row] !== 0)
    const sparse: Features = {
      rows: dense.length,
      columns: [{ kind: 'sparse', name: 'x', index, values: dense.filter(value => value !== 0) }],
    }
    expect(findBins(sparse, 1)).toEqual(findBins(one(dense), 1))
  })
})

describe('the limit of bins', () => {
  const of = binsFor

  it('falls with the number of columns and leaves at least three rows to a bin', () => {
    expect([of(1e6, 28), of(1e6, 128), of(1e6, 129), of(100_000, 784), of(100_000, 10_000)]).toEqual([255, 255, 63, 63, 31]) // prettier-ignore
    expect([of(765, 5), of(100, 5), of(100, 10_000), of(4, 2)]).toEqual([255, 33, 31, 15])
  })
})
