import { describe, expect, it } from 'vitest'
import type { Column, Dataset } from '../../src/data/dataset.ts'
import { encodeTarget, makeTarget } from '../../src/data/target.ts'

const numeric = (values: number[]): Column => ({
  kind: 'numeric',
  name: 'y',
  values: Float64Array.from(values),
})
const words = (values: (string | undefined)[]): Column => {
  const categories = [...new Set(values.filter(value => value !== undefined))]
  const codes = Int32Array.from(values, value => (value === undefined ? -1 : categories.indexOf(value)))
  return { kind: 'categorical', name: 'y', codes, categories }
}
const table = (column: Column, rows: number): Dataset => ({ name: 'table', rows, columns: [column] })
const make = (values: number[], task?: 'binary' | 'multiclass' | 'regression') =>
  makeTarget(table(numeric(values), values.length), 'y', task)
const repeat = (values: number[], rows: number) =>
  Array.from({ length: rows }, (_, i) => values[i % values.length]!)
const range = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i)

describe('makeTarget', () => {
  it('puts the majority first, so that the positive class is the rarer', () => {
    const values = ['no', 'yes', 'no', undefined, 'no']
    const { target, rows, missing } = makeTarget(table(words(values), 5), 'y')
    expect(target).toMatchObject({ task: 'binary', classes: ['no', 'yes'] })
    expect([...target.values]).toEqual([0, 1, 0, 0])
    expect([...rows]).toEqual([0, 1, 2, 4])
    expect(missing).toBe(1)
  })

  it('orders two equally frequent classes as strings', () => {
    expect(makeTarget(table(words(['b', 'a', 'a', 'b']), 4), 'y').target.classes).toEqual(['a', 'b'])
  })

  it('sorts the labels of many classes as strings', () => {
    const { target } = make(repeat([1, 2, 10], 300))
    expect(target).toMatchObject({ task: 'multiclass', classes: ['1', '10', '2'] })
  })

  // Each rule of the inference, just on either side of its threshold.
  it.each([
    ['two numbers', repeat([0.5, 7], 100), 'binary'],
    ['five broken numbers', repeat([0.1, 0.2, 0.3, 0.4, 0.5], 100), 'multiclass'],
    ['six broken numbers', repeat([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 100), 'regression'],
    ['1 % broken numbers', [...repeat(range(10), 99), 0.5], 'regression'],
    ['0.9 % broken numbers', [...repeat(range(10), 999), ...repeat([0.5], 9)], 'multiclass'],
    ['whole numbers up to ten times their count', repeat([...range(9), 100], 200), 'multiclass'],
    ['whole numbers beyond it, often different', repeat([...range(9), 101], 200), 'regression'],
    ['whole numbers beyond it, seldom different', repeat([...range(9), 101], 1000), 'multiclass'],
    ['negative whole numbers, often different', repeat(range(10, -3), 200), 'regression'],
    ['100 whole numbers in a row', repeat(range(100), 1000), 'multiclass'],
  ] as const)('%s: %#', (_, values, task) => {
    expect(make([...values]).target.task).toBe(task)
  })

  it('takes more than a hundred whole numbers for a quantity, where Autopilot would ask, and says how to change that', () => {
    const made = make(repeat(range(101), 1000))
    expect(made.target.task).toBe('regression')
    expect(made.taskReason).toMatch(/--problem-type MulticlassClassification/)
    expect(make(repeat(range(101), 1000), 'multiclass').target.task).toBe('multiclass')
  })

  it('takes mostly words for classes and counts words as invalid for a regression', () => {
    expect(makeTarget(table(words(['a', 'b', '3', 'c']), 4), 'y').target.task).toBe('multiclass')
    const mixed = makeTarget(table(words(['1.5', '2.5', 'oops', undefined, '4']), 5), 'y', 'regression')
    expect([...mixed.target.values]).toEqual([1.5, 2.5, 4])
    expect([...mixed.rows]).toEqual([0, 1, 4])
    expect(mixed).toMatchObject({ invalid: 1, missing: 1 })
  })

  it.each([
    ['one class', () => make([3, 3, 3]), 'E_TARGET_SINGLE_CLASS'],
    ['no value', () => make([NaN, NaN]), 'E_TARGET_EMPTY'],
    ['a constant', () => make([2, 2, 2], 'regression'), 'E_TARGET_CONSTANT'],
    [
      'words for a regression',
      () => makeTarget(table(words(['a', 'b']), 2), 'y', 'regression'),
      'E_TARGET_EMPTY',
    ],
    ['three classes for a binary target', () => make([1, 2, 3], 'binary'), 'E_TOO_MANY_CLASSES'],
    ['2001 classes', () => make(range(2001), 'multiclass'), 'E_TOO_MANY_CLASSES'],
    [
      '2001 words',
      () => makeTarget(table(words(range(2001).map(i => `w${i}`)), 2001), 'y'),
      'E_TOO_MANY_CLASSES',
    ],
    ['another name', () => makeTarget(table(numeric([1, 2]), 2), 'z'), 'E_TARGET_NOT_FOUND'],
  ])('%s is refused', (_, attempt, code) => {
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })

  it('keeps labels such as __proto__ and emoji apart', () => {
    const { target } = makeTarget(table(words(['__proto__', '🙂', 'constructor', '__proto__']), 4), 'y')
    expect(target.classes).toEqual(['__proto__', 'constructor', '🙂'])
  })
})

describe('encodeTarget', () => {
  it('finds the classes of another file, NaN for labels never seen', () => {
    const task = { task: 'multiclass', target: 'y', classes: ['a', 'b'] } as const
    expect([...encodeTarget(words(['b', 'c', undefined, 'a']), task)]).toEqual([1, NaN, NaN, 0])
  })

  it('knows 1.0 for 1 when the files write numbers differently', () => {
    const task = { task: 'binary', target: 'y', classes: ['0', '1'] } as const
    expect([...encodeTarget(words(['1.0', '0.0']), task)]).toEqual([1, 0])
    const written = { task: 'binary', target: 'y', classes: ['0.0', '1.0'] } as const
    expect([...encodeTarget(numeric([1, 0]), written)]).toEqual([1, 0])
  })

  it('gives back what makeTarget made', () => {
    const column = words(['no', 'yes', 'no'])
    const { target } = makeTarget(table(column, 3), 'y')
    expect(encodeTarget(column, { task: target.task, target: 'y', classes: target.classes })).toEqual(
      target.values,
    )
  })

  it('reads numbers for a regression', () => {
    expect([...encodeTarget(words(['1.5', 'x']), { task: 'regression', target: 'y', classes: [] })]).toEqual([
      1.5,
      NaN,
    ])
  })
})
