import { describe, expect, it } from 'vitest'
import { calibrationCurve, precisionRecallCurve, rocCurve, thin } from '../../src/charts/curves.ts'
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
