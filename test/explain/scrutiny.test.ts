import { describe, expect, it } from 'vitest'
import type { CategoricalColumn, Dataset, NumericColumn } from '../../src/data/dataset.ts'
import { fairnessBy } from '../../src/explain/fairness.ts'
import { spreadOf, takeScored } from '../../src/explain/resample.ts'
import { segmentsOf } from '../../src/explain/segments.ts'
import { weakestSlices, worstRows } from '../../src/explain/slices.ts'
import type { Scored } from '../../src/metrics/metric.ts'
import { createRng } from '../../src/util/rng.ts'

const ROWS = 2000
const rng = createRng(21)
const colour: CategoricalColumn = {
  kind: 'categorical',
  name: 'colour',
  categories: ['red', 'green', 'blue'],
  codes: Int32Array.from({ length: ROWS }, (_, i) => (i % 50 === 49 ? -1 : i % 3)),
}
const size: NumericColumn = {
  kind: 'numeric',
  name: 'size',
  values: Float64Array.from({ length: ROWS }, () => rng.normal()),
}
const dataset: Dataset = { name: 'toy', rows: ROWS, columns: [size, colour] }
const all = Int32Array.from({ length: ROWS }, (_, row) => row)
const target = Float64Array.from({ length: ROWS }, () => rng.int(2))

/** Right with 0.9, but for what is blue: there by a coin. */
const scored: Scored = {
  task: 'binary',
  width: 2,
  target,
  outputs: Float64Array.from(
    [...target].flatMap((label, row) => {
      const p = colour.codes[row] === 2 ? 0.5 : label === 1 ? 0.9 : 0.1
      return [1 - p, p]
    }),
  ),
}

describe('slices', () => {
  it('find where the loss was planted, with its size', () => {
    const [worst] = weakestSlices(dataset, all, scored, 5)
    expect([worst!.column, worst!.where]).toEqual(['colour', '"blue"'])
    expect(worst!.rows).toEqual([...all].filter(row => colour.codes[row] === 2))
    expect(worst!.loss).toBeCloseTo(Math.log(2), 10)
    expect(worst!.z).toBeGreaterThan(50)
  })

  it('are of the rows that were scored, in their order', () => {
    const backwards = all.slice().reverse()
    const [worst] = weakestSlices(dataset, backwards, takeScored(scored, backwards), 5)
    expect(worst!.where).toBe('"blue"')
    expect(worst!.rows.every(place => colour.codes[backwards[place]!] === 2)).toBe(true)
  })

  it('cut numbers into quarters that hold every row once', () => {
    const segments = segmentsOf(size, all)
    expect(segments.map(({ rows }) => rows.length)).toEqual([500, 500, 500, 500])
    expect(segments.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual([...all])
    expect(segmentsOf(colour, all).map(({ where }) => where).sort()).toEqual(['"blue"', '"green"', '"red"', 'missing']) // prettier-ignore
  })

  it('put the rows with the greatest loss first', () => {
    const outputs = scored.outputs.slice()
    outputs[2 * 77] = target[77] === 1 ? 0.99 : 0.01
    outputs[2 * 77 + 1] = 1 - outputs[2 * 77]!
    expect(worstRows({ ...scored, outputs }, 1)).toEqual([77])
  })
})

describe('fairness', () => {
  it('is the rates of each group, counted by hand', () => {
    const group: NumericColumn = {
      ...size,
      values: Float64Array.from({ length: ROWS }, (_, i) => (i < 500 ? 1 : 0)),
    }
    // Group 1 is called positive in every fifth row, group 0 in every second.
    const outputs = Float64Array.from([...all].flatMap(row => ((row < 500 ? row % 5 === 0 : row % 2 === 0) ? [0.2, 0.8] : [0.8, 0.2]))) // prettier-ignore
    const { groups, impact, opportunity } = fairnessBy(group, all, { ...scored, outputs })
    const [most, few] = groups
    expect([most!.group, most!.rows, few!.group, few!.rows]).toEqual(['0', 1500, '1', 500])
    expect([most!.selected, few!.selected]).toEqual([0.5, 0.2])
    expect(impact).toBeCloseTo(0.4, 12)
    const positives = [...all].filter(row => row < 500 && target[row] === 1)
    expect(few!.truePositive).toBeCloseTo(
      positives.filter(row => row % 5 === 0).length / positives.length,
      12,
    )
    expect(opportunity).toBeCloseTo(Math.abs(most!.truePositive! - few!.truePositive!), 12)
  })

  it('of numbers is the error and its lean', () => {
    const values = { ...scored, task: 'regression', width: 1, outputs: target.map((value, row) => value + (colour.codes[row] === 0 ? 1 : 0)) } as const // prettier-ignore
    const red = fairnessBy(colour, all, values).groups.find(({ group }) => group === '"red"')!
    expect(red.rmse).toBeCloseTo(1, 10)
    expect(red.bias).toBeCloseTo(1, 10)
  })
})

describe('the spread of a metric', () => {
  it('is that of shares of rows, about √(p(1−p)/n) less what samples share', () => {
    const right = (one: Scored) => {
      let hits = 0
      for (let row = 0; row < one.target.length; row++)
        if (one.outputs[2 * row + one.target[row]!]! > 0.5) hits++
      return { share: hits / one.target.length }
    }
    const { share } = right(scored)
    // 80 % of the rows without replacement: the variance of the mean is p(1−p)/(0.8 n) · 0.2.
    const expected = Math.sqrt(((share * (1 - share)) / (0.8 * ROWS)) * 0.2)
    const mean = Array.from({ length: 40 }, (_, seed) => spreadOf(scored, seed, right).get('share')!).reduce((sum, value) => sum + value / 40, 0) // prettier-ignore
    expect(mean / expected).toBeGreaterThan(0.75)
    expect(mean / expected).toBeLessThan(1.2)
    expect(spreadOf(takeScored(scored, all.subarray(0, 199)), 1, right).size).toBe(0)
  })
})
