import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { writeModel } from '../../src/artifact/index.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { takeRows } from '../../src/data/dataset.ts'
import { openSession } from '../../src/onnx/session.ts'
import { answerRows } from '../../src/pipeline/answer.ts'
import { columnFeeder } from '../../src/pipeline/feeds.ts'
import { openOnnxModel } from '../../src/pipeline/onnx-model.ts'
import { emitPipeline } from '../../src/pipeline/onnx.ts'
import { joinPipelines, predictPipeline } from '../../src/pipeline/pipeline.ts'
import { categorical, datetime, numeric, table, text } from '../transforms/columns.ts'
import { TASKS, toyDataset, toyPipeline, toyPlan } from './toys.ts'

vi.mock('../../src/models/index.ts', async () => {
  const { toyKind } = await import('./toys.ts')
  return { predictModel: toyKind.predict, emitModel: toyKind.emit }
})

const folder = mkdtempSync(join(tmpdir(), 'glasspilot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const details = { name: 'toy', metrics: { Accuracy: 0.5 }, provenance: { seed: 1 } }

/** Rows that no training row looks like. */
const strange: Dataset = table(3, [
  numeric('age', [NaN, 1e39, -0]),
  numeric('probability', [Infinity, 1e-40, 3e38]),
  categorical('city "of" birth', ['Bergen', undefined, 'Oslo']),
  text('review', [undefined, '…—!', 'GOOD good-food, x '.repeat(300)]),
  datetime('when', [NaN, -62_000_000_000_000, '2024-02-29T23:59:59.999Z']),
  numeric('never used', [0, 0, 0]),
])

function expectNear(found: Float64Array, wanted: Float64Array): void {
  expect(found).toHaveLength(wanted.length)
  for (const [i, value] of wanted.entries()) {
    if (!(Math.abs(found[i]! - value) <= 1e-6 * Math.max(1, Math.abs(value)))) {
      expect.fail(`value ${i}: the graph gives ${found[i]}, native ${value}`)
    }
  }
}

describe.each(Object.entries(TASKS))('the model folder of a %s pipeline', (name, task) => {
  const place = join(folder, name)
  const pipeline = joinPipelines([
    { weight: 2, pipeline: toyPipeline(task) },
    { weight: 1, pipeline: toyPipeline(task, toyPlan, 1) },
  ])

  it('predicts what the native pipeline predicts, for known, strange and single rows', async () => {
    writeModel(place, pipeline, details)
    const model = await openOnnxModel(place)
    const known = toyDataset(3, 200)
    for (const dataset of [
      known,
      strange,
      takeRows(known, Int32Array.of(5)),
      takeRows(known, new Int32Array(0)),
    ]) {
      expectNear(await model.predict(dataset), await predictPipeline(pipeline, dataset))
    }
    await model.close()
  })

  it('answers with label, probability, probabilities and labels under their names', async () => {
    const dataset = toyDataset(3)
    const { bytes, description } = emitPipeline(pipeline)
    const session = await openSession(bytes)
    expect(session.inputNames).toEqual(description.inputs.map(({ input }) => input))
    expect(session.outputNames).toEqual(description.outputs.map(output => output.name))
    const feeds = Object.fromEntries(
      await Promise.all(
        description.inputs.map(async ({ input, column }) => {
          const found = dataset.columns.find(one => one.name === column)!
          return [input, await columnFeeder(found)(0, dataset.rows)] as const
        }),
      ),
    )
    const outputs = await session.run(feeds)
    const { data } = answerRows(await predictPipeline(pipeline, dataset), task)
    if (task.task === 'regression') {
      expect(outputs.prediction!.dims).toEqual([dataset.rows])
    } else {
      expect(Array.from(outputs.predicted_label!.data as unknown as string[])).toEqual(
        data.map(([label]) => label),
      )
      expectNear(
        outputs.probability!.data as Float64Array,
        Float64Array.from(data, row => Number(row[1])),
      )
      expect(outputs.probabilities!.dims).toEqual([dataset.rows, task.classes.length])
      expect(Array.from(outputs.labels!.data as unknown as string[])).toEqual(task.classes)
    }
    await session.release()
  })
})

describe('emitPipeline', () => {
  const { description, bytes } = emitPipeline(toyPipeline(TASKS.binary!))

  it('asks for the columns that are used, in the order of the table, under names that no output has', () => {
    expect(description.inputs.map(({ input, column, type }) => [input, column, type])).toEqual([
      ['age', 'age', 'float'],
      ['probability_', 'probability', 'float'],
      ['city "of" birth', 'city "of" birth', 'string'],
      ['review', 'review', 'string'],
      ['when', 'when', 'int64'],
    ])
  })

  it('needs only standard operators, unless characters are counted', () => {
    expect(Object.keys(description.operatorSets).sort()).toEqual(['ai.onnx', 'ai.onnx.ml'])
    const plan = {
      ...toyPlan,
      groups: [{ ...toyPlan.groups[2]!, encode: [{ transform: 'tfidf', params: { analyzer: 'char_wb' } }] }],
    }
    expect(emitPipeline(toyPipeline(TASKS.binary!, plan)).description.operatorSets).toHaveProperty(
      'com.microsoft',
    )
  })

  it('cuts a text into words once, however many members read it', () => {
    const splits = (members: number) =>
      Buffer.from(emitPipeline(toyPipeline(TASKS.binary!, toyPlan, members)).bytes)
        .toString('latin1')
        .split('StringSplit').length
    expect(splits(1)).toBeGreaterThan(20)
    expect(splits(3)).toBe(splits(1))
  })

  it('writes the same bytes for the same pipeline', () => {
    expect(emitPipeline(toyPipeline(TASKS.binary!)).bytes).toEqual(bytes)
  })

  it('works without a single feature', async () => {
    const plan = {
      groups: [
        {
          ...toyPlan.groups[0]!,
          encode: [{ transform: 'missing-indicator', params: {} }],
          columns: ['never used'],
        },
      ],
      merged: [],
    }
    const pipeline = toyPipeline(TASKS.multiclass!, plan)
    const place = join(folder, 'nothing')
    writeModel(place, pipeline, details)
    const model = await openOnnxModel(place)
    expectNear(await model.predict(strange), await predictPipeline(pipeline, strange))
    await model.close()
  })

  it('takes 784 columns and more rows than one batch', async () => {
    const names = Array.from({ length: 784 }, (_, j) => `${Math.floor(j / 28) + 1}x${(j % 28) + 1}`)
    const rows = 6000
    const dataset = table(
      rows,
      names.map((name, j) => ({
        kind: 'numeric',
        name,
        values: Float32Array.from({ length: rows }, (_, row) => (row * (j + 1)) % 256),
      })),
    )
    const plan = {
      groups: [
        { name: 'pixels', columns: names, encode: [{ transform: 'robust-imputer', params: {} }], then: [] },
      ],
      merged: [{ transform: 'common-scaler', params: {} }],
    }
    const { fitTransforms } = await import('../../src/pipeline/features.ts')
    const { schemaOf, toyModel } = await import('./toys.ts')
    const { fitted, features } = fitTransforms(
      plan,
      dataset,
      Int32Array.from({ length: 100 }, (_, row) => row),
      { seed: 1, task: 'binary', classes: 2, target: new Float64Array(100) },
    )
    const pipeline = {
      formatVersion: 1 as const,
      task: TASKS.binary!,
      table: schemaOf(dataset),
      members: [{ weight: 1, transforms: fitted, model: toyModel(features, 2, 1) }],
    }
    writeModel(join(folder, 'wide'), pipeline, details)
    const model = await openOnnxModel(join(folder, 'wide'))
    expectNear(await model.predict(dataset), await predictPipeline(pipeline, dataset))
    await model.close()
  })
})

describe('openOnnxModel', () => {
  const place = join(folder, 'spoilt')
  const info = join(place, 'model.json')
  const spoil = (change: (json: Record<string, unknown>) => unknown) => {
    writeModel(place, toyPipeline(TASKS.binary!), details)
    writeFileSync(
      info,
      JSON.stringify(change(JSON.parse(readFileSync(info, 'utf8')) as Record<string, unknown>)),
    )
    return openOnnxModel(place)
  }

  it('refuses a folder without a model, a changed graph, and another version, each in one sentence', async () => {
    await expect(openOnnxModel(join(folder, 'none'))).rejects.toMatchObject({
      code: 'E_NO_MODEL',
      exit: 'noInput',
    })
    await expect(spoil(json => ({ ...json, formatVersion: 9 }))).rejects.toMatchObject({
      code: 'E_BAD_VERSION',
    })
    await expect(spoil(() => [])).rejects.toMatchObject({ code: 'E_BAD_FORMAT' })
    await expect(
      spoil(json => ({ ...json, onnx: { file: '../model.onnx', sha256: '' } })),
    ).rejects.toMatchObject({ code: 'E_BAD_FORMAT' })
    writeModel(place, toyPipeline(TASKS.binary!), details)
    const graph = readFileSync(join(place, 'model.onnx'))
    graph[graph.length - 1]! ^= 1
    writeFileSync(join(place, 'model.onnx'), graph)
    await expect(openOnnxModel(place)).rejects.toMatchObject({ code: 'E_MODEL_CHANGED' })
  })

  it('names the columns a table lacks, and leaves further columns and their order aside', async () => {
    writeModel(place, toyPipeline(TASKS.binary!), details)
    const model = await openOnnxModel(place)
    const dataset = toyDataset()
    const wanted = await model.predict(dataset)
    const turned = {
      ...dataset,
      columns: [numeric('extra', new Array<number>(dataset.rows).fill(1)), ...dataset.columns.toReversed()],
    }
    expect(await model.predict(turned)).toEqual(wanted)
    await expect(model.predict({ ...dataset, columns: dataset.columns.slice(2) })).rejects.toMatchObject({
      code: 'E_MISSING_COLUMNS',
    })
    const { columns } = dataset
    const wrong = {
      ...dataset,
      columns: [categorical('age', columns[1]!.name.split('')), ...columns.slice(1)],
    }
    await expect(model.predict(wrong)).rejects.toMatchObject({ code: 'E_WRONG_KIND' })
    await model.close()
  })
})
