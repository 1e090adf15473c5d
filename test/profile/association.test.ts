import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { correlationRatio, cramersV, orderValues, pearson, spearman } from '../../src/profile/association.ts'
import { countValues } from '../../src/profile/counts.ts'
import { summarizeNumbers } from '../../src/profile/numeric.ts'

// Written by test/fixtures/profile/make_goldens.py with the versions that stand in it.
const goldens = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/profile/goldens.json'), 'utf8'),
) as {
  columns: Record<string, (number | null)[]>
  codes: Record<string, number[]>
} & Record<
  'skew' | 'kurtosis' | 'spearman' | 'pearson' | 'cramers' | 'cramersCorrected' | 'ratio' | 'ratioCorrected',
  Record<string, number>
>
const column = (name: string) => Float64Array.from(goldens.columns[name]!, value => value ?? NaN)
const coded = (name: string) => ({
  codes: goldens.codes[name]!,
  levels: Math.max(...goldens.codes[name]!) + 1,
})
const ordered = (name: string) => orderValues(column(name))
const pairs = (of: Record<string, number>) =>
  Object.entries(of).map(([names, value]) => [...names.split(' '), value] as [string, string, number])

describe('statistics agree with SciPy', () => {
  it.each(Object.keys(goldens.columns))('in skew and kurtosis of %s', name => {
    const summary = summarizeNumbers(countValues(column(name)))!
    expect(summary.skew).toBeCloseTo(goldens.skew[name]!, 10)
    expect(summary.kurtosis).toBeCloseTo(goldens.kurtosis[name]!, 10)
  })
  it.each(pairs(goldens.spearman))('in Spearman of %s and %s', (a, b, value) => {
    expect(spearman(ordered(a), ordered(b))).toBeCloseTo(value, 12)
    expect(spearman(ordered(b), ordered(a))).toBeCloseTo(value, 12)
  })
  it.each(pairs(goldens.pearson))('in Pearson of %s and %s', (a, b, value) => {
    expect(pearson(column(a), column(b))).toBeCloseTo(value, 12)
  })
  it.each(pairs(goldens.cramers))("in Cramér's V of %s and %s", (a, b, value) => {
    expect(cramersV(coded(a), coded(b), false)).toBeCloseTo(value, 12)
    expect(cramersV(coded(a), coded(b))).toBeCloseTo(goldens.cramersCorrected[`${a} ${b}`]!, 12)
  })
  it.each(pairs(goldens.ratio))('in the correlation ratio of %s and %s', (a, b, value) => {
    expect(correlationRatio(coded(a), column(b), false)).toBeCloseTo(value, 12)
    expect(correlationRatio(coded(a), column(b))).toBeCloseTo(goldens.ratioCorrected[`${a} ${b}`]!, 12)
  })
})

describe('association', () => {
  it('is one for categories that name each other and for numbers that categories fix', () => {
    const codes = { codes: [0, 1, 2, 0, 1, 2, 0, 1], levels: 3 }
    const renamed = { codes: codes.codes.map(code => (code + 1) % 3), levels: 3 }
    expect(cramersV(codes, renamed, false)).toBeCloseTo(1, 12)
    expect(correlationRatio(codes, [5, 7, 9, 5, 7, 9, 5, 7])).toBeCloseTo(1, 12)
  })
  it('is one by rank for anything that only rises, and nothing of a constant', () => {
    const a = Float64Array.of(1, 2, 3, 4, NaN)
    const b = Float64Array.of(1, 8, 1000, 1e6, 3)
    expect(spearman(orderValues(a), orderValues(b))).toBe(1)
    expect(cramersV({ codes: [0, 0], levels: 1 }, { codes: [0, 1], levels: 2 })).toBeNaN()
  })
  it('keeps moments finite at both ends of the range', () => {
    for (const unit of [1e308, 1e-300]) {
      const summary = summarizeNumbers(countValues(Float64Array.of(-unit, 0, unit, unit / 2)))!
      for (const value of [summary.std, summary.skew, summary.kurtosis, summary.mean])
        expect(Number.isFinite(value)).toBe(true)
      const plain = summarizeNumbers(countValues(Float64Array.of(-1, 0, 1, 0.5)))!
      expect(summary.skew).toBeCloseTo(plain.skew, 10)
      expect(summary.std / unit).toBeCloseTo(plain.std, 10)
      expect(JSON.stringify(summary)).not.toContain('null')
    }
  })
})
