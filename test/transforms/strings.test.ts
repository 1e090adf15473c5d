import { describe, expect, it } from 'vitest'
import { defaults, parseParams } from '../../src/params/space.ts'
import { datetimeVectorizer } from '../../src/transforms/datetime-vectorizer.ts'
import { calendarFeatures } from '../../src/transforms/calendar-features.ts'
import { murmur3, utf8 } from '../../src/transforms/murmur.ts'
import { describeSequence, readSequence, SEQUENCE_FEATURES } from '../../src/transforms/sequence-numbers.ts'
import { similarityEncoder } from '../../src/transforms/similarity-encoder.ts'
import { categorical, datetime, matrixOf } from './columns.ts'

const context = { seed: 3, task: 'binary', classes: 2, target: new Float64Array(0) } as const

describe('murmur3', () => {
  // Vectors of the reference implementation, as published with it and its ports.
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('hashes %j with seed %d as the reference does', (text, seed, wanted) => {
    expect(murmur3(utf8(text), seed) >>> 0).toBe(wanted)
  })
})

describe('similarity-encoder', () => {
  const params = (given: Record<string, unknown>) => parseParams(similarityEncoder.space, given, 'test')
  const encode = (values: readonly (string | undefined)[], given: Record<string, unknown> = {}) => {
    const column = categorical('x', values)
    const state = similarityEncoder.fit(column, params(given), context)
    return matrixOf({ rows: values.length, columns: similarityEncoder.apply(column, state) })
  }
  const runs = (text: string) =>
    new Set(Array.from({ length: text.length }, (_, i) => ` ${text} `.slice(i, i + 3)))

  it('lets two strings agree in as many features as their Jaccard similarity says', () => {
    for (const [a, b] of [
      ['accountant', 'accountants'],
      ['police officer', 'police sergeant'],
      ['aaaa', 'bbbb'],
    ] as const) {
      const [left, right] = encode([a, b], { target_dimension: 1000 })
      const [one, other] = [a, b].map(text => new Set(text.split(' ').flatMap(word => [...runs(word)])))
      const shared = [...one!].filter(run => other!.has(run)).length
      const jaccard = shared / (one!.size + other!.size - shared)
      const agree = left!.filter((value, d) => value === right![d]).length / 1000
      expect(Math.abs(agree - jaccard)).toBeLessThan(0.06)
    }
  })

  it('never gives a string a greater value than its parts have, and 1 to one without runs', () => {
    const [whole, part, empty, missing] = encode(['senior chemist', 'chemist', ' ', undefined])
    for (let d = 0; d < 30; d++) expect(whole![d]!).toBeLessThanOrEqual(part![d]!)
    expect(empty).toEqual(new Array(30).fill(1))
    expect(missing).toEqual(empty)
  })

  it('spreads its values evenly over 0 … 1 for strings of one run', () => {
    const letters = Array.from({ length: 400 }, (_, i) => String.fromCodePoint(0x4e00 + i))
    const values = encode(letters, { target_dimension: 5 }).flat()
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.04)
    expect(Math.max(...values)).toBeLessThanOrEqual(1)
  })
})

describe('sequence-features', () => {
  it.each([
    ['1.0, 2.5, 3', [1, 2.5, 3], 0],
    ['[1,2,-3e2]', [1, 2, -300], 0],
    ['[[1, 2], [3]]', [1, 2, 3], 0],
    ['1;2 3\t4\n5', [1, 2, 3, 4, 5], 0],
    ['1|2.5|3', [1, 2.5, 3], 0],
    ['1,,2', [1, 2], 0],
    ['1, null, NaN, x, 2', [1, 2], 3],
    ['+.5, 7., 1E2, 1e100, 0x10, Infinity', [0.5, 7, 100], 3],
    ['', [], 0],
    ['no numbers at all', [], 4],
  ])('reads %j', (text, numbers, unreadable) => {
    expect(readSequence(text, 100)).toEqual({ numbers: Float64Array.from(numbers), unreadable })
  })

  it('keeps the end of a long series', () => {
    expect(Array.from(readSequence('1,2,3,4,5', 3).numbers)).toEqual([3, 4, 5])
  })

  it('says of a straight line that it rises evenly', () => {
    const line = describeSequence(readSequence('3, 5, 7, 9, 11', 100))
    const at = (name: (typeof SEQUENCE_FEATURES)[number]) => line[SEQUENCE_FEATURES.indexOf(name)]!
    expect(at('slope')).toBeCloseTo(2, 12)
    expect(at('mean change')).toBe(2)
    expect(at('complexity')).toBe(4)
    expect(at('mean crossings')).toBe(1)
    expect(at('peaks')).toBe(0)
    expect(at('place of maximum')).toBe(0.8)
    expect(at('skewness')).toBeCloseTo(0, 12)
  })

  it('takes 0.1 three times for a constant, whatever rounding says', () => {
    const constant = describeSequence(readSequence('0.1, 0.1, 0.1', 100))
    expect(constant[SEQUENCE_FEATURES.indexOf('deviation')]).toBe(0)
    expect(constant[SEQUENCE_FEATURES.indexOf('autocorrelation 1')]).toBeNaN()
    expect(constant[SEQUENCE_FEATURES.indexOf('share of distinct values')]).toBeCloseTo(1 / 3, 12)
  })
})

describe('moments', () => {
  const column = datetime('t', ['2024-01-31T10:00:00Z', NaN, '2024-02-29T10:00:00Z'])

  it('are parts that were asked for, with a default for missing ones', () => {
    const params = parseParams(
      datetimeVectorizer.space,
      { week: false, elapsed: false, missing: 'default', default_datetime: 0 },
      'test',
    )
    const features = datetimeVectorizer.apply(column, datetimeVectorizer.fit(column, params, context))
    const found = Object.fromEntries(features.map(({ name, values }) => [name, Array.from(values)]))
    expect(found).toEqual({
      't weekday': [2, 3, 3],
      't year': [2024, 1970, 2024],
      't hour': [10, 0, 10],
      't month': [0, 0, 1],
      't day': [30, 0, 28],
    })
  })

  it.each([
    ['first', [0, NaN, 29]],
    ['last', [-29, NaN, 0]],
    ['date', [19753 + 10 / 24, NaN, 19782 + 10 / 24]],
  ])('are days since the %s', (reference, wanted) => {
    const params = {
      ...defaults(calendarFeatures.space),
      reference,
      ...(reference === 'date' ? { date: 0 } : {}),
    }
    const [since] = calendarFeatures.apply(column, calendarFeatures.fit(column, params, context))
    expect(since!.name).toBe('t days since')
    expect(Array.from(since!.values)).toEqual(wanted.map(Math.fround))
  })
})
