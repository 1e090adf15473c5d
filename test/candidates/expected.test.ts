import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/candidates/candidate.ts'
import { expectedMaking } from '../../src/candidates/expected.ts'

const step = (transform: string, params: Step['params'] = {}): Step => ({ transform, params })
const made = (columns: number, then: readonly Step[], merged: readonly Step[] = [], rows = 1000) =>
  expectedMaking(
    { groups: [{ name: 'g', reason: '', columns: Array.from({ length: columns }, (_, j) => `x${j}`), encode: [], then }], merged }, // prettier-ignore
    rows,
    column => (column === 'x0' ? 3 : 100),
  )

describe('what making features is expected to come to', () => {
  it('is one feature per column where nothing says more', () => {
    expect(made(7, [step('feature-imputer')], [step('robust-standard-scaler')]).features).toBe(7)
  })
  it('is a feature per bin, but no more bins than values', () => {
    expect(made(4, [step('piecewise-linear-encoder', { n_bins: 8 })]).features).toBe(2 + 3 * 8)
  })
  it('is a sine and a cosine per frequency beside the number', () => {
    expect(made(4, [step('periodic-encoder', { n_frequencies: 3 })]).features).toBe(4 * 7)
  })
  it('is the directions and colours of each cell of a picture', () => {
    const params = { height: 8, width: 10, channels: 3, cell: 4 }
    expect(made(240, [step('gradient-histograms', params)]).features).toBe(2 * 3 * (8 + 3))
  })
  it('is as many components as asked, and takes longer than without them, the more rows and columns the more', () => {
    const components = [step('robust-pca', { n_components: 50 })]
    expect(made(200, [], components).features).toBe(50)
    expect(made(30, [], components).features).toBe(30)
    const seconds = (columns: number, rows: number) => made(columns, [], components, rows).seconds
    expect(made(30, [], components).seconds).toBe(made(30, []).seconds)
    expect(seconds(200, 1000)).toBeGreaterThan(made(200, []).seconds)
    expect(seconds(400, 1000)).toBeGreaterThan(3 * seconds(200, 1000))
    expect(seconds(200, 8000)).toBeGreaterThan(4 * seconds(200, 1000))
  })
})
