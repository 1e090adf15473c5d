import { describe, expect, it } from 'vitest'
import type { TransformPlan } from '../../src/pipeline/features.ts'
import { applyTransforms, featureNames, fitTransforms } from '../../src/pipeline/features.ts'
import { InputError } from '../../src/util/errors.ts'
import { allRows, categorical, matrixOf, numeric, table } from '../transforms/columns.ts'
import { ROWS, toyDataset, toyPlan } from './toys.ts'

const context = { seed: 1, task: 'binary' as const, classes: 2, target: new Float64Array(ROWS) }
const step = (transform: string, params = {}) => ({ transform, params })
const plan = (
  encode: TransformPlan['groups'][number]['encode'],
  columns: readonly string[],
): TransformPlan => ({
  groups: [{ name: 'all', columns, encode, then: [] }],
  merged: [],
})

describe('fitTransforms', () => {
  it('gives the features of the rows fitted on, as applying does', () => {
    const dataset = toyDataset()
    const rows = allRows(ROWS).filter(row => row % 3 !== 0)
    const { fitted, features } = fitTransforms(toyPlan, dataset, rows, {
      ...context,
      target: new Float64Array(rows.length),
    })
    expect(matrixOf(features)).toEqual(matrixOf(applyTransforms(fitted, dataset, rows)))
    expect(features.columns.map(({ name }) => name)).toEqual(featureNames(fitted))
  })

  it('learns from the rows it is given alone', () => {
    const dataset = table(4, [numeric('x', [1, 3, 1000, NaN])])
    const medians = plan([step('robust-imputer', { strategy: 'median' })], ['x'])
    const { fitted } = fitTransforms(medians, dataset, Int32Array.of(0, 1, 3), context)
    expect(matrixOf(applyTransforms(fitted, dataset))).toEqual([[1], [3], [1000], [2]])
  })

  it('puts features in the order group, encoder, column', () => {
    const dataset = table(3, [numeric('a', [1, NaN, 3]), numeric('b', [NaN, 5, 6])])
    const both = plan([step('robust-imputer', { strategy: 'nan' }), step('missing-indicator')], ['b', 'a'])
    const { fitted } = fitTransforms(both, dataset, allRows(3), context)
    expect(featureNames(fitted)).toEqual(['b', 'a', 'b missing', 'a missing'])
  })

  it('never lets a row see its own target, but encodes later rows with all of them', () => {
    const dataset = table(4, [categorical('c', ['p', 'p', 'q', 'q'])])
    const means = plan([step('target-encoder', { smoothing: 0.001, folds: 4 })], ['c'])
    const { fitted, features } = fitTransforms(means, dataset, allRows(4), {
      ...context,
      target: Float64Array.of(1, 0, 1, 0),
    })
    const near = (rows: number[][]) => rows.map(([value]) => Math.round(value!))
    expect(near(matrixOf(features))).toEqual([0, 1, 0, 1])
    for (const [value] of matrixOf(applyTransforms(fitted, dataset))) expect(value).toBeCloseTo(0.5, 6)
  })

  it('hands numbers that need no change on without a copy', () => {
    const values = Float32Array.of(1, 2, NaN)
    const dataset = table(3, [{ kind: 'numeric', name: 'x', values }])
    const keep = plan([step('robust-imputer', { strategy: 'nan' })], ['x'])
    const { features } = fitTransforms(keep, dataset, allRows(3), context)
    expect(features.columns[0]!.values).toBe(values)
  })

  it.each<[string, TransformPlan, string]>([
    ['a missing column', plan([step('robust-imputer')], ['x', 'agee']), 'E_MISSING_COLUMNS'],
    ['an unknown transform', plan([step('robust-imputr')], ['x']), 'E_UNKNOWN_TRANSFORM'],
    ['a feature transform that should read columns', plan([step('robust-pca')], ['x']), 'E_WRONG_STAGE'],
    ['a column of the wrong kind', plan([step('tfidf')], ['x']), 'E_WRONG_KIND'],
    ['a wrong setting', plan([step('robust-imputer', { strategy: 'guess' })], ['x']), 'E_BAD_PARAM'],
  ])('refuses %s', (_, wrong, code) => {
    const dataset = table(1, [numeric('x', [1])])
    expect(() => fitTransforms(wrong, dataset, allRows(1), context)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

describe('applyTransforms', () => {
  it('finds columns by name, whatever their order, and names all that are missing', () => {
    const dataset = toyDataset()
    const { fitted, features } = fitTransforms(toyPlan, dataset, allRows(ROWS), context)
    const turned = { ...dataset, columns: [...dataset.columns].reverse() }
    expect(matrixOf(applyTransforms(fitted, turned))).toEqual(matrixOf(features))
    const cut = {
      ...dataset,
      columns: dataset.columns.filter(({ name }) => name !== 'age' && name !== 'when'),
    }
    expect(() => applyTransforms(fitted, cut)).toThrow(/lacks 2 column\(s\): "age", "when"/)
  })

  it('refuses a column that is of another kind than in training', () => {
    const { fitted } = fitTransforms(
      plan([step('robust-imputer')], ['x']),
      table(1, [numeric('x', [1])]),
      allRows(1),
      context,
    )
    expect(() => applyTransforms(fitted, table(1, [categorical('x', ['1'])]))).toThrow(InputError)
  })
})

describe('a combiner in a group', () => {
  const dataset = toyDataset()
  const columns = ['age', 'probability', 'city "of" birth']
  const both = plan(
    [step('category-interactions', { minimum_gain: -1, threshold: 1 }), step('ordinal-encoder')],
    columns,
  )
  const target = Float64Array.from({ length: ROWS }, (_, row) => row % 2)

  it('has one state for all columns, and stands beside encoders', () => {
    const { fitted } = fitTransforms(both, dataset, allRows(ROWS), { ...context, target })
    expect(fitted.groups[0]!.encode.map(({ states }) => states.length)).toEqual([1, 3])
    expect(featureNames(fitted)).toEqual([
      'age × probability target mean',
      'age × city "of" birth target mean',
      'probability × city "of" birth target mean',
      ...columns,
    ])
    const some = Int32Array.of(5, 3, 40)
    const all = matrixOf(applyTransforms(fitted, dataset))
    expect(matrixOf(applyTransforms(fitted, dataset, some))).toEqual(Array.from(some, row => all[row]))
  })

  it('encodes the rows fitted on out of fold', () => {
    const { fitted, features } = fitTransforms(both, dataset, allRows(ROWS), { ...context, target })
    expect(matrixOf(features)).not.toEqual(matrixOf(applyTransforms(fitted, dataset)))
  })

  it('refuses columns it cannot read, and a place among feature transforms', () => {
    const wrong = plan([step('arithmetic-features')], columns)
    expect(() => fitTransforms(wrong, dataset, allRows(ROWS), { ...context, target })).toThrow(
      expect.objectContaining({ code: 'E_WRONG_KIND' }),
    )
    const late = { ...both, merged: [step('arithmetic-features')] }
    expect(() => fitTransforms(late, dataset, allRows(ROWS), { ...context, target })).toThrow(
      expect.objectContaining({ code: 'E_WRONG_STAGE' }),
    )
  })
})
