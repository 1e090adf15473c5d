import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  losesRace,
  mean,
  median,
  pairedPValue,
  ranks,
  sortedRows,
  standardDeviation,
  studentCdf,
} from '../../src/tune/statistics.ts'
import { createRng } from '../../src/util/rng.ts'

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/tune/goldens.json', import.meta.url), 'utf8'),
) as {
  student: [number, number, number][]
}

describe('statistics of folds', () => {
  it('are the mean, the median and the sample standard deviation', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(median([9, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12)
    expect(standardDeviation([3])).toBe(0)
  })
  it('rank equal scores alike and skip the places they fill', () => {
    expect(ranks([0.9, 0.95, 0.9, 0.1], 'maximize')).toEqual([2, 1, 2, 4])
    expect(ranks([3, 1, 1, 2], 'minimize')).toEqual([4, 1, 1, 3])
    expect(sortedRows([3, 1, 1, 2], 'minimize')).toEqual([1, 2, 3, 0])
  })
})

describe('fold racing', () => {
  it('uses a Student distribution that agrees with SciPy', () => {
    for (const [t, degrees, p] of goldens.student) expect(studentCdf(t, degrees)).toBeCloseTo(p, 12)
  })
  it('has the closed form of the paired t-test', () => {
    // differences −3, −2, −1: mean −2, deviation 1, t = −2√3 with two degrees of freedom
    expect(pairedPValue([1, 2, 3], [4, 4, 4])).toBeCloseTo(studentCdf(-2 * Math.sqrt(3), 2), 12)
  })
  it('stops what is worse on every fold by about as much, and not what is better or unsettled', () => {
    expect(losesRace([0.8, 0.81, 0.79], [0.9, 0.9, 0.9], 1 / 7)).toBe(true)
    expect(losesRace([0.9, 0.9, 0.9], [0.8, 0.81, 0.79], 1 / 7)).toBe(false)
    expect(losesRace([0.8, 0.95, 0.7], [0.9, 0.9, 0.9], 1 / 7)).toBe(false)
  })
  it('says nothing after one fold, and of equals', () => {
    expect(pairedPValue([0.1], [0.9])).toBe(1)
    expect(pairedPValue([0.5, 0.5], [0.5, 0.5])).toBe(1)
    expect(pairedPValue([0.4, 0.4], [0.5, 0.5])).toBe(0)
  })
  it('stops an equal candidate about as rarely as the doubt allows', () => {
    const rng = createRng(1)
    const draw = () => Array.from({ length: 5 }, () => rng.normal())
    let stopped = 0
    for (let i = 0; i < 4000; i++) if (losesRace(draw(), draw())) stopped++
    expect(stopped / 4000).toBeGreaterThan(0.035)
    expect(stopped / 4000).toBeLessThan(0.065)
  })
})
