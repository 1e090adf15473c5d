import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Column, NumericColumn } from '../../src/data/dataset.ts'
import { readDataset } from '../../src/data/read.ts'
import { makeTarget } from '../../src/data/target.ts'
import { pearson, strength } from '../../src/profile/association.ts'
import { frequentValues, rankTypes } from '../../src/profile/columns.ts'
import { countValues, quantile } from '../../src/profile/counts.ts'
import { findImage, parseImageShape } from '../../src/profile/image.ts'
import { profileDataset } from '../../src/profile/index.ts'
import { rules } from '../../src/profile/insights.ts'
import { summarizeNumbers } from '../../src/profile/numeric.ts'
import { findEqualColumns, findRepeatedRows } from '../../src/profile/rows.ts'
import { createRng } from '../../src/util/rng.ts'

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-profile-'))
const numeric = (name: string, values: ArrayLike<number>): Column => ({
  kind: 'numeric',
  name,
  values: Float64Array.from(values),
})
const normal = (rows: number, seed: number) => {
  const rng = createRng(seed)
  return Float64Array.from({ length: rows }, () => rng.normal())
}

async function profile(header: string, rows: readonly string[], target?: string) {
  const path = join(folder, `${Math.abs(rows.length * 31 + header.length)}-${header.length}.csv`)
  writeFileSync(path, `${header}\n${rows.join('\n')}\n`)
  const { dataset, schema, report } = await readDataset(path, target === undefined ? {} : { target })
  const made = target === undefined ? undefined : makeTarget(dataset, target)
  return profileDataset(dataset, schema, { ...(made && { made }), report, seed: 0 })
}

describe('countValues', () => {
  it('gives the quantiles of the sorted column, whether counted or sorted', () => {
    for (const values of [Float64Array.of(5, 1, NaN, 3, 3, 2), Float64Array.of(5.5, 1, NaN, 3, 3, -2)]) {
      const counts = countValues(values)
      const sorted = [...values].filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
      expect(counts.present).toBe(5)
      for (const share of [0, 0.1, 0.25, 0.5, 0.6, 1]) {
        const at = share * 4
        const low = Math.floor(at)
        const expected = sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!)
        expect(quantile(counts, share)).toBeCloseTo(expected, 12)
      }
      expect(frequentValues(counts, 1)).toEqual([{ value: 3, count: 2 }])
    }
  })
})

describe('summarizeNumbers', () => {
  it('knows the closed forms of a small column', () => {
    const summary = summarizeNumbers(countValues(Float64Array.of(1, 2, 3, 4, NaN)))!
    expect(summary).toMatchObject({
      count: 4,
      mean: 2.5,
      min: 1,
      max: 4,
      median: 2.5,
      integerFraction: 1,
      zeroFraction: 0,
    })
    expect(summary.std).toBeCloseTo(Math.sqrt(5 / 3), 12)
    expect(summary.skew).toBeCloseTo(0, 12)
    expect(summary.kurtosis).toBeCloseTo(1.64, 12)
  })

  it('finds a kurtosis of three and no outliers in normal numbers, and its own outliers beside them', () => {
    const values = normal(20_000, 1)
    const plain = summarizeNumbers(countValues(values))!
    expect(plain.kurtosis).toBeCloseTo(3, 0)
    expect(plain.outlierFraction).toBeLessThan(1e-4)
    values.fill(1000, 0, 200)
    const spoilt = summarizeNumbers(countValues(values))!
    expect(spoilt.outlierFraction).toBeCloseTo(0.01, 4)
    const last = spoilt.histogram.at(-1)!
    expect(last).toMatchObject({ count: 200, outlier: true, to: 1000 })
    expect(spoilt.histogram).toHaveLength(21)
    expect(spoilt.histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(20_000)
  })

  it('gives few whole numbers a bin each and a constant a single one', () => {
    const dice = summarizeNumbers(countValues(Float64Array.of(1, 2, 2, 6)))!
    expect(dice.histogram.map(bin => bin.count)).toEqual([1, 2, 0, 0, 0, 1])
    const same = summarizeNumbers(countValues(Float64Array.of(0.5, 0.5)))!
    expect(same.histogram).toEqual([{ from: 0.5, to: 0.5, count: 2, outlier: false }])
    expect(summarizeNumbers(countValues(Float64Array.of(NaN)))).toBeUndefined()
  })
})

describe('repeated rows', () => {
  const words = (name: string, values: string[]): Column => {
    const categories = [...new Set(values)]
    return {
      kind: 'categorical',
      name,
      categories,
      codes: Int32Array.from(values, value => categories.indexOf(value)),
    }
  }

  it('counts every member of equal rows, and rows that disagree in the target alone', () => {
    const features = [numeric('a', [1, 1, 2, 1, 0, -0, NaN, NaN]), words('b', [...'xxxxyyzz'])]
    const target = words('t', [...'pqppppqq'])
    expect(findRepeatedRows(features, target, 8)).toEqual({
      duplicates: 6,
      conflicts: 3,
      settled: 2,
      largest: [
        { row: 0, count: 2 },
        { row: 4, count: 2 },
        { row: 6, count: 2 },
      ],
    })
  })

  it('agrees with comparing every pair of rows', () => {
    const rng = createRng(7)
    const features = [1, 2, 3].map(j =>
      numeric(
        `f${j}`,
        Float64Array.from({ length: 300 }, () => rng.int(6)),
      ),
    )
    const target = numeric(
      't',
      Float64Array.from({ length: 300 }, () => rng.int(2)),
    )
    const key = (row: number, columns: Column[]) =>
      columns.map(c => (c.kind === 'numeric' ? c.values[row] : 0)).join()
    const tally = (columns: Column[]) => {
      const counts = new Map<string, number>()
      for (let row = 0; row < 300; row++)
        counts.set(key(row, columns), (counts.get(key(row, columns)) ?? 0) + 1)
      return counts
    }
    const all = tally([...features, target])
    const alike = tally(features)
    let duplicates = 0
    let conflicts = 0
    for (let row = 0; row < 300; row++) {
      if (all.get(key(row, [...features, target]))! > 1) duplicates++
      if (alike.get(key(row, features))! > all.get(key(row, [...features, target]))!) conflicts++
    }
    const found = findRepeatedRows(features, target, 300)
    expect(found).toMatchObject({ duplicates, conflicts })
    expect(found.largest.map(set => set.count)).toEqual([...all.values()].sort((a, b) => b - a).slice(0, 10))
  })

  it('finds columns that are equal in every row, or name the same things otherwise', () => {
    const repeat = <T>(values: T[]) => Array.from({ length: 5 }, () => values).flat()
    const columns = [
      numeric('a', repeat([1, 2, 1])),
      numeric('b', repeat([1, 2, 1])),
      numeric('c', repeat([1, 2, 2])),
      words('d', repeat(['one', 'two', 'one'])),
      words('e', repeat(['one', 'two', 'three'])),
      numeric(
        'key',
        Array.from({ length: 15 }, (_, row) => row),
      ),
      numeric(
        'other key',
        Array.from({ length: 15 }, (_, row) => row * row),
      ),
    ]
    expect(findEqualColumns(columns)).toEqual([['a', 'b', 'd']])
  })
})

describe('association', () => {
  it('is one for a straight line, minus one for a falling one, and skips missing values', () => {
    expect(pearson([1, 2, NaN, 4], [2, 4, 5, 8])).toBeCloseTo(1, 12)
    expect(pearson([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12)
    expect(pearson([1, 1, 1], [3, 2, 1])).toBeNaN()
  })

  it('is one when classes have values of their own and small for noise', () => {
    const target = {
      name: 'y',
      task: 'multiclass',
      classes: ['a', 'b', 'c'],
      values: Float64Array.of(0, 1, 2, 0, 1, 2),
    } as const
    expect(strength(Float64Array.of(5, 9, 1, 5, 9, 1), target)).toBeCloseTo(1, 12)
    const labels = Float64Array.from({ length: 3000 }, (_, i) => i % 3)
    expect(strength(normal(3000, 2), { ...target, values: labels })).toBeLessThan(0.1)
  })
})

describe('rankTypes', () => {
  it('follows the scores for numbers, and keeps words as they were read', () => {
    const base = { rows: 1000, present: 1000 }
    expect(rankTypes({ ...base, kind: 'numeric', distinct: 900, numericFraction: 1 })).toEqual(['numeric'])
    expect(rankTypes({ ...base, kind: 'numeric', distinct: 5, numericFraction: 1 })).toEqual([
      'numeric',
      'categorical',
    ])
    expect(rankTypes({ ...base, kind: 'numeric', distinct: 2, numericFraction: 1 })[0]).toBe('binary')
    expect(rankTypes({ ...base, kind: 'categorical', distinct: 2, numericFraction: 0 })[0]).toBe('binary')
    expect(rankTypes({ ...base, kind: 'categorical', distinct: 700, numericFraction: 0 })).toEqual([
      'categorical',
      'text',
    ])
    expect(rankTypes({ ...base, kind: 'text', distinct: 5, numericFraction: 0 })[0]).toBe('text')
    expect(rankTypes({ ...base, kind: 'datetime', distinct: 9, numericFraction: 0 })).toEqual(['datetime'])
  })
})

describe('findImage', () => {
  const smooth = (side: number, rows: number, name: (i: number) => string): Column[] => {
    const rng = createRng(3)
    const blobs = Array.from({ length: rows }, () => [
      rng.next() * side,
      rng.next() * side,
      1 + rng.next() * 2,
    ])
    return Array.from({ length: side * side }, (_, i) =>
      numeric(
        name(i),
        blobs.map(
          ([y, x, r]) =>
            255 * Math.exp(-((Math.floor(i / side) - y!) ** 2 + ((i % side) - x!) ** 2) / (2 * r! * r!)),
        ),
      ),
    )
  }

  it('knows pixels by the names of a grid and by counted names', () => {
    const grid = smooth(28, 3, i => `${Math.floor(i / 28) + 1}x${(i % 28) + 1}`)
    expect(findImage(grid, 0)).toMatchObject({ height: 28, width: 28, channels: 1 })
    expect(
      findImage(
        smooth(8, 3, i => `pixel${i}`),
        0,
      ),
    ).toMatchObject({ height: 8, width: 8 })
    const wide = Array.from({ length: 48 }, (_, i) => numeric(`r${Math.floor(i / 8)}c${i % 8}`, [1, 2]))
    expect(findImage(wide, 0)).toMatchObject({ height: 6, width: 8 })
  })

  /** Columns of 8 × 8 pictures in three colours that differ by a factor per row, in the order that `place` gives. */
  const coloured = (rows: number, name: (i: number) => string, place: (i: number) => [number, number]) => {
    const grey = smooth(8, rows, i => `${i}`) as NumericColumn[]
    const rng = createRng(9)
    const tints = Array.from({ length: rows }, () => [rng.next(), rng.next(), rng.next()])
    return Array.from({ length: 192 }, (_, i) => {
      const [channel, at] = place(i)
      const values = Array.from(grey[at]!.values, (value, row) => value * (0.4 + 0.6 * tints[row]![channel]!))
      return numeric(name(i), values)
    })
  }
  const planes = (i: number): [number, number] => [Math.floor(i / 64), i % 64]
  const together = (i: number): [number, number] => [i % 3, Math.floor(i / 3)]

  it('knows colours by names, whatever the order of the columns', () => {
    const letters = ['r', 'g', 'b']
    const named = coloured(
      3,
      i => `${letters[i % 3]}_${Math.floor(i / 24)}_${Math.floor(i / 3) % 8}`,
      together,
    )
    const found = findImage(named, 0)!
    expect(found).toMatchObject({ height: 8, width: 8, channels: 3 })
    expect(found.columns.slice(0, 4)).toEqual(['r_0_0', 'g_0_0', 'b_0_0', 'r_0_1'])
    expect(found.columns.slice(-2)).toEqual(['g_7_7', 'b_7_7'])
    expect(found.reason).toMatch(/three colours/)
    const three = coloured(3, i => `p${Math.floor(i / 24)}.${Math.floor(i / 3) % 8}.${i % 3}`, together)
    expect(findImage(three, 0)!.columns.slice(0, 4)).toEqual(['p0.0.0', 'p0.0.1', 'p0.0.2', 'p0.1.0'])
    const counted = coloured(3, i => `${['red', 'green', 'blue'][Math.floor(i / 64)]}${i % 64}`, planes)
    expect(findImage(counted, 0)!.columns.slice(0, 2)).toEqual(['red0', 'green0'])
  })

  it('tells by likeness whether colours stand one after the other or together at each pixel', () => {
    const after = findImage(
      coloured(300, i => `pixel${i}`, planes),
      0,
    )!
    expect(after.columns.slice(0, 2)).toEqual(['pixel0', 'pixel64'])
    const beside = findImage(
      coloured(300, i => `pixel${i}`, together),
      0,
    )!
    expect(beside).toMatchObject({ height: 8, width: 8, channels: 3 })
    expect(beside.columns.slice(0, 2)).toEqual(['pixel0', 'pixel1'])
    expect(
      findImage(
        coloured(300, i => `f${i}`, together),
        0,
      ),
    ).toMatchObject({ channels: 3, height: 8 })
  })

  it('takes a declared shape, and says what does not fit it', () => {
    const columns = coloured(2, i => `f${i}`, together)
    const declared = (text: string) => findImage(columns, 0, parseImageShape(text))!
    expect(declared('8x8x3').columns.slice(0, 2)).toEqual(['f0', 'f1'])
    expect(declared('3x8x8').columns.slice(0, 2)).toEqual(['f0', 'f64'])
    expect(declared('12x16')).toMatchObject({ height: 12, width: 16, channels: 1 })
    expect(() => declared('9x9')).toThrow(/81 pixel columns, and the table has 192/)
    for (const text of ['8', '8x8x4', '8x0', 'axb'])
      expect(() => parseImageShape(text)).toThrow(/not understood/)
  })

  it('knows smooth pictures without names, and no pictures in a square number of unrelated columns', () => {
    expect(
      findImage(
        smooth(12, 400, i => `f${i}`),
        0,
      ),
    ).toMatchObject({ height: 12, width: 12 })
    const noise = Array.from({ length: 144 }, (_, i) => numeric(`f${i}`, normal(400, i).map(Math.abs)))
    expect(findImage(noise, 0)).toBeUndefined()
    const trend = Float64Array.from({ length: 400 }, (_, i) => i)
    const alike = Array.from({ length: 144 }, (_, i) =>
      numeric(
        `f${i}`,
        trend.map((v, r) => v + ((r * i) % 7)),
      ),
    )
    expect(findImage(alike, 0)).toBeUndefined()
  })
})

describe('profileDataset', () => {
  it('tells of a table what a person should know', async () => {
    const rng = createRng(1)
    const rows = Array.from({ length: 2000 }, (_, i) => {
      const x = rng.normal()
      const y = i % 300 === 0 ? 'rare' : x > 0 ? 'up' : 'down'
      return `${i},${x.toFixed(4)},${i % 3 === 0 ? '' : i % 5},${i % 40 === 0 ? 'UNK' : 'abc'[i % 3]},${y}`
    })
    const result = await profile('id,x,gaps,word,y', rows, 'y')
    const ids = result.insights.map(insight => insight.id)
    const severities = result.insights.map(insight => ['high', 'medium', 'low'].indexOf(insight.severity))
    expect(severities).toEqual([...severities].sort())
    expect(ids).toEqual(
      expect.arrayContaining(['W_RARE_CLASS', 'W_IMBALANCE', 'W_DISGUISED_MISSING', 'W_ID_COLUMN']),
    )
    expect(result.target).toMatchObject({
      task: 'multiclass',
      classes: [{}, {}, { label: 'rare', count: 7 }],
    })
    expect(result.columns[2]).toMatchObject({ missing: 667, distinct: 5 })
    expect(result.sample.rows).toHaveLength(10)
    expect(result.correlation?.columns).toContain('x')
    for (const insight of result.insights) {
      for (const text of [insight.title, insight.fact, insight.why, insight.harmlessWhen, insight.action])
        expect(text).not.toBe('')
    }
  })

  it('sees leaks, skew and heavy tails of a quantity', async () => {
    const values = normal(1500, 5)
    const rows = Array.from(values, value => `${(2 * value).toFixed(5)},${Math.exp(2 * value).toFixed(6)}`)
    const skewed = await profile('copy,y', rows, 'y')
    expect(skewed.insights.map(insight => insight.id)).toContain('W_SKEWED_TARGET')
    const leaky = await profile(
      'copied,y',
      Array.from(values, value => `${(2 * value).toFixed(5)},${value.toFixed(5)}`),
      'y',
    )
    expect(leaky.insights.find(insight => insight.id === 'W_TARGET_CORRELATION')).toMatchObject({
      column: 'copied',
      severity: 'high',
    })
  })

  it('is the same for the same seed, and profiles a table without a target or rows', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => `${i % 7},${'abc'[i % 3]}`)
    expect(await profile('a,b', rows)).toEqual(await profile('a,b', rows))
    const none = await profile('a,b', [])
    expect(none).toMatchObject({ rows: 0, duplicateFraction: 0, sample: { rows: [] } })
  })

  it('merges what holds for many columns', async () => {
    const names = Array.from({ length: 30 }, (_, j) => `c${j}`)
    const rows = Array.from({ length: 600 }, (_, i) => `${i % 7},${names.map(() => '5').join(',')}`)
    const { insights } = await profile(`a,${names.join(',')}`, rows)
    expect(insights.filter(insight => insight.id === 'W_CONSTANT')).toMatchObject([
      { numbers: { columns: 30 } },
    ])
  })

  it('can be written as JSON and read back', async () => {
    const result = await profile(
      'a,b,d',
      Array.from({ length: 30 }, (_, i) => `${i % 7},${'abc'[i % 3]},2020-01-${10 + (i % 9)}`),
    )
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })
})

describe('the rules', () => {
  it('have one id each and full texts', () => {
    expect(new Set(rules.map(rule => rule.id)).size).toBe(rules.length)
    for (const rule of rules)
      expect([rule.title, rule.why, rule.harmlessWhen, rule.action].every(text => text.length > 5)).toBe(true)
  })
})
