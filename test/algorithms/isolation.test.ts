import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { growIsolationForest, isolationScores, meanPath } from '../../src/algorithms/trees/isolation.ts'
import type { Features } from '../../src/data/features.ts'
import { orderValues, spearman } from '../../src/profile/association.ts'
import { createRng } from '../../src/util/rng.ts'

const ROWS = 2000
const rng = createRng(5)
const columns = [0, 1, 2, 3].map(j => {
  const values = Float32Array.from({ length: ROWS }, () => rng.normal() * (j + 1))
  for (let row = 0; row < 10; row++) values[row * 200] = (row % 2 ? 1 : -1) * (12 + 4 * j + row)
  return values
})
const features: Features = {
  rows: ROWS,
  columns: columns.map((values, j) => ({ kind: 'dense', name: `x${j}`, values })),
}
const lowest = (scores: Float64Array, n: number) =>
  Array.from(scores.keys())
    .sort((a, b) => scores[b]! - scores[a]!)
    .slice(0, n)

describe('isolation forest', () => {
  it('knows the mean path of the paper', () => {
    expect([0, 1, 2].map(meanPath)).toEqual([0, 0, 1])
    // 2 H(n − 1) − 2 (n − 1) / n with the harmonic number as ln + γ.
    expect(meanPath(256)).toBeCloseTo(10.2448, 4)
  })

  it('sets planted rows apart first and scores ordinary ones below a half', () => {
    const scores = isolationScores(growIsolationForest(features, 1), features)
    expect(lowest(scores, 10).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i * 200))
    const ordinary = scores.filter(score => score < 0.5).length
    expect(ordinary).toBeGreaterThan(0.7 * ROWS)
    for (const score of scores) expect(score > 0 && score < 1).toBe(true)
  })

  it('is the same for the same seed and takes constant columns and single rows', () => {
    const again = () => isolationScores(growIsolationForest(features, 9), features)
    expect(again()).toEqual(again())
    const flat: Features = {
      rows: 3,
      columns: [{ kind: 'dense', name: 'c', values: Float32Array.of(1, 1, 1) }],
    }
    for (const score of isolationScores(growIsolationForest(flat, 1), flat)) expect(score).toBeCloseTo(0.5, 9)
    const one: Features = { rows: 1, columns: [{ kind: 'dense', name: 'c', values: Float32Array.of(1) }] }
    expect(Number.isFinite(isolationScores(growIsolationForest(one, 1), one)[0])).toBe(true)
  })

  const python = process.env.GLASSPILOT_PYTHON
  const ready = python !== undefined && spawnSync(python, ['-c', 'import sklearn']).status === 0
  it.skipIf(!ready)('ranks rows as scikit-learn does (needs scikit-learn in GLASSPILOT_PYTHON)', () => {
    const script = `
import json, sys, numpy as np
from sklearn.ensemble import IsolationForest
x = np.array(json.load(sys.stdin)).T
print(json.dumps((-IsolationForest(random_state=0).fit(x).score_samples(x)).tolist()))`
    const input = JSON.stringify(columns.map(values => [...values]))
    const run = spawnSync(python!, ['-c', script], { input, encoding: 'utf8', maxBuffer: 1e8 })
    expect(run.status, run.stderr).toBe(0)
    const theirs = Float64Array.from(JSON.parse(run.stdout) as number[])
    const ours = isolationScores(growIsolationForest(features, 1), features)
    expect(spearman(orderValues(ours), orderValues(theirs))).toBeGreaterThan(0.9)
    expect(lowest(ours, 10).sort()).toEqual(lowest(theirs, 10).sort())
    const mean = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / ROWS
    expect(mean(ours)).toBeCloseTo(mean(theirs), 2)
  })
})
