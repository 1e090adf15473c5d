import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../src/data/dataset.ts'
import { repeatsFor, splitRows } from '../../src/split/index.ts'
import type { Folds } from '../../src/split/index.ts'

const classes = (values: number[]): Target => {
  const many = Math.max(0, ...values) + 1
  return {
    name: 'y',
    task: many > 2 ? 'multiclass' : 'binary',
    classes: Array.from({ length: many }, (_, i) => `c${i}`),
    values: Float64Array.from(values),
  }
}
const quantity = (values: number[]): Target => ({
  name: 'y',
  task: 'regression',
  classes: [],
  values: Float64Array.from(values),
})
const counts = (target: Target, rows: Int32Array) => {
  const tally = target.classes.map(() => 0)
  rows.forEach(row => tally[target.values[row]!]!++)
  return tally
}

/** Every fold trains on what it does not score, rows ascending, and nothing is scored twice. */
function check(split: Folds, rows: number): void {
  const scored = new Set<number>()
  expect(split.folds.length).toBeGreaterThan(0)
  for (const { train, validation } of split.folds) {
    expect(train.length).toBeGreaterThan(0)
    expect(validation.length).toBeGreaterThan(0)
    const both = [...train, ...validation]
    expect(new Set(both).size).toBe(both.length)
    expect(both.every(row => row >= 0 && row < rows)).toBe(true)
    expect([...train]).toEqual([...train].sort((a, b) => a - b))
    for (const row of validation) {
      expect(scored.has(row)).toBe(false)
      scored.add(row)
    }
  }
}

describe('tiny tables', () => {
  const target = classes(Array.from({ length: 60 }, (_, i) => i % 3))
  it('are dealt into folds several times, differently, and each deal scores every row once', () => {
    const { folds, repeats, reason } = splitRows(target, { seed: 1, repeats: repeatsFor(60, 4) })
    expect(repeats).toBe(3)
    expect(folds).toHaveLength(15)
    expect(reason).toContain('dealt 3 times')
    const deals = [0, 1, 2].map(deal => folds.slice(5 * deal, 5 * deal + 5))
    for (const deal of deals) {
      check({ kind: 'k-fold', reason: '', folds: deal }, 60)
      expect(deal.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b)).toHaveLength(60)
    }
    expect(deals[1]!.map(({ validation }) => [...validation])).not.toEqual(deals[0]!.map(({ validation }) => [...validation])) // prettier-ignore
    expect(deals[0]).toEqual(splitRows(target, { seed: 1 }).folds)
  })
  it('are those of at most 100 rows that are not wide', () => {
    expect([repeatsFor(100, 100), repeatsFor(101, 3), repeatsFor(100, 10_000)]).toEqual([3, 1, 1])
  })
})

describe('splitRows', () => {
  it('makes five folds that share out each class evenly', () => {
    const target = classes(Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0)))
    const split = splitRows(target, { seed: 1 })
    check(split, 1000)
    expect(split.kind).toBe('k-fold')
    expect(split.folds.map(fold => counts(target, fold.validation))).toEqual(
      Array.from({ length: 5 }, () => [180, 20]),
    )
    expect(split.folds.every(fold => fold.train.length + fold.validation.length === 1000)).toBe(true)
  })

  it('holds out one row in five above 50,000 rows, with the share of each class', () => {
    const target = classes(Array.from({ length: 50_001 }, (_, i) => i % 3))
    const split = splitRows(target, { seed: 1 })
    check(split, 50_001)
    expect(split.kind).toBe('holdout')
    expect(split.folds).toHaveLength(1)
    expect(counts(target, split.folds[0]!.validation).every(n => Math.abs(n - 3333) <= 2)).toBe(true)
    expect(splitRows(classes(Array.from({ length: 50_000 }, (_, i) => i % 3)), { seed: 1 }).kind).toBe(
      'k-fold',
    )
  })

  it('holds out the share that is asked for, with the share of each class', () => {
    const target = classes(Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0)))
    for (const [share, held] of [
      [0.2, 200],
      [0.3, 300],
      [0.125, 125],
      [0.9, 900],
      [0.001, 1],
      [0.999, 999],
    ] as const) {
      // prettier-ignore
      const split = splitRows(target, { seed: 1, share, repeats: 3 })
      check(split, 1000)
      expect([split.kind, split.folds.length]).toEqual(['holdout', 1])
      const [fold] = split.folds
      expect([fold!.validation.length, fold!.train.length]).toEqual([held, 1000 - held])
      expect(Math.abs(counts(target, fold!.validation)[1]! - held / 10)).toBeLessThanOrEqual(1)
      expect(split.reason).toContain('as asked')
    }
    expect(splitRows(target, { seed: 1, share: 0.2 }).folds).toEqual(splitRows(target, { seed: 1, folds: 1 }).folds) // prettier-ignore
  })

  it('holds out a share that is as near as the rows allow, whatever the table', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 300 }),
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.boolean(),
        (rows, share, isNumber) => {
          const values = Array.from({ length: rows }, (_, i) => (isNumber ? (i * 7919) % 31 : i % 2))
          const split = splitRows(isNumber ? quantity(values) : classes(values), { seed: 3, share })
          check(split, rows)
          const held = split.folds[0]!.validation.length
          expect(Math.abs(held - Math.min(rows - 1, Math.max(1, share * rows)))).toBeLessThanOrEqual(2)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  it('says so when a share leaves nothing to score', () => {
    const target = classes([0, 1, ...Array.from({ length: 20 }, (_, i) => i + 2)])
    expect(splitRows(target, { seed: 1, share: 0.5 }).folds[0]!.validation.length).toBeGreaterThan(0)
    expect(() => splitRows(classes([0, 0, 1]), { seed: 1, share: 0.001 })).not.toThrow()
  })

  it('spreads a quantity evenly: every fold has the same mean, nearly', () => {
    const target = quantity(Array.from({ length: 500 }, (_, i) => (i * 7919) % 1000))
    const split = splitRows(target, { seed: 3 })
    check(split, 500)
    const means = split.folds.map(({ validation }) => {
      let sum = 0
      for (const row of validation) sum += target.values[row]!
      return sum / validation.length
    })
    expect(Math.max(...means) - Math.min(...means)).toBeLessThan(10)
  })

  it('is the same for the same seed and another for another seed', () => {
    const target = classes(Array.from({ length: 200 }, (_, i) => i % 2))
    expect(splitRows(target, { seed: 5 })).toEqual(splitRows(target, { seed: 5 }))
    expect(splitRows(target, { seed: 5 })).not.toEqual(splitRows(target, { seed: 6 }))
  })

  it('always trains on a class of one row, and scores each row of a class of two once', () => {
    const values = Array.from({ length: 100 }, () => 0)
    values[17] = 1
    values[50] = values[60] = 2
    const target = classes(values)
    const split = splitRows(target, { seed: 0 })
    check(split, 100)
    expect(split.folds.every(fold => fold.train.includes(17))).toBe(true)
    expect(split.folds.every(fold => counts(target, fold.train)[2]! >= 1)).toBe(true)
  })

  it('never crashes and never leaks, whatever the classes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(6), { minLength: 2, maxLength: 60 }),
        fc.integer({ min: 0, max: 9 }),
        (values, seed) => {
          check(splitRows(classes(values), { seed }), values.length)
          check(splitRows(quantity(values), { seed, folds: 1 }), values.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('refuses a single row', () => {
    expect(() => splitRows(classes([0]), { seed: 0 })).toThrow(
      expect.objectContaining({ code: 'E_TOO_FEW_ROWS' }),
    )
  })
})

describe('splitRows with groups', () => {
  it('never has a group on both sides and keeps parts and classes about even', () => {
    const groups = Int32Array.from({ length: 1000 }, (_, i) => Math.floor(i / 7))
    const target = classes(Array.from({ length: 1000 }, (_, i) => (Math.floor(i / 7) % 4 === 0 ? 1 : 0)))
    const split = splitRows(target, { seed: 2, groups })
    check(split, 1000)
    for (const { train, validation } of split.folds) {
      const trained = new Set([...train].map(row => groups[row]))
      expect([...validation].some(row => trained.has(groups[row]!))).toBe(false)
      const [zero, one] = counts(target, validation)
      expect(Math.abs(zero! - 150)).toBeLessThan(15)
      expect(Math.abs(one! - 50)).toBeLessThan(15)
    }
  })

  it('makes as many folds as there are groups when they are few, and refuses a single group', () => {
    const target = classes([0, 1, 0, 1, 0, 1])
    const split = splitRows(target, { seed: 0, groups: Int32Array.of(0, 0, 1, 1, 2, 2) })
    check(split, 6)
    expect(split.folds).toHaveLength(3)
    expect(() => splitRows(target, { seed: 0, groups: new Int32Array(6) })).toThrow(
      expect.objectContaining({ code: 'E_TOO_FEW_GROUPS' }),
    )
  })
})

describe('splitRows with time', () => {
  const shuffled = (n: number) => Float64Array.from({ length: n }, (_, i) => (i * 7919) % n)

  it('predicts later rows from earlier ones only', () => {
    const time = shuffled(1009)
    const split = splitRows(quantity([...time]), { seed: 0, time })
    check(split, 1009)
    expect(split.folds).toHaveLength(5)
    for (const { train, validation } of split.folds) {
      const latest = train.reduce((max, row) => Math.max(max, time[row]!), -Infinity)
      expect(validation.every(row => time[row]! > latest)).toBe(true)
    }
  })

  it('holds out the last fifth when one fold is asked for', () => {
    const time = shuffled(1000)
    const [fold] = splitRows(quantity([...time]), { seed: 0, time, folds: 1 }).folds
    expect([...fold!.validation].every(row => time[row]! >= 800)).toBe(true)
    expect(fold!.validation).toHaveLength(200)
  })

  it('keeps rows of one moment together, trains on rows of unknown time, refuses a single moment', () => {
    const time = Float64Array.from({ length: 100 }, (_, i) => (i === 3 ? NaN : Math.floor(i / 10)))
    const split = splitRows(quantity([...time.keys()]), { seed: 0, time })
    check(split, 100)
    for (const { train, validation } of split.folds) {
      expect(train.includes(3)).toBe(true)
      expect([...validation].some(row => [...train].some(other => time[other] === time[row]))).toBe(false)
    }
    expect(() => splitRows(quantity([1, 2, 3]), { seed: 0, time: new Float64Array(3) })).toThrow(
      expect.objectContaining({ code: 'E_TOO_FEW_MOMENTS' }),
    )
  })
})
