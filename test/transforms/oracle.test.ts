import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseParams } from '../../src/params/space.ts'
import type { Binning } from '../../src/transforms/bins.ts'
import { binEdges, binRows } from '../../src/transforms/bins.ts'
import { calendarFeatures } from '../../src/transforms/calendar-features.ts'
import { robustSmoothClip } from '../../src/transforms/robust-smooth-clip.ts'
import { describeSequence, readSequence, SEQUENCE_FEATURES } from '../../src/transforms/sequence-numbers.ts'
import { tfidf } from '../../src/transforms/tfidf.ts'
import { datetime, matrixOf, text } from './columns.ts'

// The script beside the goldens names the libraries and lists where they may differ.
const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/transforms/goldens.json', import.meta.url), 'utf8'),
) as {
  bins: { strategy: Binning; values: number[]; edges: number[]; bins: number[] }[]
  robust: { values: number[]; clipped: number[] }
  series: { series: number[]; features: Record<string, number | null> }[]
  calendar: { seconds: number[]; features: Record<string, number[]> }
  tfidf: { texts: string[]; cases: { smooth: boolean; terms: string[]; matrix: number[][] }[] }
}
const context = { seed: 1, task: 'binary', classes: 2, target: new Float64Array(0) } as const

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(found).toHaveLength(wanted.length)
  for (let i = 0; i < wanted.length; i++)
    expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(wanted[i]!)),
    )
}

describe('transforms and the libraries people know them from', () => {
  it.each(goldens.bins)('$strategy bins are those of scikit-learn', ({ strategy, edges, bins, ...given }) => {
    const values = Float32Array.from(given.values)
    const found = binEdges(values, 7, strategy)
    expectClose(found, edges, 1e-6)
    expect(Array.from(binRows(values, found))).toEqual(bins)
  })

  it('robust-smooth-clip is the clip of what RobustScaler gives', () => {
    const { values, clipped } = goldens.robust
    const features = {
      rows: values.length,
      columns: [{ kind: 'dense', name: 'x', values: Float32Array.from(values) }],
    } as const
    const state = robustSmoothClip.fit(features, { limit: 3 }, context)
    expectClose(matrixOf(robustSmoothClip.apply(features, state)).flat(), clipped, 1e-6)
  })

  it.each(goldens.series.map(one => [one.series.length, one] as const))(
    'features of a series of %d numbers are those of numpy and scipy',
    (_, { series, features }) => {
      const found = describeSequence(readSequence(JSON.stringify(series), 10_000))
      expect(Object.keys(features)).toEqual([...SEQUENCE_FEATURES])
      for (const [k, name] of SEQUENCE_FEATURES.entries()) {
        if (features[name] === null) expect(found[k], name).toBeNaN()
        else expect(found[k], name).toBeCloseTo(features[name]!, 8)
      }
    },
  )

  it('calendar features are those of pandas', () => {
    const { seconds, features } = goldens.calendar
    const column = datetime(
      't',
      seconds.map(second => second * 1000),
    )
    const state = calendarFeatures.fit(column, parseParams(calendarFeatures.space, {}, 'test'), context)
    const found = Object.fromEntries(
      calendarFeatures.apply(column, state).map(({ name, values }) => [name, Array.from(values)]),
    )
    const first = Math.min(...seconds)
    const days = Float32Array.from(seconds, second => (second - first) / 86_400)
    expect(found).toEqual({
      't days since': Array.from(days),
      ...Object.fromEntries(Object.entries(features).map(([name, values]) => [`t ${name}`, values])),
    })
  })

  it.each(goldens.tfidf.cases)(
    'tfidf is that of scikit-learn, smooth_idf $smooth',
    ({ smooth, terms, matrix }) => {
      const column = text('t', goldens.tfidf.texts)
      const params = parseParams(tfidf.space, { min_df: 1, smooth_idf: smooth }, 'test')
      const features = tfidf.apply(column, tfidf.fit(column, params, context))
      expect(features.map(({ name }) => name)).toEqual(terms.map(term => `t~${term}`))
      const found = matrixOf({ rows: matrix.length, columns: features })
      for (const [row, values] of matrix.entries()) expectClose(found[row]!, values, 1e-6)
    },
  )
})
