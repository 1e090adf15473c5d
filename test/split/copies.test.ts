import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column, Target } from '../../src/data/dataset.ts'
import { rowKeys } from '../../src/data/row-keys.ts'
import { findCopies } from '../../src/split/copies.ts'
import { splitRows, type Folds } from '../../src/split/index.ts'
import { createRng } from '../../src/util/rng.ts'

const numbers = (name: string, values: readonly number[]): Column => ({
  kind: 'numeric',
  name,
  values: Float64Array.from(values),
})
const target = (task: Target['task'], values: readonly number[]): Target => ({
  name: 'y',
  task,
  classes: task === 'regression' ? [] : Array.from({ length: Math.max(...values) + 1 }, (_, i) => `c${i}`),
  values: Float64Array.from(values),
})

/** Half of the rows stand twice, in random places: key, class and value of each. */
function doubled(different: number, seed: number) {
  const rng = createRng(seed)
  const origin = rng.shuffle(Array.from({ length: (different * 3) / 2 }, (_, i) => i % different))
  const draw = Array.from({ length: different }, () => ({ label: rng.int(3), value: rng.normal() }))
  return {
    origin,
    keys: rowKeys([numbers('a', origin), numbers('b', origin.map(i => i % 7))], origin.length), // prettier-ignore
    labels: origin.map(i => draw[i]!.label),
    values: origin.map(i => draw[i]!.value),
  }
}

/** Originals that stand in training and in validation of one fold. */
function onBothSides({ folds }: Folds, origin: readonly number[]): number {
  let found = 0
  for (const { train, validation } of folds) {
    const trained = new Set(Array.from(train, row => origin[row]!))
    for (const row of validation) if (trained.has(origin[row]!)) found++
  }
  return found
}

describe('copies of rows', () => {
  it.each(['binary', 'multiclass', 'regression'] as const)('stay together in folds and holdout: %s', task => {
    const { origin, keys, labels, values } = doubled(600, 4)
    const told = { binary: labels.map(n => n % 2), multiclass: labels, regression: values }[task]
    const made = target(task, told)
    const apart = splitRows(made, { seed: 1 })
    expect(onBothSides(apart, origin)).toBeGreaterThan(300)
    for (const folds of [undefined, 1, 3]) {
      const split = splitRows(made, { seed: 1, keys, ...(folds !== undefined && { folds }) })
      expect(onBothSides(split, origin)).toBe(0)
      const parts = folds === 3 ? 3 : 5
      for (const { train, validation } of split.folds) {
        expect(train.length + validation.length).toBe(900)
        expect(Math.abs(validation.length - 900 / parts)).toBeLessThanOrEqual(8)
      }
      expect(split.reason).toContain('600 rows are copies of 300, and copies stay together')
    }
    // Each class keeps its share in every fold, and a quantity its mean.
    for (const { validation } of splitRows(made, { seed: 1, keys }).folds) {
      const held = Array.from(validation, row => told[row]!)
      if (task === 'regression')
        expect(Math.abs(held.reduce((a, b) => a + b, 0) / held.length)).toBeLessThan(0.2)
      else
        for (let label = 0; label < made.classes.length; label++) {
          const all = told.filter(value => value === label).length
          expect(Math.abs(held.filter(value => value === label).length - all / 5)).toBeLessThanOrEqual(3)
        }
    }
  })

  it('stay together across groups, and groups with them', () => {
    const { origin, keys, labels } = doubled(600, 5)
    const groups = Int32Array.from(origin, (_, row) => Math.floor(row / 3))
    const made = target('multiclass', labels)
    // Groups of three rows, two thirds of them copies: joining them all would leave next to one group.
    expect(splitRows(made, { seed: 1, keys, groups }).reason).toContain('too few')
    const pairs = Int32Array.from(origin, i => i % 200)
    const some = Int32Array.from(pairs, (group, row) => (row % 100 === 0 ? 1000 + row : group))
    const split = splitRows(made, { seed: 1, keys, groups: some })
    expect(onBothSides(split, origin)).toBe(0)
    expect(onBothSides(split, Array.from(some))).toBe(0)
    expect(onBothSides(splitRows(made, { seed: 1, groups: some }), origin)).toBeGreaterThan(0)
  })

  it('change nothing where there are none, to the byte', () => {
    const keys = rowKeys(
      [
        numbers(
          'a',
          Array.from({ length: 500 }, (_, i) => i),
        ),
      ],
      500,
    )
    expect(findCopies(keys)).toBeUndefined()
    for (const task of ['multiclass', 'regression'] as const) {
      const made = target(
        task,
        Array.from({ length: 500 }, (_, i) => (i * i) % 7),
      )
      const groups = Int32Array.from({ length: 500 }, (_, i) => i % 50)
      expect(splitRows(made, { seed: 9, keys })).toEqual(splitRows(made, { seed: 9 }))
      expect(splitRows(made, { seed: 9, keys, groups })).toEqual(splitRows(made, { seed: 9, groups }))
    }
  })

  it('are dealt as rows where rows agree by nature, and the reason says so', () => {
    const kinds = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 12)
    const made = target('binary', kinds.map((n, i) => (n + i) % 2)) // prettier-ignore
    const split = splitRows(made, { seed: 0, keys: rowKeys([numbers('a', kinds)], 1000) })
    expect(split.folds.map(fold => fold.validation)).toEqual(
      splitRows(made, { seed: 0 }).folds.map(fold => fold.validation),
    )
    expect(split.reason).toContain('too few different ones')
  })

  it('of a rare class that is one row copied are always trained on', () => {
    const origin = Array.from({ length: 300 }, (_, i) => (i < 4 ? 0 : i))
    const labels = origin.map(i => (i === 0 ? 2 : i % 2))
    const keys = rowKeys([numbers('a', origin)], 300)
    const { folds } = splitRows(target('multiclass', labels), { seed: 0, keys })
    for (const { train } of folds) for (const row of [0, 1, 2, 3]) expect(train).toContain(row)
  })

  it('never crash and never stand on both sides, whatever the rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60), fc.nat(3)), { minLength: 2, maxLength: 120 }),
        fc.constantFrom('multiclass' as const, 'regression' as const),
        fc.constantFrom(1, 2, 5),
        (rows, task, folds) => {
          const origin = rows.map(([id]) => id)
          const made = target(task, rows.map(([, label]) => label)) // prettier-ignore
          const split = splitRows(made, { seed: 0, folds, keys: rowKeys([numbers('a', origin)], rows.length) }) // prettier-ignore
          expect(split.folds.length).toBeGreaterThan(0)
          const scored = split.folds.flatMap(({ validation }) => [...validation])
          expect(new Set(scored).size).toBe(scored.length)
          // A common class of one row copied is the one exception.
          const lone = (label: number) =>
            new Set(rows.filter(row => row[1] === label).map(([id]) => id)).size === 1
          const hasLone = task === 'multiclass' && [0, 1, 2, 3].some(lone)
          if (split.reason.includes('stay together') && !hasLone) expect(onBothSides(split, origin)).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })
})
