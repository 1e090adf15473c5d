import { describe, expect, it } from 'vitest'
import type { Dataset, Target } from '../../src/data/dataset.ts'
import { sampleImages } from '../../src/experiment/images.ts'

const columns = ['a', 'b', 'c', 'd'].map((name, j) => ({
  kind: 'numeric' as const,
  name,
  values: Float64Array.from({ length: 60 }, (_, row) => 10 * row + j),
}))
const dataset = { name: 'pictures', rows: 60, columns } as unknown as Dataset
const image = { height: 2, width: 2, channels: 1 as const, columns: ['a', 'b', 'missing', 'd'], reason: '' }
const classes = ['x', 'y', 'z', 'w']
const target = (values: readonly number[], task: Target['task'] = 'multiclass') =>
  ({
    name: 't',
    task,
    values: Float64Array.from(values),
    classes: task === 'regression' ? [] : classes,
  }) as Target

describe('sample pictures', () => {
  it('are the first of each class, as often for each, with black where a column is not in the table', () => {
    const samples = sampleImages(dataset, target(Array.from({ length: 60 }, (_, row) => row % 4)), { image })!
    expect(samples).toHaveLength(20)
    for (const name of classes) expect(samples.filter(({ label }) => label === name)).toHaveLength(5)
    expect(samples[1]).toEqual({ label: 'y', pixels: [10, 11, 0, 13] })
  })
  it('are taken from the rows that have a target', () => {
    const rows = Int32Array.of(7, 9, 30)
    const samples = sampleImages(dataset, target([2, 0, 2]), { image }, rows)!
    expect(samples.map(({ label, pixels }) => [label, pixels[0]])).toEqual([['z', 70], ['x', 90], ['z', 300]]) // prettier-ignore
  })
  it('are the first rows of a regression, and none where columns are no pixels', () => {
    const values = Array.from({ length: 60 }, (_, row) => row / 2)
    const samples = sampleImages(dataset, target(values, 'regression'), { image })!
    expect(samples.map(({ label }) => label)).toEqual(values.slice(0, 20).map(String))
    expect(sampleImages(dataset, target(values, 'regression'), {})).toBeUndefined()
  })
})
