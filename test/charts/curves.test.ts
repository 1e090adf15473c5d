import { describe, expect, it } from 'vitest'
import {
  calibrationCurve,
  gainCurve,
  precisionRecallCurve,
  rocCurve,
  thin,
  thresholdCurve,
} from '../../src/charts/curves.ts'
import { createRng } from '../../src/util/rng.ts'

const rng = createRng(3)
const truth = Uint8Array.from({ length: 300 }, () => rng.int(2))
// Rounded, so that many scores are equal.
const scores = Float64Array.from(truth, label => Math.round(10 * (0.3 * label + 0.7 * rng.next())) / 10)

describe('the ROC curve', () => {
  it('encloses the share of pairs that are ranked rightly, ties counting half', () => {
    let area = 0
    const points = rocCurve(truth, scores)
    for (let i = 1; i < points.length; i++) {
      area +=
        ((points[i]!.falsePositiveRate - points[i - 1]!.falsePositiveRate) *
          (points[i]!.truePositiveRate + points[i - 1]!.truePositiveRate)) /
        2
    }
    let right = 0
    let pairs = 0
    for (let a = 0; a < truth.length; a++)
      for (let b = 0; b < truth.length; b++)
        if (truth[a] && !truth[b]) {
          pairs++
          right += scores[a]! > scores[b]! ? 1 : scores[a] === scores[b] ? 0.5 : 0
        }
    expect(area).toBeCloseTo(right / pairs, 12)
  })

  it('goes from none to all, and is empty with one class', () => {
    const points = rocCurve(truth, scores)
    expect(points[0]).toEqual({ falsePositiveRate: 0, truePositiveRate: 0 })
    expect(points.at(-1)).toEqual({ falsePositiveRate: 1, truePositiveRate: 1 })
    expect(rocCurve([1, 1], [0.2, 0.3])).toEqual([])
  })
})

describe('the precision-recall curve', () => {
  it('has at each threshold the precision and recall of that threshold', () => {
    const positives = truth.reduce((sum, label) => sum + label, 0)
    const thresholds = [...new Set(scores)].sort((a, b) => b - a)
    const naive = thresholds.map(threshold => {
      const chosen = [...truth].filter((_, row) => scores[row]! >= threshold)
      const hits = chosen.filter(Boolean).length
      return { recall: hits / positives, precision: hits / chosen.length }
    })
    expect(precisionRecallCurve(truth, scores).slice(1)).toEqual(naive)
  })
})

describe('the calibration curve', () => {
  it('lies on the diagonal when the shares are the probabilities', () => {
    const probabilities = [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75]
    expect(calibrationCurve([1, 0, 0, 0, 1, 1, 1, 0], probabilities, 2)).toEqual([
      { predicted: 0.25, observed: 0.25, rows: 4 },
      { predicted: 0.75, observed: 0.75, rows: 4 },
    ])
  })

  it('counts every row once, 1 in the last bin', () => {
    const points = calibrationCurve(truth, scores)
    expect(points.reduce((sum, point) => sum + point.rows, 0)).toBe(300)
    expect(calibrationCurve([1], [1])).toEqual([{ predicted: 1, observed: 1, rows: 1 }])
  })
})

it('thinning keeps the first and the last point', () => {
  const points = Array.from({ length: 1001 }, (_, i) => i)
  expect(thin(points, 5)).toEqual([0, 250, 500, 750, 1000])
  expect(thin([1, 2], 5)).toEqual([1, 2])
})

describe('the gain curve', () => {
  it('has at each score the share of rows and of positives with that score or more', () => {
    const naive = [...new Set(scores)]
      .sort((a, b) => b - a)
      .map(score => {
        const rows = [...scores.keys()].filter(row => scores[row]! >= score)
        return {
          rows: rows.length / 300,
          gain: rows.filter(row => truth[row]).length / truth.filter(label => label).length,
        }
      })
    expect(gainCurve(truth, scores)).toEqual([{ rows: 0, gain: 0 }, ...naive])
    expect(gainCurve([0, 0], [0.2, 0.3])).toEqual([])
  })
})

describe('the threshold curve', () => {
  it('has the precision, recall and F1 of calling positive from each threshold on', () => {
    const points = thresholdCurve(truth, scores)
    expect(points.length).toBeGreaterThan(90)
    for (const { threshold, precision, recall, f1 } of points) {
      const called = [...scores.keys()].filter(row => scores[row]! >= threshold - 1e-9)
      const hits = called.filter(row => truth[row]).length
      const positives = truth.filter(label => label).length
      expect(precision).toBeCloseTo(hits / called.length, 12)
      expect(recall).toBeCloseTo(hits / positives, 12)
      expect(f1).toBeCloseTo((2 * hits) / (called.length + positives), 12)
    }
  })
})
