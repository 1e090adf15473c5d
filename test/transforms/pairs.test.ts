import { describe, expect, it } from 'vitest'
import { defaults, parseParams } from '../../src/params/space.ts'
import { arithmeticFeatures } from '../../src/transforms/arithmetic-features.ts'
import { categoryInteractions } from '../../src/transforms/category-interactions.ts'
import { binned, crossed, explained, judgedRows, without } from '../../src/transforms/gain.ts'
import { groupByFeatures } from '../../src/transforms/group-by-features.ts'
import { createRng } from '../../src/util/rng.ts'
import { categorical, matrixOf, numeric } from './columns.ts'

const ROWS = 1500
const rng = createRng(4)
const make = <T>(value: (row: number) => T) => Array.from({ length: ROWS }, (_, row) => value(row))
const binary = (target: readonly boolean[]) => ({
  seed: 1,
  task: 'binary' as const,
  classes: 2,
  target: Float64Array.from(target, Number),
})

describe('the judge of pairs', () => {
  it('explains what leaving each row out would explain, computed row by row', () => {
    const of = Int32Array.from(make(() => rng.int(7)))
    const { outputs } = judgedRows(binary(make(row => (of[row]! + rng.int(5)) % 3 === 0)), ROWS)
    const values = outputs[0]!
    let gain = 0
    for (const [row, value] of values.entries()) {
      const others = values.filter((_, other) => other !== row && of[other] === of[row])
      const guess = others.reduce((sum, other) => sum + other, 0) / (others.length + 10)
      gain += value ** 2 - (value - guess) ** 2
    }
    expect(explained({ of, count: 7 }, outputs)).toBeCloseTo(gain, 8)
  })

  it('sees an exclusive or only in the pair, and nothing once a column alone explains it', () => {
    const a = { of: Int32Array.from(make(() => rng.int(2))), count: 2 }
    const b = { of: Int32Array.from(make(() => rng.int(2))), count: 2 }
    const meeting = judgedRows(binary(make(row => a.of[row] !== b.of[row])), ROWS).outputs
    expect(explained(a, meeting)).toBeLessThan(0.01)
    expect(explained(crossed(a, b), without(a, b, meeting))).toBeGreaterThan(0.95)
    const own = judgedRows(binary(make(row => a.of[row] === 1)), ROWS).outputs
    expect(explained(crossed(a, b), without(a, b, own))).toBeLessThan(0.001)
  })

  it('bins numbers evenly, and what is no number apart', () => {
    const values = Float32Array.from(make(row => (row % 10 === 0 ? NaN : row)))
    const { of, count } = binned(values, 8)
    expect(count).toBe(9)
    const sizes = new Array<number>(count).fill(0)
    for (const bin of of) sizes[bin]!++
    expect(sizes[0]).toBe(ROWS / 10)
    for (const size of sizes.slice(1)) expect(size).toBeGreaterThan(150)
    expect(binned(Float32Array.from([NaN, NaN]), 8).of).toEqual(Int32Array.of(0, 0))
    expect(new Set(binned(Float32Array.from(make(() => 3)), 8).of).size).toBe(1)
  })
})

describe('arithmetic-features', () => {
  const a = numeric('a', make(() => rng.normal() * 5)) // prettier-ignore
  const b = numeric('b', make(() => 1 + rng.next() * 9)) // prettier-ignore
  const c = numeric('c', make(() => rng.normal())) // prettier-ignore

  it.each([
    ['a ÷ b', (row: number) => a.values[row]! / b.values[row]! > 0.4],
    ['a × c', (row: number) => a.values[row]! * c.values[row]! > 1],
    ['a − c', (row: number) => Math.abs(a.values[row]! - c.values[row]!) < 2],
  ])('finds %s first', (name, target) => {
    const params = { ...defaults(arithmeticFeatures.space), max_features: 1 }
    const state = arithmeticFeatures.fit([a, b, c], params, binary(make(target)))
    expect(arithmeticFeatures.apply([a, b, c], state).map(feature => feature.name)).toEqual([name])
  })

  it('is missing where a column is, and where a number is divided by zero or grows beyond float32', () => {
    const state = { operation: Uint8Array.of(2, 3), left: Int32Array.of(0, 0), right: Int32Array.of(1, 1) }
    const columns = [numeric('x', [6, 0, 1, NaN, 1e30, 2]), numeric('y', [3, 0, 0, 2, 1e30, Infinity])]
    const found = matrixOf({ rows: 6, columns: arithmeticFeatures.apply(columns, state) })
    expect(found).toEqual([
      [18, 2],
      [0, NaN],
      [0, NaN],
      [NaN, NaN],
      [NaN, 1],
      [NaN, NaN],
    ])
  })
})

describe('category-interactions', () => {
  const left = categorical('left', make(() => `l${rng.int(4)}`)) // prettier-ignore
  const right = categorical('right', make(() => `r${rng.int(4)}`)) // prettier-ignore
  const idle = categorical('idle', make(() => `i${rng.int(4)}`)) // prettier-ignore
  const columns = [idle, left, right]
  const target = make(row => (left.codes[row]! + right.codes[row]!) % 2 === 0)

  it('joins the two columns that decide together, and no others', () => {
    const state = categoryInteractions.fit(columns, defaults(categoryInteractions.space), binary(target))
    const features = categoryInteractions.apply(columns, state)
    expect(features.map(({ name }) => name)).toEqual(['left × right target mean'])
    const { values } = features[0]!
    for (const [row, value] of values.entries()) expect(value > 0.5).toBe(target[row])
  })

  it('numbers the frequent pairs in ascending order; rare and unseen ones share the last code', () => {
    const params = parseParams(
      categoryInteractions.space,
      { encoding: 'codes', threshold: 2, minimum_gain: -1 },
      'test',
    )
    const few = [
      categorical('p', ['b', 'a', 'a', 'b', 'b', undefined, undefined]),
      categorical('q', ['y', 'x', 'x', 'y', 'x', 'x', 'x']),
    ]
    const context = { ...binary([true, false, true, false, true, false, true]) }
    const state = categoryInteractions.fit(few, params, context)
    const later = [categorical('p', ['a', 'b', undefined, 'b', 'new']), categorical('q', ['x', 'y', 'x', 'x', 'x'])] // prettier-ignore
    const [feature] = categoryInteractions.apply(later, state)
    expect(Array.from(feature!.values)).toEqual([1, 2, 0, 3, 3])
    expect(feature).toMatchObject({ name: 'p × q', categories: 4 })
  })
})

describe('group-by-features', () => {
  const shop = categorical('shop', make(() => `s${rng.int(12)}`)) // prettier-ignore
  const price = numeric('price', make(row => 50 * (shop.codes[row]! % 5) + 10 * rng.normal())) // prettier-ignore

  it('keeps a number that counts only beside those of its category', () => {
    const dear = make(row => price.values[row]! - 50 * (shop.codes[row]! % 5) > 3)
    const columns = [price, shop]
    const state = groupByFeatures.fit(columns, defaults(groupByFeatures.space), binary(dear))
    expect(groupByFeatures.apply(columns, state).map(({ name }) => name)).toEqual([
      'share of shop',
      'price mean by shop',
      'price deviation by shop',
      'price minus mean by shop',
    ])
    const cheap = make(row => shop.codes[row] === 1)
    expect(groupByFeatures.fit(columns, defaults(groupByFeatures.space), binary(cheap))).toEqual([])
  })

  it('gives share, mean, deviation and distance of each category; those of all rows where it was never seen', () => {
    const columns = [categorical('k', ['a', 'a', 'b', 'b']), numeric('v', [1, 3, 10, NaN])]
    const params = parseParams(groupByFeatures.space, { smoothing: 0, minimum_gain: -1 }, 'test')
    const state = groupByFeatures.fit(columns, params, binary([true, false, true, false]))
    const later = [categorical('k', ['a', 'b', 'new', undefined]), numeric('v', [5, NaN, 1, 2])]
    const [mean, spread] = [
      14 / 3,
      Math.fround(Math.sqrt(((11 / 3) ** 2 + (5 / 3) ** 2 + (16 / 3) ** 2) / 3)),
    ]
    const near = (value: number) => expect.closeTo(value, 5) as number
    expect(matrixOf({ rows: 4, columns: groupByFeatures.apply(later, state) })).toEqual([
      [0.5, 2, 1, 3],
      [0.5, 10, 0, NaN],
      [0, near(mean), near(spread), near(1 - mean)],
      [0, near(mean), near(spread), near(2 - mean)],
    ])
  })

  it('draws small categories towards all rows', () => {
    const columns = [categorical('k', ['a', 'b', 'b', 'b']), numeric('v', [8, 0, 0, 0])]
    const params = parseParams(groupByFeatures.space, { smoothing: 3, minimum_gain: -1 }, 'test')
    const state = groupByFeatures.fit(columns, params, binary([true, false, true, false]))
    const means = groupByFeatures.apply(columns, state)[1]!.values
    expect(Array.from(means)).toEqual([(8 + 3 * 2) / 4, 1, 1, 1])
  })
})
