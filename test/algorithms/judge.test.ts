import { describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import type { TrainingData } from '../../src/algorithms/algorithm.ts'
import { evaluate } from '../../src/metrics/index.ts'
import { predictModel } from '../../src/models/index.ts'
import { defaults } from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext } from '../helpers/fit.ts'

/** Labels that nothing in the features tells of. */
function chance(seed: number): TrainingData {
  const rng = createRng(seed)
  const part = (rows: number) => ({
    features: {
      rows,
      columns: Array.from({ length: 6 }, (_, j) => ({
        kind: 'dense' as const,
        name: `x${j}`,
        values: Float32Array.from({ length: rows }, () => rng.normal()),
      })),
    },
    target: Float64Array.from({ length: rows }, () => rng.int(2)),
  })
  return { ...part(200), task: 'binary', classes: 2, validation: part(60) }
}

describe.each(['mlp', 'tabm', 'gbt-leafwise', 'gbt-oblivious'])('the answers by which %s is judged', name => {
  const algorithm = algorithms.find(one => one.name === name)!
  const seeds = [1, 2, 3, 4, 5, 6]

  it('are no better than chance where there is nothing to learn, though those of the model that was stopped on these rows are', async () => {
    const aucs = await Promise.all(
      seeds.map(async seed => {
        const data = chance(seed)
        let judged: Float64Array | undefined
        const judge = (outputs: Float64Array) => {
          judged = outputs
        }
        const model = await algorithm.fit(data, defaults(algorithm.space), fitContext({ seed, judge }))
        const { features, target } = data.validation!
        const score = (outputs: Float64Array) => evaluate({ task: 'binary', target, outputs, width: 2 }).AUC!
        return { judged: score(judged!), own: score(await predictModel(model, features)) }
      }),
    )
    const mean = (which: 'judged' | 'own') => aucs.reduce((sum, one) => sum + one[which], 0) / aucs.length
    expect(mean('judged')).toBeLessThan(0.53)
    expect(mean('own')).toBeGreaterThan(mean('judged') + 0.02)
  })

  it('are none where many rows say when to stop: their luck hardly counts', async () => {
    const data = chance(1)
    const many = { features: data.features, target: data.target }
    const validation = {
      features: {
        rows: 2200,
        columns: many.features.columns.map(column => ({
          ...(column as { kind: 'dense'; name: string }),
          values: Float32Array.from({ length: 2200 }, (_, i) => i % 7),
        })),
      },
      target: Float64Array.from({ length: 2200 }, (_, i) => i % 2),
    }
    const told: Float64Array[] = []
    await algorithm.fit(
      { ...data, validation },
      defaults(algorithm.space),
      fitContext({ judge: outputs => void told.push(outputs) }),
    )
    expect(told).toEqual([])
  })
})
