import { describe, expect, it } from 'vitest'
import { defaults, parseParams } from '../../src/params/space.ts'
import { drawFolds } from '../../src/transforms/target-statistics.ts'
import { targetEncoder } from '../../src/transforms/target-encoder.ts'
import type { TransformContext } from '../../src/transforms/transform.ts'
import { woeEncoder } from '../../src/transforms/woe-encoder.ts'
import { createRng, hashSeed } from '../../src/util/rng.ts'
import { categorical, numeric } from './columns.ts'

const binary = (target: readonly number[]): TransformContext => ({
  seed: 9,
  task: 'binary',
  classes: 2,
  target: Float64Array.from(target),
})
const woe = (given: Record<string, unknown> = {}) => parseParams(woeEncoder.space, given, 'test')

describe('woe-encoder', () => {
  // a: 3 of class 1, 1 of class 0; b: 1 and 3; c: 0 and 1; missing: 1 and 0.
  const values = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'c', undefined]
  const context = binary([1, 1, 1, 0, 1, 0, 0, 0, 0, 1])
  const later = categorical('x', ['a', 'b', 'c', undefined, 'never seen'])

  it('gives ln of the shares of both classes, alpha only where a class is absent, and 0 to unseen values', () => {
    const state = woeEncoder.fit(categorical('x', values), woe({ alpha: 0.5 }), context)
    const found = woeEncoder.apply(later, state)[0]!.values
    const wanted = [
      Math.log(3 / 5 / (1 / 5)),
      Math.log(1 / 5 / (3 / 5)),
      Math.log(0.5 / 5 / (1.5 / 5)),
      Math.log(1.5 / 5 / (0.5 / 5)),
      0,
    ]
    expect(Array.from(found)).toEqual(wanted.map(Math.fround))
  })

  it('adds alpha to every value when asked for Laplace smoothing, so that shares still sum to 1', () => {
    const state = woeEncoder.fit(categorical('x', values), woe({ alpha: 2, laplace: true }), context)
    const found = woeEncoder.apply(later, state)[0]!.values
    const share = (count: number) => (count + 2) / (5 + 4 * 2)
    const counts = [
      [3, 1],
      [1, 3],
      [0, 1],
      [1, 0],
    ] as const
    const wanted = counts.map(([one, none]) => Math.log(share(one)) - Math.log(share(none)))
    expect(Array.from(found)).toEqual([...wanted, 0].map(Math.fround))
  })

  it('speaks for each class against the rest when there are more than two', () => {
    const column = categorical('x', ['a', 'a', 'a', 'b', 'b', 'b'])
    const multiclass = { ...binary([0, 0, 1, 1, 2, 2]), task: 'multiclass', classes: 3 } as const
    const features = woeEncoder.apply(column, woeEncoder.fit(column, woe(), multiclass))
    expect(features.map(({ name }) => name)).toEqual([0, 1, 2].map(k => `x weight of evidence ${k}`))
    const first = features.map(feature => feature.values[0])
    expect(first).toEqual(
      [Math.log(2 / 2 / (1 / 4)), Math.log(1 / 2 / (2 / 4)), Math.log(0.5 / 2 / (3.5 / 4))].map(Math.fround),
    )
  })

  it('bins numbers, so that a value never seen falls into the bin of its neighbours', () => {
    const column = numeric(
      'x',
      Array.from({ length: 100 }, (_, i) => i),
    )
    const context = binary(Array.from({ length: 100 }, (_, i) => Number(i >= 50)))
    const state = woeEncoder.fit(column, woe({ binning: 'quantile', n_bins: 2 }), context)
    const found = woeEncoder.apply(numeric('x', [-1e30, 10.5, 70.5, 1e30]), state)[0]!.values
    const strong = Math.fround(Math.log(50.5 / 50 / (0.5 / 50)))
    expect(Array.from(found)).toEqual([-strong, -strong, strong, strong])
  })

  it('encodes a training row by the table of the other folds', () => {
    const draw = createRng(4)
    const column = categorical(
      'x',
      Array.from({ length: 60 }, () => 'abc'[draw.int(3)]),
    )
    const context = binary(Array.from({ length: 60 }, () => draw.int(2)))
    const [feature] = woeEncoder.fitApply!(column, woe({ folds: 3 }), context).features
    const { fold } = drawFolds(60, 3, hashSeed(context.seed, 'woe-encoder'))
    for (let held = 0; held < 3; held++) {
      const others = [...fold.keys()].filter(row => fold[row] !== held)
      const state = woeEncoder.fit(
        { ...column, codes: Int32Array.from(others, row => column.codes[row]!) },
        woe(),
        binary(others.map(row => context.target[row]!)),
      )
      const [wanted] = woeEncoder.apply(column, state)
      for (let row = 0; row < 60; row++)
        if (fold[row] === held) expect(feature!.values[row]).toBe(wanted!.values[row])
    }
  })
})

describe('target-encoder with ordered statistics', () => {
  const draw = createRng(6)
  const rows = 40
  const column = categorical(
    'x',
    Array.from({ length: rows }, () => 'abcd'[draw.int(4)]),
  )
  const target = Float64Array.from({ length: rows }, () => draw.normal())
  const context: TransformContext = { seed: 2, task: 'regression', classes: 0, target }
  const params = (given: Record<string, unknown>) =>
    parseParams(targetEncoder.space, { training: 'ordered', ...given }, 'test')

  it('encodes each row by the rows before it, the mean over the orders (naive twin)', () => {
    const [feature] = targetEncoder.fitApply!(
      column,
      params({ permutations: 3, smoothing: 2 }),
      context,
    ).features
    const rng = createRng(hashSeed(context.seed, 'target-encoder', 'ordered'))
    const order = Int32Array.from({ length: rows }, (_, row) => row)
    const wanted = new Float64Array(rows)
    for (let turn = 0; turn < 3; turn++) {
      rng.shuffle(order)
      for (const [i, row] of order.entries()) {
        const before = Array.from(order.subarray(0, i))
        const mean = (of: number[]) => of.reduce((sum, one) => sum + target[one]!, 0) / of.length
        const prior = i === 0 ? mean(Array.from(order.subarray(1))) : mean(before)
        const same = before.filter(other => column.codes[other] === column.codes[row])
        const sum = same.reduce((total, other) => total + target[other]!, 0)
        wanted[row]! += (sum + 2 * prior) / (same.length + 2) / 3
      }
    }
    for (let row = 0; row < rows; row++) expect(feature!.values[row]).toBeCloseTo(wanted[row]!, 6)
  })

  it('gives later rows what the fold-wise encoder gives them', () => {
    const ordered = targetEncoder.fit(column, params({}), context)
    const folds = targetEncoder.fit(column, defaults(targetEncoder.space), context)
    expect(targetEncoder.apply(column, ordered)).toEqual(targetEncoder.apply(column, folds))
  })
})
