import { describe, expect, it } from 'vitest'
import type { Column, Dataset } from '../../src/data/dataset.ts'
import { makeTarget } from '../../src/data/target.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { findRepeatedRows } from '../../src/profile/rows.ts'
import { profileSchema } from '../../src/profile/schema.ts'
import { DistinctSketch, finalMix, SKETCH_ERROR } from '../../src/profile/sketch.ts'
import { createRng } from '../../src/util/rng.ts'

const ROWS = 300_000
const SEEN = 20_000

/** Numbers of many and of few values, dates, categories and texts, with holes, repeated rows, and a target that hangs on them. */
function table(): Dataset {
  const rng = createRng(7)
  const price = new Float64Array(ROWS)
  const grade = new Float32Array(ROWS)
  const day = new Float64Array(ROWS)
  const region = new Int32Array(ROWS)
  const y = new Int32Array(ROWS)
  const texts: string[] = []
  const missing = new Uint8Array(ROWS)
  for (let row = 0; row < ROWS; row++) {
    const again = row > 1000 && rng.next() < 0.1 ? rng.int(row) : -1
    price[row] = again >= 0 ? price[again]! : rng.next() < 0.05 ? NaN : Math.exp(2 * rng.normal())
    grade[row] = again >= 0 ? grade[again]! : rng.int(40) / 4
    day[row] = again >= 0 ? day[again]! : (18_000 + rng.int(900)) * 86_400_000
    region[row] = again >= 0 ? region[again]! : rng.int(6)
    missing[row] = again >= 0 ? missing[again]! : rng.next() < 0.1 ? 1 : 0
    texts.push(again >= 0 ? texts[again]! : missing[row] ? '' : `é${rng.int(80_000)} word${rng.int(5000)}`)
    y[row] = again >= 0 && rng.next() < 0.8 ? y[again]! : rng.next() < 1 / (1 + grade[row]!) ? 1 : 0
  }
  const bytes = texts.map(text => Buffer.from(text))
  const offsets = new Float64Array(ROWS + 1)
  bytes.forEach((text, row) => (offsets[row + 1] = offsets[row]! + text.length))
  const columns: Column[] = [
    { kind: 'numeric', name: 'price', values: price },
    { kind: 'numeric', name: 'grade', values: grade },
    { kind: 'datetime', name: 'day', values: day },
    { kind: 'categorical', name: 'region', codes: region, categories: ['a', 'b', 'c', 'd', 'e', 'f'] },
    { kind: 'text', name: 'note', bytes: new Uint8Array(Buffer.concat(bytes)), offsets, missing },
    { kind: 'categorical', name: 'y', codes: y, categories: ['no', 'yes'] },
  ]
  return { name: 'long', rows: ROWS, columns }
}

describe('the profile of a long table', async () => {
  const dataset = table()
  const schema = {
    columns: dataset.columns.map(({ name, kind }) => ({
      name,
      kind,
      use: name === 'y' ? ('target' as const) : ('feature' as const),
      reason: '',
      missing: [],
    })),
  }
  const options = { made: makeTarget(dataset, 'y'), seed: 1 }
  const exact = await profileDataset(dataset, schema, { ...options, exactRows: ROWS })
  const long = await profileDataset(dataset, schema, { ...options, exactRows: SEEN })
  const pairs = exact.columns.map((column, j) => [column, long.columns[j]!] as const)

  it('fits the published schema and says what it is of', () => {
    expect(profileSchema.parse(JSON.parse(JSON.stringify(long)))).toEqual(long)
    expect(long.sampled).toEqual({ rows: SEEN, of: ROWS, shareError: 1 / Math.sqrt(SEEN) })
    expect(exact.sampled).toBeUndefined()
    expect(exact.columns.every(column => column.errors === undefined)).toBe(true)
    expect(exact.duplicateError).toBeUndefined()
  })

  it('counts missing values, moments, extremes, shares, leading values and classes exactly', () => {
    for (const [whole, part] of pairs) {
      expect(part.missing).toBe(whole.missing)
      expect(part.top[0]!.count).toBeLessThanOrEqual(whole.top[0]!.count)
      if (part.meanLength !== undefined) expect(part.meanLength).toBeCloseTo(whole.meanLength!, 12)
      if (!part.numeric) continue
      for (const key of ['count', 'min', 'max', 'integerFraction', 'zeroFraction'] as const)
        expect(part.numeric[key]).toBe(whole.numeric![key])
      for (const key of ['mean', 'std', 'skew', 'kurtosis'] as const)
        expect(part.numeric[key] / whole.numeric![key]).toBeCloseTo(1, 9)
      expect(part.numeric.histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(whole.numeric!.count)
    }
    expect(long.target).toEqual(exact.target)
  })

  it('is exact throughout for numbers and dates of few values, and for categories', () => {
    for (const [whole, part] of pairs) {
      if (!['grade', 'day', 'region', 'y'].includes(whole.name)) continue
      const { prediction: _, ...expected } = whole
      const { prediction: __, ...found } = part
      expect(found).toEqual(expected)
    }
  })

  it('keeps the errors that it states', () => {
    const [price, note] = [pairs[0]!, pairs[4]!]
    for (const [whole, part] of [price, note]) {
      expect(part.distinctExact).toBe(false)
      expect(Math.abs(part.distinct / whole.distinct - 1)).toBeLessThan(part.errors!.distinct!)
    }
    expect(Math.abs(note[1].distinctWords! / note[0].distinctWords! - 1)).toBeLessThan(
      note[1].errors!.distinctWords!,
    )
    const values = (dataset.columns[0] as Column & { kind: 'numeric' }).values
    const sorted = values.filter(value => value === value).sort()
    const { numeric, errors } = price[1]
    const rankOf = (value: number) => sorted.findIndex(other => other >= value) / sorted.length
    const shares = [0.01, 0.05, 0.25, 0.75, 0.95, 0.99]
    shares.forEach((share, i) =>
      expect(Math.abs(rankOf(numeric!.quantiles[i]!) - share)).toBeLessThan(errors!.ranks!),
    )
    expect(Math.abs(rankOf(numeric!.median) - 0.5)).toBeLessThan(errors!.ranks!)
  })

  it('estimates duplicates and conflicts without bias, with an error that holds', () => {
    expect(exact.duplicateRows).toBeGreaterThan(0.1 * ROWS)
    expect(long.duplicateError!).toBeGreaterThan(0)
    expect(long.duplicateError!).toBeLessThan(0.1 * exact.duplicateRows)
    expect(Math.abs(long.duplicateRows - exact.duplicateRows)).toBeLessThan(long.duplicateError!)
    expect(Math.abs(long.conflicts!.rows - exact.conflicts!.rows)).toBeLessThan(long.conflicts!.error!)
    expect(long.insights.find(({ id }) => id === 'W_DUPLICATES')!.fact).toMatch(/± [\d,]+ rows/)
  })

  it('covers the true number of duplicates in at least 9 of 10 parts of the rows', () => {
    const rng = createRng(3)
    let held = 0
    for (let trial = 0; trial < 40; trial++) {
      const values = Float64Array.from({ length: 20_000 }, () => rng.int(60_000))
      const columns: Column[] = [
        { kind: 'numeric', name: 'x', values: values.map(value => value + trial * 1e6) },
      ]
      const all = findRepeatedRows(columns, undefined, 20_000)
      const part = findRepeatedRows(columns, undefined, 20_000, 4000)
      if (Math.abs(part.duplicates - all.duplicates) <= part.errors!.duplicates) held++
    }
    expect(held).toBeGreaterThanOrEqual(36)
  })
})

describe('the sketch of distinct values', () => {
  it('is right to the error it states for ten to a million values', () => {
    let held = 0
    let all = 0
    for (const size of [10, 1000, 20_000, 40_000, 80_000, 1_000_000]) {
      for (let salt = 0; salt < 5; salt++) {
        const sketch = new DistinctSketch()
        for (let i = 0; i < size; i++) {
          const key = i + salt * 0x1234567
          sketch.add(finalMix(key), finalMix(key ^ 0x5bd1e995))
          if (i % 3 === 0) sketch.add(finalMix(key), finalMix(key ^ 0x5bd1e995))
        }
        const off = Math.abs(sketch.estimate() / size - 1)
        expect(off).toBeLessThan(2 * SKETCH_ERROR)
        if (off < SKETCH_ERROR) held++
        all++
      }
    }
    expect(held / all).toBeGreaterThan(0.9)
  })
})
