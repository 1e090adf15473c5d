import { describe, expect, it, vi } from 'vitest'
import type { Algorithm, TrainingData } from '../../src/algorithms/algorithm.ts'
import { baseline } from '../../src/algorithms/baseline.ts'
import type { Candidate } from '../../src/candidates/candidate.ts'
import { FeatureCache, fitCandidate } from '../../src/experiment/fit-candidate.ts'
import { splitRows } from '../../src/split/index.ts'

const ROWS = 4000
const target = {
  name: 'y',
  task: 'binary' as const,
  classes: ['no', 'yes'],
  values: Float64Array.from({ length: ROWS }, (_, row) => (row % 5 === 0 ? 1 : 0)),
}
const data = {
  dataset: {
    rows: ROWS,
    columns: [{ name: 'x', kind: 'numeric' as const, values: Float64Array.from(target.values, (_, i) => i) }],
  },
  target,
  folds: splitRows(target, { seed: 0, folds: 2 }),
  table: { columns: [] },
} as unknown as Parameters<typeof fitCandidate>[0]
const candidate: Candidate = {
  name: 'dpp0-baseline',
  role: 'reference',
  reason: '',
  groups: [],
  merged: [],
  algorithm: 'baseline',
  static: {},
  space: {},
}

describe('a trial that learns from a share of the rows', () => {
  const fit = async (rowShare: number | undefined) => {
    const seen: TrainingData[] = []
    const watched: Algorithm = {
      ...baseline,
      fit: (given, params, context) => {
        seen.push(given)
        return baseline.fit(given, params, context)
      },
    }
    const fitted = await fitCandidate(
      data,
      candidate,
      watched,
      {},
      {
        objective: 'AUC',
        seed: 1,
        signal: new AbortController().signal,
        seconds: Infinity,
        ...(rowShare !== undefined && { rowShare }),
      },
      new FeatureCache(),
    )
    return { fitted, seen }
  }
  const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)

  it('is given that share of every class to learn from and to stop by, the same rows each time, and is scored on all', async () => {
    const { fitted, seen } = await fit(1 / 4)
    for (const { target: given, validation } of seen) {
      expect([given.length, sumOf(given)]).toEqual([500, 100])
      expect([validation!.target.length, sumOf(validation!.target)]).toEqual([500, 100])
    }
    expect(fitted.outputs.length).toBe(2 * ROWS)
    expect((await fit(1 / 4)).seen.map(given => given.target)).toEqual(seen.map(given => given.target))
  })
  it('is given all rows where nothing else is said', async () => {
    const { seen } = await fit(undefined)
    for (const { target: given, validation } of seen)
      expect([given.length, validation!.target.length]).toEqual([2000, 2000])
  })
})

describe('a trial with a time limit', () => {
  it('gives every fold the same time to learn, whatever the making of features takes', async () => {
    let clock = 0
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock)
    class SlowCache extends FeatureCache {
      override get(...args: Parameters<FeatureCache['get']>) {
        clock += 3000
        return super.get(...args)
      }
    }
    const learnt: number[] = []
    const patient: Algorithm = {
      ...baseline,
      fit: (given, params, context) => {
        learnt.push(context.deadline - clock)
        clock = context.deadline
        return baseline.fit(given, params, context)
      },
    }
    try {
      const folds = splitRows(target, { seed: 0, folds: 5 })
      const options = {
        objective: 'AUC' as const,
        seed: 1,
        signal: new AbortController().signal,
        seconds: 40,
      }
      await fitCandidate({ ...data, folds }, candidate, patient, {}, options, new SlowCache())
    } finally {
      now.mockRestore()
    }
    expect(learnt).toEqual([5000, 5000, 5000, 5000, 5000])
    expect(clock).toBe(40_000)
  })
})
