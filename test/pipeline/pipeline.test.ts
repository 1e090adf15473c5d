import { describe, expect, it, vi } from 'vitest'
import { answerRows } from '../../src/pipeline/answer.ts'
import { joinPipelines, packPipeline, predictPipeline, unpackPipeline } from '../../src/pipeline/pipeline.ts'
import { pack } from '../../src/util/pack.ts'
import { TASKS, toyDataset, toyPipeline } from './toys.ts'

vi.mock('../../src/models/index.ts', async () => {
  const { toyKind } = await import('./toys.ts')
  return { predictModel: toyKind.predict, emitModel: toyKind.emit }
})

describe.each(Object.entries(TASKS))('a pipeline for a %s task', (_, task) => {
  const pipeline = toyPipeline(task)
  const dataset = toyDataset(2)

  it('answers with the weighted mean of its members', async () => {
    const alone = await Promise.all(
      pipeline.members.map(member => predictPipeline({ ...pipeline, members: [member] }, dataset)),
    )
    const together = await predictPipeline(pipeline, dataset)
    const total = pipeline.members.reduce((sum, { weight }) => sum + weight, 0)
    for (const [i, value] of together.entries()) {
      const mean = pipeline.members.reduce((sum, { weight }, m) => sum + weight * alone[m]![i]!, 0) / total
      expect(value).toBeCloseTo(mean, 12)
    }
  })

  it('predicts the same after a round trip, with equal transforms stored once', async () => {
    const bytes = packPipeline(pipeline)
    const back = unpackPipeline(bytes)
    expect(await predictPipeline(back, dataset)).toEqual(await predictPipeline(pipeline, dataset))
    expect(back.members[0]!.transforms).toBe(back.members[2]!.transforms)
    expect(back.members[0]!.transforms).not.toBe(back.members[1]!.transforms)
    const copied = {
      ...pipeline,
      members: structuredClone(pipeline.members).map(member => structuredClone(member)),
    }
    expect(packPipeline(copied)).toEqual(bytes)
  })

  it('joins others by weight, whatever their own weights are', async () => {
    const first = { ...pipeline, members: pipeline.members.slice(0, 2) }
    const second = { ...pipeline, members: pipeline.members.slice(1) }
    const joined = joinPipelines([
      { weight: 3, pipeline: first },
      { weight: 1, pipeline: second },
      { weight: 0, pipeline },
    ])
    expect(joined.members).toHaveLength(4)
    const [a, b] = [await predictPipeline(first, dataset), await predictPipeline(second, dataset)]
    const both = await predictPipeline(joined, dataset)
    for (const [i, value] of both.entries()) expect(value).toBeCloseTo((3 * a[i]! + b[i]!) / 4, 12)
  })
})

describe('joinPipelines', () => {
  it('refuses pipelines of different targets', () => {
    const parts = [TASKS.binary!, TASKS.regression!].map(task => ({ weight: 1, pipeline: toyPipeline(task) }))
    expect(() => joinPipelines(parts)).toThrow(expect.objectContaining({ code: 'E_DIFFERENT_TASKS' }))
  })
})

describe('unpackPipeline', () => {
  it('refuses what is no pipeline, or one of another version', () => {
    const wrong = expect.objectContaining({ code: 'E_BAD_VERSION' })
    expect(() => unpackPipeline(pack({ kind: 'folds' }))).toThrow(wrong)
    expect(() => unpackPipeline(pack({ kind: 'pipeline', formatVersion: 2 }))).toThrow(wrong)
  })
})

describe('answerRows', () => {
  it('gives the most probable label, its probability and those of all classes; the first label when they are equal', () => {
    expect(answerRows(Float64Array.of(0.2, 0.8, 0.5, 0.5), TASKS.binary!)).toEqual({
      fields: ['predicted_label', 'probability', 'probability_no', 'probability_yes'],
      data: [
        ['yes', 0.8, 0.2, 0.8],
        ['no', 0.5, 0.5, 0.5],
      ],
    })
  })
  it('gives the value itself for regression', () => {
    expect(answerRows(Float64Array.of(1.5, -2), TASKS.regression!)).toEqual({
      fields: ['prediction'],
      data: [[1.5], [-2]],
    })
  })
})
