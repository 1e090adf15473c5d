import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeModel } from '../../src/artifact/index.ts'
import { openSession } from '../../src/onnx/session.ts'
import { answerRows } from '../../src/pipeline/answer.ts'
import { columnFeeder } from '../../src/pipeline/feeds.ts'
import { openOnnxModel } from '../../src/pipeline/onnx-model.ts'
import { emitPipeline } from '../../src/pipeline/onnx.ts'
import { packPipeline, predictPipeline, unpackPipeline, type Pipeline } from '../../src/pipeline/pipeline.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { toyDataset } from './toys.ts'
import { trainEnsemble, usualTransforms } from './trained.ts'

const folder = temporaryFolder()
const train = (task: 'binary' | 'multiclass' | 'regression') =>
  trainEnsemble(task, [usualTransforms], { learners: ['linear-learner'], rows: 60 })

/** Every output of the graph for rows of the toy table. */
async function answersOf(pipeline: Pipeline, seed: number) {
  const dataset = toyDataset(seed, 80)
  const { bytes, description } = emitPipeline(pipeline)
  const session = await openSession(bytes)
  const feeds = Object.fromEntries(
    await Promise.all(
      description.inputs.map(async ({ input, column }) => [
        input,
        await columnFeeder(dataset.columns.find(({ name }) => name === column)!)(0, 80),
      ]),
    ),
  )
  const outputs = await session.run(feeds, ['predicted_label', 'probability', 'probabilities'])
  await session.release()
  return { dataset, outputs }
}

describe.each(['binary', 'multiclass'] as const)('rules of answering (%s)', task => {
  it('give the same labels and probabilities in the graph, from model.json and natively', async () => {
    const plain = await train(task)
    const labelWeights = task === 'binary' ? [0.3, 1.7] : [0.5, 2, 1]
    const ruled: Pipeline = {
      ...plain,
      task: { ...plain.task, answer: { temperature: 1.7, labelWeights } },
    }
    const { dataset, outputs } = await answersOf(ruled, 3)
    const native = await predictPipeline(ruled, dataset)
    const { data } = answerRows(native, ruled.task)
    const graph = outputs['probabilities']!.data as Float64Array
    graph.forEach((value, i) => expect(value).toBeCloseTo(native[i]!, 6))
    expect([...outputs['predicted_label']!.data]).toEqual(data.map(([label]) => label))
    ;[...(outputs['probability']!.data as Float64Array)].forEach((value, row) =>
      expect(value).toBeCloseTo(Number(data[row]![1]), 6),
    )

    const before = answerRows(await predictPipeline(plain, dataset), plain.task).data
    expect(data.filter(([label], row) => label !== before[row]![0]).length).toBeGreaterThan(0)

    writeModel(join(folder, task), ruled, { name: 'm', metrics: {}, provenance: {} })
    const model = await openOnnxModel(join(folder, task))
    expect(model.info.task.answer).toEqual(ruled.task.answer)
    expect(answerRows(await model.predict(dataset), model.info.task).data.map(([label]) => label)).toEqual(
      data.map(([label]) => label),
    )
    await model.close()
  })
})

describe('values out of all proportion', () => {
  it('are held within the range of each member, natively, in the graph and after a round trip through disk', async () => {
    const plain = await train('regression')
    const held: Pipeline = {
      ...plain,
      members: plain.members.map(member => ({ ...member, range: [-2, 3] as const })),
    }
    const dataset = toyDataset(3, 80)
    const free = await predictPipeline(plain, dataset)
    expect(Math.max(...free)).toBeGreaterThan(3)
    const native = await predictPipeline(held, dataset)
    expect(Math.max(...native)).toBeLessThanOrEqual(3)
    expect(Math.min(...native)).toBeGreaterThanOrEqual(-2)
    expect(await predictPipeline(unpackPipeline(packPipeline(held)), dataset)).toEqual(native)
    writeModel(join(folder, 'held'), held, { name: 'm', metrics: {}, provenance: {} })
    const model = await openOnnxModel(join(folder, 'held'))
    ;(await model.predict(dataset)).forEach((value, i) => expect(value).toBeCloseTo(native[i]!, 5))
    await model.close()
  })
})
